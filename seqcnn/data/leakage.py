"""Leakage: what a later split shares with an earlier one, so that its metrics flatter."""

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.data.examples import Examples
from seqcnn.data.minimizers import CHUNK, Minimizers, best_shared, minimizers, thinning
from seqcnn.encoders.dna import COMPLEMENT, Codes

Severity = Literal["ok", "warning", "bad"]
Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

HALF = 0.5  # share of minimizers from which two sequences are near duplicates
FEWEST = 4  # minimizers a sequence must have left to be judged
COMMON = 100  # a minimizer of more sequences than this, or 1 in 1000, is a repeat
# Shares from which a finding is a warning, and from which it is bad. Genomes repeat themselves, so
# a few near duplicates are expected between any two contigs.
LIMITS = {
    "overlap": (0.0, 0.01),
    "exact": (0.0, 0.01),
    "near": (0.01, 0.10),
    "conflict": (0.0, 0.05),
}


@dataclass(frozen=True)
class Finding:
    """One check of one split, or of a later split against an earlier one.

    Attributes:
        kind: "overlap", "exact", "near" or "conflict".
        splits: (split,) or (earlier, later).
        count, total: sequences of the (later) split concerned, and looked at.
        share: count / total.
        severity: "ok", "warning" or "bad".
        sentence: the finding in words.
        details: further counts.
    """

    kind: str
    splits: tuple[str, ...]
    count: int
    total: int
    share: float
    severity: Severity
    sentence: str
    details: dict[str, int]


@dataclass(frozen=True)
class LeakageReport:
    """All findings, and notes on what was not looked at."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """The worst of all findings."""
        found = {finding.severity for finding in self.findings}
        return "bad" if "bad" in found else "warning" if "warning" in found else "ok"

    def lines(self) -> list[str]:
        """The report as lines to print, one for each finding, then the notes."""
        return [f"{f.severity:<7} {f.sentence}" for f in self.findings] + [
            f"note    {note}" for note in self.notes
        ]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values."""
        return {
            "severity": self.severity,
            "findings": [asdict(finding) for finding in self.findings],
            "notes": list(self.notes),
        }


def shared_images(
    kind: str, splits: tuple[str, str], count: int, total: int, sentence: str
) -> Finding:
    """A finding about images of a later split that an earlier one has too: bad above 1 %."""
    share = count / max(total, 1)
    severity: Severity = "ok"
    if count:
        severity = "bad" if share > 0.01 else "warning"
    return Finding(kind, splits, count, total, share, severity, sentence, {})


def check_leakage(splits: dict[str, Examples]) -> LeakageReport:
    """Look for sequences of later splits that earlier ones hold too.

    Splits are compared in pairs in the order given (train, validation, test): windows that overlap
    in the same genome; exact duplicates on either strand; near duplicates, which share half or
    more of their minimizers with one single sequence. Within a split: duplicates whose labels
    differ. Sequences that are more than half N are left out, but for overlaps.
    """
    splits = {name: examples for name, examples in splits.items() if len(examples)}
    hashes = {name: sequence_hashes(examples) for name, examples in splits.items()}
    thinned = max((thinning(len(e), e.length) for e in splits.values()), default=0)
    sketches = {name: minimizers(e, thinned=thinned) for name, e in splits.items()}
    findings: list[Finding] = []
    ignored = 0
    for first, second in combinations(splits, 2):
        overlap = _overlap(splits, first, second)
        if overlap is not None:
            findings.append(overlap)
        findings.append(_exact(hashes, first, second))
        near, common = _near(sketches, first, second)
        findings.append(near)
        ignored = max(ignored, common)
    for name, examples in splits.items():
        conflict = _conflict(name, examples, hashes[name])
        if conflict is not None:
            findings.append(conflict)
    blank = sum(int((~usable).sum()) for _, usable in hashes.values())
    return LeakageReport(tuple(findings), tuple(_notes(ignored, thinned, blank)))


def sequence_hashes(examples: Examples) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """A 64-bit hash (N,), equal for a sequence and its reverse complement; and whether half or
    more of its letters are ACGT.
    """
    hashes = np.empty(len(examples), np.uint64)
    usable = np.empty(len(examples), np.bool_)
    for first in range(0, len(examples), CHUNK):
        part = slice(first, min(first + CHUNK, len(examples)))
        codes = examples.take(np.arange(part.start, part.stop))
        _hash_rows(codes, COMPLEMENT, hashes[part], usable[part])
    return hashes, usable


@njit(cache=True, nogil=True)
def _hash_rows(
    codes: Codes, complement: Codes, hashes: Hashes, usable: npt.NDArray[np.bool_]
) -> None:
    length = codes.shape[1]
    prime = np.uint64(0x9E3779B97F4A7C15)
    for row in range(codes.shape[0]):
        forward = backward = np.uint64(length)
        plain = 0
        for i in range(length):
            code = codes[row, i]
            plain += code < 4
            forward = (forward ^ np.uint64(code + 1)) * prime
            backward = (backward ^ np.uint64(complement[codes[row, length - 1 - i]] + 1)) * prime
            forward ^= forward >> np.uint64(29)
            backward ^= backward >> np.uint64(29)
        hashes[row] = min(forward, backward)
        usable[row] = 2 * plain >= length


def _overlap(splits: dict[str, Examples], first: str, second: str) -> Finding | None:
    a, b = splits[first], splits[second]
    if a.genome is None or b.genome is None or a.genome.digest != b.genome.digest:
        return None
    assert a.contig is not None and a.start is not None  # windows have them
    assert b.contig is not None and b.start is not None
    shared = np.zeros(len(b), np.int64)
    for contig in np.unique(b.contig):
        rows = np.flatnonzero(b.contig == contig)
        shared[rows] = _shared_bases(
            np.sort(a.start[a.contig == contig]), a.length, b.start[rows], b.length
        )
    count, bases = int((shared > 0).sum()), int(shared.sum())
    sentence = f"{second}: {{}} windows overlap {first}, by {bases:,} bp in all"
    return _finding("overlap", (first, second), count, len(b), sentence, {"bases": bases})


def _shared_bases(starts: Integers, length: int, queries: Integers, width: int) -> Integers:
    """Bases of each window [query, query + width) that the sorted windows cover."""
    if not len(starts):
        return np.zeros(len(queries), np.int64)
    # Cut every window where the next begins: the pieces are disjoint and cover the same bases.
    sizes = np.append(np.minimum(np.diff(starts), length), length)
    before = np.concatenate([[0], np.cumsum(sizes)])

    def covered(position: Integers) -> Integers:
        piece = np.searchsorted(starts, position, side="right") - 1
        inside = np.minimum(position - starts[piece], sizes[piece])
        return np.where(piece >= 0, before[piece] + inside, 0)

    return covered(queries + width) - covered(queries)


def _exact(
    hashes: dict[str, tuple[Hashes, npt.NDArray[np.bool_]]], first: str, second: str
) -> Finding:
    (a, a_usable), (b, b_usable) = hashes[first], hashes[second]
    count = int(np.isin(b[b_usable], a[a_usable]).sum())
    sentence = f"{second}: {{}} sequences are in {first} too, on either strand"
    return _finding("exact", (first, second), count, int(b_usable.sum()), sentence, {})


def _near(sketches: dict[str, Minimizers], first: str, second: str) -> tuple[Finding, int]:
    a, b = sketches[first], sketches[second]
    shared = best_shared(b, a, most=max(COMMON, len(a) // 1000), fewest=FEWEST)
    count = int((shared.share[shared.informative] >= HALF).sum())
    judged = int(shared.informative.sum())
    sentence = (
        f"{second}: {{}} sequences share half or more of their minimizers with one of {first}"
    )
    if judged < len(b):
        sentence += f" ({len(b) - judged:,} too short, repetitive or N to judge)"
    details = {"not_judged": len(b) - judged, "common_minimizers": shared.common}
    return _finding("near", (first, second), count, judged, sentence, details), shared.common


def _conflict(
    name: str, examples: Examples, hashed: tuple[Hashes, npt.NDArray[np.bool_]]
) -> Finding | None:
    targets = examples.targets
    if not targets.shape[1] or (targets != np.round(targets)).any():
        return None  # measured values of duplicates differ without being wrong
    rows = np.flatnonzero(hashed[1])
    group = np.unique(hashed[0][rows], return_inverse=True)[1].reshape(-1)
    size = np.bincount(group)
    low = np.full((len(size), targets.shape[1]), np.inf, np.float32)
    high = -low
    np.minimum.at(low, group, targets[rows])
    np.maximum.at(high, group, targets[rows])
    differ = (low != high).any(axis=1)
    count, copies = int(size[differ].sum()), int((size - 1).sum())
    sentence = f"{name}: {{}} sequences have a copy with other labels ({copies:,} copies in all)"
    return _finding("conflict", (name,), count, len(rows), sentence, {"copies": copies})


def _finding(
    kind: str,
    splits: tuple[str, ...],
    count: int,
    total: int,
    sentence: str,
    details: dict[str, int],
) -> Finding:
    share = count / total if total else 0.0
    warning, bad = LIMITS[kind]
    severity: Severity = "ok"
    if count and share >= warning:
        severity = "bad" if share >= bad else "warning"
    amount = f"{count:,} of {total:,} ({share:.2%})" if count else f"0 of {total:,}"
    return Finding(
        kind, splits, count, total, share, severity, sentence.replace("{}", amount), details
    )


def _notes(ignored: int, thinned: int, blank: int) -> list[str]:
    notes = []
    if ignored:
        notes.append(
            f"near duplicates: up to {ignored:,} minimizers that more than {COMMON} (or 1 in 1000) "
            "sequences have were ignored as repeats"
        )
    if thinned:
        notes.append(f"near duplicates: judged by 1 in {2**thinned} minimizers, to save memory")
    if blank:
        notes.append(
            f"{blank:,} sequences that are more than half N were not compared as duplicates"
        )
    return notes

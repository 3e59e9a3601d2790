"""Two call sets compared by the haplotypes they make, not by position (as vcfeval does)."""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.confident import Confident
from seqcnn.calling.events import (
    Bases,
    Overlap,
    bases_around,
    called,
    check_reference,
    diploid_event,
    haploid_event,
    sorted_events,
)
from seqcnn.calling.haplotypes import Event, best_match
from seqcnn.data.variants import Variant
from seqcnn.errors import InputError

MatchBy = Literal["genotype", "allele"]
# The most records that match, of both sets together; then the most of the truth.
TRUTH_SCORE, CALL_SCORE = 10**12 + 10**6, 10**12


class Verdict(IntEnum):
    """What became of a record."""

    MATCH = 0  # a true positive
    GENOTYPE = 1  # the alleles are there, the genotype is another; a false one too
    FALSE = 2  # a false negative of the truth, a false positive of the calls
    OUTSIDE = 3  # not in a confident region
    IGNORED = 4  # not compared: no variant in the genotype, filtered, or not spelled out


class Comparison(NamedTuple):
    """Verdicts of the records of both sets, in their order.

    `truth_stretch` and `call_stretch` number the places whose records match each other, inside
    or outside of the confident regions; -1 = no match.
    `cut` lists places, (contig, 0-based position), where there were too many ways to combine
    records, so that the best may have been missed.
    """

    truth: Sequence[Variant]
    calls: Sequence[Variant]
    truth_verdict: npt.NDArray[np.uint8]  # (T,) of Verdict
    call_verdict: npt.NDArray[np.uint8]  # (C,) of Verdict
    truth_stretch: npt.NDArray[np.int64]  # (T,)
    call_stretch: npt.NDArray[np.int64]  # (C,)
    match: MatchBy
    cut: list[tuple[str, int]]


def compare(
    truth: Sequence[Variant],
    calls: Sequence[Variant],
    reference: Bases,
    *,
    confident: Confident | None = None,
    match: MatchBy = "genotype",
    overlap: Overlap = "strict",
    pass_only: bool = False,
    truth_name: str = "truth",
    calls_name: str = "calls",
) -> Comparison:
    """Compare `calls` with `truth` by haplotype.

    In each independent place, the largest subsets of both sets are found that, in some phase,
    write the same pair of haplotypes onto the reference; these records match. Records outside of
    `confident` take part, but are not counted.

    Args:
        truth: sorted by position in each contig, with genotypes; what has a FILTER other than
            PASS is ignored.
        calls: likewise.
        reference: the genome both are of.
        confident: where the truth is complete; None = everywhere.
        match: "genotype", or "allele": one alternative allele of a record suffices.
        overlap: what records of one set take from each other; "strict" is vcfeval's default.
        pass_only: calls with a FILTER other than PASS are ignored.
        truth_name: in errors.
        calls_name: in errors.

    Raises:
        InputError: a record has no genotype column, lies on a contig that the reference has not,
            or its REF is not the reference's.
    """
    sets, names = (truth, calls), (truth_name, calls_name)
    used = (_used(truth, truth_name, True), _used(calls, calls_name, pass_only))
    place = (np.full(len(truth), -1, np.int64), np.full(len(calls), -1, np.int64))
    alleles = (np.zeros(len(truth), np.bool_), np.zeros(len(calls), np.bool_))
    cut: list[tuple[str, int]] = []
    last = 0
    for contig, rows in _by_contig(sets, used, confident):
        parts = ([truth[i] for i in rows[0]], [calls[i] for i in rows[1]])
        _check_contig(contig, parts, reference, names)
        spans = [(variant.pos, variant.end) for part in parts for variant in part]
        bases, offset = bases_around(reference, contig, spans)
        for part, name in zip(parts, names, strict=True):
            check_reference(part, contig, bases, offset, reference.length_of[contig], name)
        found, where = _match(parts, bases, offset, match, overlap)
        cut += [(contig, position) for position in where]
        for side in (0, 1):
            place[side][rows[side]] = np.where(found[side] >= 0, found[side] + last, -1)
        last += 1 + max((int(one.max()) for one in found if len(one)), default=0)
        if match == "genotype":
            # What is left over, compared again without regard to the number of copies.
            left = [rows[side][found[side] < 0] for side in (0, 1)]
            if len(left[0]) and len(left[1]):
                parts = ([truth[i] for i in left[0]], [calls[i] for i in left[1]])
                found, _ = _match(parts, bases, offset, "allele", overlap)
                for side in (0, 1):
                    alleles[side][left[side]] = found[side] >= 0
    verdicts = [
        _verdicts(sets[side], used[side], place[side] >= 0, alleles[side], confident)
        for side in (0, 1)
    ]
    return Comparison(truth, calls, verdicts[0], verdicts[1], place[0], place[1], match, cut)


def _used(variants: Sequence[Variant], name: str, pass_only: bool) -> npt.NDArray[np.bool_]:
    used = np.zeros(len(variants), np.bool_)
    for i, variant in enumerate(variants):
        if variant.genotype is None:
            raise InputError(
                f"{name}: {variant} has no genotype (GT); compare needs a sample with genotypes"
            )
        used[i] = not (pass_only and variant.filters) and called(variant) is not None
    return used


def _by_contig(
    sets: tuple[Sequence[Variant], Sequence[Variant]],
    used: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    confident: Confident | None,
) -> Iterator[tuple[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]]:
    """Rows of each contig; contigs without a confident region are left out whole."""
    rows: dict[str, tuple[list[int], list[int]]] = {}
    for side in (0, 1):
        for i in np.flatnonzero(used[side]).tolist():
            rows.setdefault(sets[side][i].contig, ([], []))[side].append(i)
    for contig, (first, second) in rows.items():
        if confident is not None and contig not in confident.contigs:
            continue
        yield contig, (np.array(first, np.int64), np.array(second, np.int64))


def _check_contig(
    contig: str,
    parts: tuple[Sequence[Variant], Sequence[Variant]],
    reference: Bases,
    names: tuple[str, str],
) -> None:
    if contig in reference.length_of:
        return
    name = names[0] if parts[0] else names[1]
    known = list(reference.length_of)
    listed = ", ".join(known[:3]) + (", …" if len(known) > 3 else "")
    raise InputError(
        f"{name}: {(parts[0] or parts[1])[0]} is on '{contig}', the reference has {listed}; "
        "give the reference that the records were called on"
    )


def _match(
    parts: tuple[Sequence[Variant], Sequence[Variant]],
    bases: bytes,
    offset: int,
    match: MatchBy,
    overlap: Overlap,
) -> tuple[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], list[int]]:
    """The stretch in which each record of one contig matches, or -1; where states were dropped."""
    make = diploid_event if match == "genotype" else haploid_event

    def event(variant: Variant, score: int) -> Event | None:
        genotype = called(variant)
        return None if genotype is None else make(variant, genotype, score, overlap)

    first, rows = sorted_events(parts[0], lambda variant: event(variant, TRUTH_SCORE))
    second, columns = sorted_events(parts[1], lambda variant: event(variant, CALL_SCORE))
    copies = 2 if match == "genotype" else 1
    result = best_match(first, second, bases, offset=offset, haplotypes=copies)
    found = (np.full(len(parts[0]), -1, np.int64), np.full(len(parts[1]), -1, np.int64))
    found[0][rows] = result.first_stretch
    found[1][columns] = result.second_stretch
    return found, result.cut


def _verdicts(
    variants: Sequence[Variant],
    used: npt.NDArray[np.bool_],
    matched: npt.NDArray[np.bool_],
    alleles: npt.NDArray[np.bool_],
    confident: Confident | None,
) -> npt.NDArray[np.uint8]:
    verdict = np.where(matched, Verdict.MATCH, np.where(alleles, Verdict.GENOTYPE, Verdict.FALSE))
    verdict = np.where(inside(variants, confident), verdict, Verdict.OUTSIDE)
    return np.where(used, verdict, Verdict.IGNORED).astype(np.uint8)


def inside(variants: Sequence[Variant], confident: Confident | None) -> npt.NDArray[np.bool_]:
    """Whether each record shares a base with a confident region."""
    if confident is None:
        return np.ones(len(variants), np.bool_)
    found = np.zeros(len(variants), np.bool_)
    rows_of: dict[str, list[int]] = {}
    for i, variant in enumerate(variants):
        rows_of.setdefault(variant.contig, []).append(i)
    for contig, rows in rows_of.items():
        start = [variants[i].pos for i in rows]
        end = [variants[i].end for i in rows]
        found[rows] = confident.overlap(contig, start, end)
    return found

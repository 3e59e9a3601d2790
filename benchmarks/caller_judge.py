"""A call set judged by `seqcnn compare`, with counts by kind of variant."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from caller_programs import Called
from caller_sets import CallSet

from seqcnn.api.compare import Compared, compare
from seqcnn.calling.compare import Verdict
from seqcnn.calling.compare_counts import jeffreys
from seqcnn.calling.confident import Confident
from seqcnn.calling.events import called
from seqcnn.calling.strata import HOMOPOLYMERS, TYPES, ZYGOSITIES, Kinds, kinds
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import Variant

VERSION = 2  # of what is kept of a judgement; raise it when that changes
LENGTHS = ("1", "2-5", "6-15", "16-30", "31+")
EDGES = (2, 6, 16, 31)  # bp at which the length bins after the first begin
END = 150  # bp from an end of a contig that count as its end
MEASURES = ("recall", "precision", "f1")
Flags = npt.NDArray[np.bool_]
Row = dict[str, Any]


def judge(one: CallSet, row: Called) -> tuple[Compared, list[Row]]:
    """The comparison of a call set with the truth, and its counts by kind."""
    compared = compare(
        one.truth,
        row.calls,
        reference=one.reference,
        regions=[] if one.confident and one.group != "real" else list(one.regions),
        confident=one.confident,
        pass_only=row.pass_only,
        truth_sample=one.truth_sample,
    )
    return compared, counted(compared, genome_of(one.reference), one.copies)


@cache
def genome_of(reference: Path) -> Genome:
    """The reference, packed once a run."""
    return Genome(reference)


def counted(compared: Compared, genome: Genome, copies: Path | None) -> list[Row]:
    """TP, FN and FP of each kind, with recall, precision and F1 and their intervals."""
    comparison = compared.comparison
    sides = []
    for variants, verdict in (
        (comparison.truth, comparison.truth_verdict),
        (comparison.calls, comparison.call_verdict),
    ):
        used = np.isin(verdict, (Verdict.MATCH, Verdict.GENOTYPE, Verdict.FALSE))
        groups = memberships(variants, kinds(variants, genome, used), used, genome, copies)
        sides.append((groups, verdict == Verdict.MATCH, used & (verdict != Verdict.MATCH)))
    (truth, true_match, missed), (calls, call_match, false) = sides
    rows = []
    for key in truth:
        numbers = [
            int((member & of).sum())
            for member, of in (
                (truth[key], true_match),
                (truth[key], missed),
                (calls[key], call_match),
                (calls[key], false),
            )
        ]
        row: Row = dict(zip(("group", "type", "name"), key, strict=True))
        row |= dict(zip(("tp", "fn", "tp_calls", "fp"), numbers, strict=True))
        for name, value in zip(MEASURES, jeffreys(*numbers), strict=True):
            row[name] = [None if np.isnan(part) else round(float(part), 6) for part in value]
        rows.append(row)
    return rows


def memberships(
    variants: Sequence[Variant], kind: Kinds, used: Flags, genome: Genome, copies: Path | None
) -> dict[tuple[str, str, str], Flags]:
    """Which records are of each kind, by (group, type, name)."""
    near_end, in_copy = _near_end(variants, genome), _in_copy(variants, copies)
    pairs = zip(variants, used.tolist(), strict=True)
    longest = np.array([_change(variant) if use else 0 for variant, use in pairs], np.int64)
    bins = np.searchsorted(EDGES, np.abs(longest), "right")
    groups = {("type", "all", "all"): used}
    for code, name in enumerate(TYPES):
        mine = used & (kind.type == code)
        groups["type", name, name] = mine
        for group, labels in (("zygosity", ZYGOSITIES), ("homopolymer", HOMOPOLYMERS)):
            for index, label in enumerate(labels):
                groups[group, name, label] = mine & (getattr(kind, group) == index)
        groups["contig end", name, f"within {END} bp"] = mine & near_end
        groups["contig end", name, "elsewhere"] = mine & ~near_end
        groups["copied sequence", name, "inside"] = mine & in_copy
        groups["copied sequence", name, "outside"] = mine & ~in_copy
    indel = used & (kind.type == 1)
    for letter, side in (("insertion", longest > 0), ("deletion", longest < 0)):
        for index, label in enumerate(LENGTHS):
            groups["length", "INDEL", f"{letter} {label}"] = indel & side & (bins == index)
    return groups


def _change(variant: Variant) -> int:
    alleles = {index for index in called(variant) or () if index}
    return max((len(variant.alleles[i]) - len(variant.ref) for i in alleles), key=abs, default=0)


def _near_end(variants: Sequence[Variant], genome: Genome) -> Flags:
    lengths = genome.length_of
    near = (v.pos < END or v.end > lengths.get(v.contig, 0) - END for v in variants)
    return np.fromiter(near, np.bool_, len(variants))


def _in_copy(variants: Sequence[Variant], copies: Path | None) -> Flags:
    if copies is None or not copies.read_text().strip():
        return np.zeros(len(variants), np.bool_)
    inside = Confident(read_bed(copies)[["contig", "start", "end"]])
    found = (bool(inside.overlap(v.contig, v.pos, v.end)) for v in variants)
    return np.fromiter(found, np.bool_, len(variants))


def row_of(rows: Iterable[Row], group: str, type_name: str, name: str | None = None) -> Row:
    """The row of a kind; of a whole type, `name` is the type's."""
    wanted = (group, type_name, name or type_name)
    return next(row for row in rows if (row["group"], row["type"], row["name"]) == wanted)

"""Alleles that may make a candidate: shown by enough reads at first sight, or asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.encoders.dna import encode
from seqcnn.encoders.evidence import (
    LONGEST,
    Evidence,
    farthest_right,
    hash_insertion,
    shift_deletion,
    shift_insertion,
)
from seqcnn.encoders.observations import Alleles
from seqcnn.encoders.reads import Reads

# Mates count twice at first: a site is looked at closely where so much of the wanted share is seen.
SLACK = 0.4
GAP = 4  # sorts behind the bases 0..3

Codes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Thresholds:
    """What makes a candidate: DeepVariant's rule, counted by fragment."""

    min_count_snp: int = 2
    min_count_indel: int = 2
    min_fraction_snp: float = 0.12
    min_fraction_indel: float = 0.06
    min_base_quality: int = 10
    min_mapping_quality: int = 5


class Wanted(NamedTuple):
    """An allele to look at whatever the reads show of it; `pos` is 0-based."""

    pos: int
    ref: str
    alt: str


class Possible(NamedTuple):
    """One row an allele, sorted by position, substitutions first; columns as in `Alleles`."""

    position: Integers
    base: npt.NDArray[np.int8]
    length: Integers
    sequence: npt.NDArray[np.uint64]
    wanted: npt.NDArray[np.bool_]
    inserted: list[Codes]  # the bases that follow the anchor; empty but for insertions


class _Row(NamedTuple):
    position: int
    base: int
    length: int
    sequence: int
    inserted: Codes


def possible_alleles(
    reads: Reads,
    evidence: Evidence,
    reference: Codes,
    start: int,
    end: int,
    thresholds: Thresholds,
    wanted: Sequence[Wanted],
) -> Possible:
    """Alleles anchored in `[start, end)`; `reference` begins where the evidence does."""
    base, position = _seen_bases(evidence, reference, start, end, thresholds)
    gap = _seen_gaps(evidence, reference, start, end, thresholds)
    gaps = evidence.gaps
    asked = [
        row
        for one in wanted
        for row in _rows_of(one, reference, evidence.start)
        if start <= row.position < end
    ]
    seen = len(base) + len(gap)

    def column(of_bases: npt.ArrayLike, of_gaps: npt.ArrayLike, field: str) -> Integers:
        of_asked = [getattr(row, field) for row in asked]
        parts = [np.asarray(part, np.int64) for part in (of_bases, of_gaps, of_asked)]
        return np.concatenate(parts)

    table = (
        column(position, gaps.position[gap], "position"),
        column(base, np.full(len(gap), GAP), "base"),
        column(np.zeros(len(base)), gaps.length[gap], "length"),
        column(np.zeros(len(base)), gaps.sequence[gap].view(np.int64), "sequence"),
        np.arange(seen + len(asked)) < seen,  # of the same allele twice, the wanted one is first
    )
    order = np.lexsort(table[::-1])
    same = np.zeros(len(order), np.bool_)
    same[1:] = np.logical_and.reduce([f[order][1:] == f[order][:-1] for f in table[:4]])
    rows = order[~same]

    def inserted(row: int) -> Codes:
        if row >= seen:
            return asked[row - seen].inserted
        source = gap[max(row - len(base), 0)] if row >= len(base) else -1
        if source < 0 or gaps.length[source] < 0:
            return np.empty(0, np.uint8)
        query = gaps.query[source]
        return np.roll(reads.bases[query : query + gaps.length[source]], gaps.turn[source])

    kind = table[1][rows]
    return Possible(
        position=table[0][rows],
        base=np.where(kind == GAP, -1, kind).astype(np.int8),
        length=table[2][rows],
        sequence=table[3][rows].view(np.uint64),
        wanted=rows >= seen,
        inserted=[inserted(row) for row in rows.tolist()],
    )


def as_alleles(possible: Possible, reference: Codes, reference_start: int) -> Alleles:
    """The alleles by site."""
    position, first = np.unique(possible.position, return_index=True)
    reach = np.zeros(len(possible.position), np.int64)
    for row in np.flatnonzero(possible.base < 0).tolist():
        anchor = int(possible.position[row]) - reference_start
        reach[row] = reference_start + farthest_right(
            reference, anchor, int(possible.length[row]), possible.inserted[row]
        )
    return Alleles(
        position=position,
        reference=reference[position - reference_start],
        first=np.append(first, len(possible.position)).astype(np.int64),
        base=possible.base,
        length=possible.length,
        sequence=possible.sequence,
        reach=reach,
    )


def _seen_bases(
    evidence: Evidence, reference: Codes, start: int, end: int, thresholds: Thresholds
) -> tuple[Integers, Integers]:
    """Bases and positions of substitutions."""
    low, high = start - evidence.start, min(end - evidence.start, len(reference))
    mismatches = evidence.mismatches[:, low:high]
    enough = (mismatches >= thresholds.min_count_snp) & (
        mismatches >= SLACK * thresholds.min_fraction_snp * evidence.depth[low:high]
    )
    base, at = np.nonzero(enough & (reference[low:high] < 4))
    return base, at + start


def _seen_gaps(
    evidence: Evidence, reference: Codes, start: int, end: int, thresholds: Thresholds
) -> Integers:
    """The index of the first gap of each allele."""
    gaps = evidence.gaps
    new = np.ones(len(gaps.position), np.bool_)
    new[1:] = np.logical_or.reduce([field[1:] != field[:-1] for field in gaps[:3]])
    group = np.flatnonzero(new)
    size = np.diff(np.append(group, len(new)))
    inside = (gaps.position[group] >= start) & (gaps.position[group] < end)
    group, size = group[inside], size[inside]
    anchor = gaps.position[group] - evidence.start
    good = (size >= thresholds.min_count_indel) & (reference[anchor] < 4)
    good &= size >= SLACK * thresholds.min_fraction_indel * evidence.depth[anchor]
    return group[good]


def _rows_of(wanted: Wanted, reference: Codes, reference_start: int) -> Iterator[_Row]:
    """What reads with a wanted allele show: a gap, left-aligned, or bases, or both.

    Nothing where the reference is not known or has other letters than A, C, G and T, nor for gaps
    of more than `LONGEST` bases.
    """
    pos, ref, alt = wanted.pos, encode(wanted.ref), encode(wanted.alt)
    at = pos - reference_start
    longer = len(alt) - len(ref)
    if at < 0 or at + len(ref) > len(reference) or abs(longer) > LONGEST:
        return
    if max(*reference[at : at + len(ref)], *alt) > 3:
        return
    while len(ref) and len(alt) and ref[0] == alt[0]:
        at, ref, alt = at + 1, ref[1:], alt[1:]
    while len(ref) and len(alt) and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    common = min(len(ref), len(alt))
    for k in range(common):
        if alt[k] != reference[at + k]:
            position = reference_start + at + k
            yield _Row(position, int(alt[k]), 0, 0, np.empty(0, np.uint8))
    anchor = at + common - 1
    if longer == 0 or anchor < 0 or reference[anchor] > 3:
        return
    inserted = np.ascontiguousarray(alt[common:])
    if longer < 0:
        anchor -= shift_deletion(reference, anchor, -longer)
        yield _Row(reference_start + anchor, GAP, longer, 0, inserted)
    else:
        turn = shift_insertion(reference, anchor, inserted)
        hashed = int(np.uint64(hash_insertion(inserted, turn)).view(np.int64))
        anchor -= turn
        yield _Row(reference_start + anchor, GAP, longer, hashed, np.roll(inserted, turn))

"""Candidate sites: positions at which enough reads show an allele that the reference lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.sites import Site
from seqcnn.encoders.dna import decode, encode
from seqcnn.encoders.evidence import (
    Evidence,
    collect_evidence,
    farthest_right,
    hash_insertion,
    shift_deletion,
    shift_insertion,
)
from seqcnn.encoders.observations import OTHER, Alleles, Observations, observe
from seqcnn.encoders.reads import Reads

# Mates count twice at first: a site is looked at closely where so much of the wanted share is seen.
SLACK = 0.4
NO_CODES = np.empty(0, np.uint8)

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


class Candidates(NamedTuple):
    """Sites in order, with the reads over them; allele codes count from 1 in the order of alts."""

    sites: list[Site]
    positions: Integers  # (S,)
    observations: Observations
    inserted: Integers  # (S,) longest insertion among the site's alleles, 0 = none


class _Table(NamedTuple):
    """One row an allele, sorted by position; see `Alleles`."""

    position: Integers
    base: npt.NDArray[np.int8]
    length: Integers
    sequence: npt.NDArray[np.uint64]
    source: Integers  # index of a gap that shows the inserted bases, or -1 - index of a wanted one
    wanted: npt.NDArray[np.bool_]


def find_candidates(
    reads: Reads,
    reference: npt.NDArray[np.uint8],
    reference_start: int,
    contig: str,
    start: int,
    end: int,
    thresholds: Thresholds,
    wanted: Sequence[Wanted] = (),
) -> Candidates:
    """Candidates with their anchor in `[start, end)`, and all `wanted` alleles there.

    `reference` covers the region with the margin over which gaps may move. Positions at which the
    reference is not A, C, G or T are never candidates.
    """
    evidence = collect_evidence(
        reads,
        reference,
        reference_start,
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    )
    asked = [_normalised(one, reference, reference_start) for one in wanted]
    table = _possible_alleles(evidence, reference, start, end, thresholds, asked)
    alleles = _alleles(table, evidence, reads, reference, reference_start, asked)
    observations = observe(
        reads,
        alleles,
        *_gap_carriers(evidence, table, alleles),
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    )
    counts, of_reference, total = _count(alleles.first, observations.first, observations.counted)
    kept = _enough(table, alleles, counts, total, thresholds) | table.wanted
    return _assemble(
        contig, table, alleles, observations, counts, of_reference, total, kept,
        reference, reference_start, reads, evidence, asked,
    )  # fmt: skip


class _Asked(NamedTuple):
    position: int  # left-aligned anchor
    base: int
    length: int
    sequence: np.uint64
    inserted: npt.NDArray[np.uint8]  # after the move


def _normalised(wanted: Wanted, reference: npt.NDArray[np.uint8], reference_start: int) -> _Asked:
    pos, ref, alt = wanted.pos, encode(wanted.ref), encode(wanted.alt)
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    if len(ref) == len(alt):
        return _Asked(pos, int(alt[0]), 0, np.uint64(0), NO_CODES)
    anchor = pos - reference_start
    if len(ref) > len(alt):
        length = len(ref) - len(alt)
        turn = shift_deletion(reference, anchor, length)
        return _Asked(pos - turn, -1, -length, np.uint64(0), NO_CODES)
    inserted = np.ascontiguousarray(alt[1:])
    turn = shift_insertion(reference, anchor, inserted)
    hashed = np.uint64(hash_insertion(inserted, turn))
    return _Asked(pos - turn, -1, len(inserted), hashed, np.roll(inserted, turn))


def _possible_alleles(
    evidence: Evidence,
    reference: npt.NDArray[np.uint8],
    start: int,
    end: int,
    thresholds: Thresholds,
    asked: Sequence[_Asked],
) -> _Table:
    low, high = start - evidence.start, min(end - evidence.start, len(reference))
    depth = evidence.depth
    window = evidence.mismatches[:, low:high]
    enough = (window >= thresholds.min_count_snp) & (
        window >= SLACK * thresholds.min_fraction_snp * depth[low:high]
    )
    base, at = np.nonzero(enough & (reference[low:high] < 4))
    gaps = evidence.gaps
    new = np.ones(len(gaps.position), np.bool_)
    new[1:] = np.logical_or.reduce([field[1:] != field[:-1] for field in gaps[:3]])
    group = np.flatnonzero(new)
    size = np.diff(np.append(group, len(new)))
    anchor = gaps.position[group] - evidence.start
    inside = (anchor >= low) & (anchor < high)
    group, size, anchor = group[inside], size[inside], anchor[inside]
    good = (size >= thresholds.min_count_indel) & (reference[anchor] < 4)
    good &= size >= SLACK * thresholds.min_fraction_indel * depth[anchor]
    group = group[good]
    extra = [
        one for one in asked
        if start <= one.position < end and reference[one.position - evidence.start] < 4
    ]  # fmt: skip
    number = {id(one): i for i, one in enumerate(asked)}
    table = _Table(
        position=np.concatenate(
            [at + low + evidence.start, gaps.position[group], [one.position for one in extra]]
        ).astype(np.int64),
        base=np.concatenate([base, np.full(len(group), -1), [one.base for one in extra]]).astype(
            np.int8
        ),
        length=np.concatenate(
            [np.zeros(len(base)), gaps.length[group], [one.length for one in extra]]
        ).astype(np.int64),
        sequence=np.concatenate(
            [
                np.zeros(len(base), np.uint64),
                gaps.sequence[group],
                np.array([one.sequence for one in extra], np.uint64),
            ]
        ),
        source=np.concatenate(
            [np.zeros(len(base)), group, [-1 - number[id(one)] for one in extra]]
        ).astype(np.int64),
        wanted=np.concatenate([np.zeros(len(base) + len(group)), np.ones(len(extra))]).astype(
            np.bool_
        ),
    )
    return _sorted_once(table)


def _sorted_once(table: _Table) -> _Table:
    """Sorted, substitutions first at each position; the same allele once, wanted if one is."""
    # A gap's base is -1 and must come last.
    kind = np.where(table.base < 0, 4, table.base)
    order = np.lexsort((~table.wanted, table.sequence, table.length, kind, table.position))
    table = _rows(table, order)
    same = np.zeros(len(order), np.bool_)
    same[1:] = np.logical_and.reduce([field[1:] == field[:-1] for field in table[:4]])
    return _rows(table, np.flatnonzero(~same))


def _rows(table: _Table, rows: Integers) -> _Table:
    return _Table._make(field[rows] for field in table)


def _alleles(
    table: _Table,
    evidence: Evidence,
    reads: Reads,
    reference: npt.NDArray[np.uint8],
    reference_start: int,
    asked: Sequence[_Asked],
) -> Alleles:
    position, first = np.unique(table.position, return_index=True)
    reach = np.zeros(len(table.position), np.int64)
    for row in np.flatnonzero(table.base < 0).tolist():
        inserted = _inserted(table, row, evidence, reads, asked)
        anchor = table.position[row] - reference_start
        reach[row] = reference_start + farthest_right(
            reference, anchor, table.length[row], inserted
        )
    return Alleles(
        position=position,
        reference=reference[position - reference_start],
        first=np.append(first, len(table.position)).astype(np.int64),
        base=table.base,
        length=table.length,
        sequence=table.sequence,
        reach=reach,
    )


def _inserted(
    table: _Table, row: int, evidence: Evidence, reads: Reads, asked: Sequence[_Asked]
) -> npt.NDArray[np.uint8]:
    """The inserted bases of an allele of the table, as they stand after its anchor."""
    length = int(table.length[row])
    if length <= 0:
        return NO_CODES
    source = int(table.source[row])
    if source < 0:
        return asked[-1 - source].inserted
    gaps = evidence.gaps
    query = gaps.query[source]
    return np.roll(reads.bases[query : query + length], gaps.turn[source])


def _gap_carriers(
    evidence: Evidence, table: _Table, alleles: Alleles
) -> tuple[Integers, Integers, Integers]:
    """Site, read and allele number of every gap that begins at a site."""
    gaps = evidence.gaps
    site = np.searchsorted(alleles.position, gaps.position)
    site = np.minimum(site, max(len(alleles.position) - 1, 0))
    if not len(alleles.position):
        return (np.empty(0, np.int64),) * 3
    here = np.flatnonzero(alleles.position[site] == gaps.position)
    site = site[here]
    allele = np.full(len(here), OTHER, np.int64)
    for k in range(int(np.diff(alleles.first).max())):
        row = alleles.first[site] + k
        real = row < alleles.first[site + 1]
        row = np.minimum(row, len(table.base) - 1)
        same = real & (table.base[row] < 0) & (table.length[row] == gaps.length[here])
        allele[same & (table.sequence[row] == gaps.sequence[here])] = k + 1
    read = gaps.read[here]
    order = np.lexsort((read, site))
    return site[order].astype(np.int64), read[order], allele[order]


@njit(cache=True, nogil=True)
def _count(
    first_allele: Integers, first: Integers, counted: npt.NDArray[np.int16]
) -> tuple[Integers, Integers, Integers]:
    """Fragments of every allele, of the reference, and in all, at each site."""
    sites = len(first) - 1
    alleles = np.zeros(first_allele[sites], np.int64)
    reference = np.zeros(sites, np.int64)
    total = np.zeros(sites, np.int64)
    for site in range(sites):
        for o in range(first[site], first[site + 1]):
            code = counted[o]
            if code < 0:
                continue
            total[site] += 1
            if code == 0:
                reference[site] += 1
            elif code != OTHER:
                alleles[first_allele[site] + code - 1] += 1
    return alleles, reference, total


def _enough(
    table: _Table, alleles: Alleles, counts: Integers, total: Integers, thresholds: Thresholds
) -> npt.NDArray[np.bool_]:
    of_site = np.repeat(total, np.diff(alleles.first))
    snp = table.base >= 0
    count = np.where(snp, thresholds.min_count_snp, thresholds.min_count_indel)
    share = np.where(snp, thresholds.min_fraction_snp, thresholds.min_fraction_indel)
    enough: npt.NDArray[np.bool_] = (counts >= count) & (counts >= share * of_site)
    return enough


def _assemble(
    contig: str,
    table: _Table,
    alleles: Alleles,
    observations: Observations,
    counts: Integers,
    of_reference: Integers,
    total: Integers,
    kept: npt.NDArray[np.bool_],
    reference: npt.NDArray[np.uint8],
    reference_start: int,
    reads: Reads,
    evidence: Evidence,
    asked: Sequence[_Asked],
) -> Candidates:
    """Sites with a kept allele; what other alleles' reads show becomes OTHER."""
    sites: list[Site] = []
    chosen, inserted = [], []
    number = np.full(len(counts) + 1, OTHER, np.int16)
    for s in range(len(alleles.position)):
        rows = [row for row in range(alleles.first[s], alleles.first[s + 1]) if kept[row]]
        if not rows:
            continue
        anchor = int(alleles.position[s])
        longest = -min(0, *(int(table.length[row]) for row in rows))
        there = anchor - reference_start
        ref = decode(np.minimum(reference[there : there + 1 + longest], 4))
        named = []
        for row in rows:
            if table.base[row] >= 0:
                alt = "ACGT"[table.base[row]] + ref[1:]
            elif table.length[row] < 0:
                alt = ref[0] + ref[1 - int(table.length[row]) :]
            else:
                alt = ref[0] + decode(_inserted(table, row, evidence, reads, asked)) + ref[1:]
            named.append((-int(counts[row]), alt, row))
        named.sort()
        for code, (_, _, row) in enumerate(named):
            number[row] = code + 1
        sites.append(
            Site(
                contig,
                anchor,
                ref,
                tuple(alt for _, alt, _ in named),
                int(total[s]),
                (int(of_reference[s]), *(int(counts[row]) for _, _, row in named)),
            )
        )
        chosen.append(s)
        inserted.append(max(0, *(int(table.length[row]) for row in rows)))
    index = np.array(chosen, np.int64)
    return Candidates(
        sites,
        alleles.position[index],
        _only(observations, alleles.first, number, index),
        np.array(inserted, np.int64),
    )


def _only(
    observations: Observations,
    first_allele: Integers,
    number: npt.NDArray[np.int16],
    sites: Integers,
) -> Observations:
    sizes = np.diff(observations.first)[sites]
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    of_site = np.repeat(np.arange(len(sites)), sizes)
    rows = np.arange(first[-1]) - first[of_site] + observations.first[sites][of_site]
    base = first_allele[sites][of_site] - 1

    def renamed(codes: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        codes = codes[rows]
        an_allele = (codes > 0) & (codes != OTHER)
        return np.where(an_allele, number[np.where(an_allele, base + codes, -1)], codes)

    return Observations(
        first,
        observations.read[rows],
        observations.operation[rows],
        observations.offset[rows],
        observations.query[rows],
        renamed(observations.allele),
        renamed(observations.counted),
    )

"""Candidate sites: positions at which enough reads show an allele that the reference lacks."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.long_fit import are_long, fit_long_reads
from seqcnn.calling.possible import Possible, Thresholds, Wanted, as_alleles, possible_alleles
from seqcnn.calling.sites import Site
from seqcnn.encoders.dna import decode
from seqcnn.encoders.evidence import Gaps, collect_evidence
from seqcnn.encoders.left_align import FARTHEST
from seqcnn.encoders.observations import OTHER, Alleles, Observations, observe
from seqcnn.encoders.reads import Reads

__all__ = ["Candidates", "Thresholds", "Wanted", "find_candidates"]

Integers = npt.NDArray[np.int64]


class Candidates(NamedTuple):
    """Sites in order, with the reads over them; allele codes count from 1 in the order of alts."""

    sites: list[Site]
    positions: Integers  # (S,)
    observations: Observations
    inserted: Integers  # (S,) longest insertion among the site's alleles, 0 = none


class Support(NamedTuple):
    """Fragments of every allele, and of the reference and in all at each site."""

    alleles: Integers  # (A,)
    reference: Integers  # (S,)
    total: Integers  # (S,)


class Weighed(NamedTuple):
    """Alleles that may make a candidate, rows of `possible`, before it is said which do."""

    possible: Possible
    alleles: Alleles
    observations: Observations
    support: Support
    enough: npt.NDArray[np.bool_]  # (A,) whether an allele makes a candidate


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
    reference is not A, C, G or T are never candidates. Wanted alleles are brought to the form in
    which reads show them: indels left-aligned, anything else as substitutions and an indel. Those
    of more than 500 bases, or of other letters, are left out.
    """
    # What a long read shows at a site is told apart from alleles of sites a little further on.
    beyond = FARTHEST if are_long(reads).any() else 0
    possible, alleles, observations, support, enough = weigh(
        reads, reference, reference_start, start, end + beyond, thresholds, wanted
    )
    kept = enough | possible.wanted
    if beyond:
        observations = fit_long_reads(reads, observations, alleles, possible.inserted, kept)
        support = Support(*_count(alleles.first, observations.first, observations.counted))
        kept &= possible.position < end
    sites, chosen, number = _name(
        contig, possible, alleles, support, kept, reference, reference_start
    )
    longest = np.zeros(len(alleles.position), np.int64)
    np.maximum.at(longest, _site_of(alleles)[kept], alleles.length[kept])
    return Candidates(
        sites,
        alleles.position[chosen],
        _only(observations, alleles.first, number, chosen),
        longest[chosen],
    )


def weigh(
    reads: Reads,
    reference: npt.NDArray[np.uint8],
    reference_start: int,
    start: int,
    end: int,
    thresholds: Thresholds,
    wanted: Sequence[Wanted] = (),
) -> Weighed:
    """Count the fragments of every allele of `[start, end)` that may be one of a candidate.

    The arguments are those of `find_candidates`.
    """
    evidence = collect_evidence(
        reads,
        reference,
        reference_start,
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    )
    possible = possible_alleles(reads, evidence, reference, start, end, thresholds, wanted)
    alleles = as_alleles(possible, reference, reference_start)
    observations = observe(
        reads,
        alleles,
        *_gap_carriers(evidence.gaps, alleles),
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    )
    support = Support(*_count(alleles.first, observations.first, observations.counted))
    return Weighed(possible, alleles, observations, support, _enough(alleles, support, thresholds))


def _site_of(alleles: Alleles) -> Integers:
    return np.repeat(np.arange(len(alleles.position)), np.diff(alleles.first))


def _gap_carriers(gaps: Gaps, alleles: Alleles) -> tuple[Integers, Integers, Integers]:
    """Site, read and allele number of every gap that begins at a site."""
    if not len(alleles.position):
        return (np.empty(0, np.int64),) * 3
    site = np.searchsorted(alleles.position, gaps.position)
    site = np.minimum(site, len(alleles.position) - 1)
    here = np.flatnonzero(alleles.position[site] == gaps.position)
    site = site[here]
    allele = np.full(len(here), OTHER, np.int64)
    for k in range(int(np.diff(alleles.first).max())):
        row = alleles.first[site] + k
        real = row < alleles.first[site + 1]
        row = np.minimum(row, len(alleles.base) - 1)
        same = real & (alleles.base[row] < 0) & (alleles.length[row] == gaps.length[here])
        allele[same & (alleles.sequence[row] == gaps.sequence[here])] = k + 1
    read = gaps.read[here]
    order = np.lexsort((read, site))
    return site[order].astype(np.int64), read[order], allele[order]


@njit(cache=True, nogil=True)
def _count(
    first_allele: Integers, first: Integers, counted: npt.NDArray[np.int16]
) -> tuple[Integers, Integers, Integers]:
    """See `Support`."""
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


def _enough(alleles: Alleles, support: Support, thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    total = support.total[_site_of(alleles)]
    snp = alleles.base >= 0
    count = np.where(snp, thresholds.min_count_snp, thresholds.min_count_indel)
    share = np.where(snp, thresholds.min_fraction_snp, thresholds.min_fraction_indel)
    enough: npt.NDArray[np.bool_] = (support.alleles >= count) & (support.alleles >= share * total)
    return enough


def _name(
    contig: str,
    possible: Possible,
    alleles: Alleles,
    support: Support,
    kept: npt.NDArray[np.bool_],
    reference: npt.NDArray[np.uint8],
    reference_start: int,
) -> tuple[list[Site], Integers, npt.NDArray[np.int16]]:
    """Sites with a kept allele, their indices, and the number of each allele in its site."""
    sites: list[Site] = []
    chosen = []
    number = np.full(len(kept) + 1, OTHER, np.int16)
    site_of = _site_of(alleles).tolist()
    for s, grouped in groupby(np.flatnonzero(kept).tolist(), site_of.__getitem__):
        rows = list(grouped)
        anchor = int(alleles.position[s])
        longest = max(0, *(-int(alleles.length[row]) for row in rows))
        there = anchor - reference_start
        ref = decode(np.minimum(reference[there : there + 1 + longest], 4))
        named = sorted((-int(support.alleles[row]), _alt(possible, row, ref), row) for row in rows)
        for code, (_, _, row) in enumerate(named):
            number[row] = code + 1
        depths = (int(support.reference[s]), *(-count for count, _, _ in named))
        alts = tuple(alt for _, alt, _ in named)
        sites.append(Site(contig, anchor, ref, alts, int(support.total[s]), depths))
        chosen.append(s)
    return sites, np.array(chosen, np.int64), number


def _alt(possible: Possible, row: int, ref: str) -> str:
    base, length = int(possible.base[row]), int(possible.length[row])
    if base >= 0:
        return "ACGT"[base] + ref[1:]
    if length < 0:
        return ref[0] + ref[1 - length :]
    return ref[0] + decode(possible.inserted[row]) + ref[1:]


def _only(
    observations: Observations,
    first_allele: Integers,
    number: npt.NDArray[np.int16],
    sites: Integers,
) -> Observations:
    """The observations of some sites; what other alleles' reads show becomes OTHER."""
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

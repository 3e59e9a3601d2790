"""What each read shows at given sites: where its base lies, and which allele it supports."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

# Alleles of an observation beside 0 = reference and 1, 2, … = the site's alternative ones.
OTHER, UNKNOWN = 127, -1
# A mate does not count that shows the same as its fragment's other read, or nothing, nor do both
# where they contradict each other.
SECOND, CONFLICT = -2, -3

Integers = npt.NDArray[np.int64]


class Alleles(NamedTuple):
    """Alternative alleles of S sites, A in all, those of site s from `first[s]` to `first[s + 1]`.

    Sites are sorted by position; substitutions come first, by base, then gaps as `Gaps` are sorted.
    """

    position: Integers  # (S,) 0-based anchors
    reference: npt.NDArray[np.uint8]  # (S,) base at the anchor, 0..3
    first: Integers  # (S + 1,)
    base: npt.NDArray[np.int8]  # (A,) substituted base, -1 for gaps
    length: Integers  # (A,) as in `Gaps`, 0 for substitutions
    sequence: npt.NDArray[np.uint64]  # (A,) as in `Gaps`
    reach: Integers  # (A,) a read that ends at or before does not tell the gap from the reference


class Observations(NamedTuple):
    """O pairs of site and read over it, sorted by site and, within one, in the order of reads."""

    first: Integers  # (S + 1,) the observations of each site
    read: Integers  # (O,)
    operation: Integers  # (O,) index of the CIGAR operation over the anchor
    offset: Integers  # (O,) position of the anchor within it
    query: Integers  # (O,) index of the base there, or of the next one where it is deleted
    allele: npt.NDArray[np.int16]  # (O,) what the read itself shows
    counted: npt.NDArray[np.int16]  # (O,) the same, but mates of a fragment count once


def observe(
    reads: Reads,
    alleles: Alleles,
    gap_site: Integers,
    gap_read: Integers,
    gap_allele: Integers,
    *,
    min_mapping_quality: int,
    min_base_quality: int,
) -> Observations:
    """Observations of all sites.

    `gap_*` (sorted by site and read) say which reads carry which of the alleles (numbered from 1
    within a site; OTHER for a gap that is none of them) at which site.
    """
    sites = len(alleles.position)
    count = np.zeros(sites + 1, np.int64)
    empty = np.empty(0, np.int64)
    _walk(reads, alleles.position, min_mapping_quality, True, count, empty, empty, empty, empty)
    first = np.concatenate(([0], np.cumsum(count[:-1])))
    total = int(first[-1])
    read, operation, offset, query = (np.empty(total, np.int64) for _ in range(4))
    fill = first.copy()
    _walk(reads, alleles.position, min_mapping_quality, False, fill, read, operation, offset, query)
    allele = np.empty(total, np.int16)
    counted = np.empty(total, np.int16)
    _assign(
        reads,
        alleles,
        first,
        read,
        operation,
        query,
        gap_site,
        gap_read,
        gap_allele,
        min_base_quality,
        allele,
    )
    _count_once(reads, first, read, query, allele, counted)
    return Observations(first, read, operation, offset, query, allele, counted)


@njit(cache=True, nogil=True)
def _walk(
    reads: Reads,
    sites: Integers,
    min_mapping_quality: int,
    counting: bool,
    at: Integers,
    out_read: Integers,
    out_operation: Integers,
    out_offset: Integers,
    out_query: Integers,
) -> None:
    """Count the reads over each site in `at`, or write them from `at` on."""
    for i in range(len(reads.start)):
        if reads.mapping_quality[i] < min_mapping_quality:
            continue
        site = np.searchsorted(sites, reads.start[i])
        if site == len(sites) or sites[site] >= reads.end[i]:
            continue
        position = reads.start[i]
        query = reads.base_start[i]
        for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            if operation == MATCH or operation == DELETION:
                while site < len(sites) and sites[site] < position + length:
                    if not counting:
                        o = at[site]
                        offset = sites[site] - position
                        out_read[o] = i
                        out_operation[o] = c
                        out_offset[o] = offset
                        last = reads.base_start[i + 1] - 1
                        out_query[o] = query + offset if operation == MATCH else min(query, last)
                    at[site] += 1
                    site += 1
            elif operation == SKIP:
                while site < len(sites) and sites[site] < position + length:
                    site += 1
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length
            if site == len(sites):
                break


@njit(cache=True, nogil=True)
def _assign(
    reads: Reads,
    alleles: Alleles,
    first: Integers,
    read: Integers,
    operation: Integers,
    query: Integers,
    gap_site: Integers,
    gap_read: Integers,
    gap_allele: Integers,
    min_base_quality: int,
    allele: npt.NDArray[np.int16],
) -> None:
    g = 0
    for site in range(len(alleles.position)):
        reach = 0
        for a in range(alleles.first[site], alleles.first[site + 1]):
            reach = max(reach, alleles.reach[a])
        while g < len(gap_site) and gap_site[g] < site:
            g += 1
        for o in range(first[site], first[site + 1]):
            while g < len(gap_site) and gap_site[g] == site and gap_read[g] < read[o]:
                g += 1
            if reads.cigar[operation[o]] & 15 == DELETION:
                allele[o] = OTHER
                continue
            base = reads.bases[query[o]]
            if reads.qualities[query[o]] < min_base_quality or base > 3:
                allele[o] = UNKNOWN
            elif g < len(gap_site) and gap_site[g] == site and gap_read[g] == read[o]:
                allele[o] = gap_allele[g]
            elif base == alleles.reference[site]:
                allele[o] = UNKNOWN if reads.end[read[o]] <= reach else 0
            else:
                allele[o] = OTHER
                for a in range(alleles.first[site], alleles.first[site + 1]):
                    if alleles.base[a] == base:
                        allele[o] = a - alleles.first[site] + 1


@njit(cache=True, nogil=True)
def _count_once(
    reads: Reads,
    first: Integers,
    read: Integers,
    query: Integers,
    allele: npt.NDArray[np.int16],
    counted: npt.NDArray[np.int16],
) -> None:
    for site in range(len(first) - 1):
        low = first[site]
        size = first[site + 1] - low
        counted[low : low + size] = allele[low : low + size]
        names = np.empty(size, np.uint64)
        for o in range(size):
            names[o] = reads.fragment[read[low + o]]
        order = np.argsort(names, kind="mergesort")
        for k in range(1, size):
            one = low + order[k - 1]
            two = low + order[k]
            if names[order[k - 1]] != names[order[k]] or counted[one] <= SECOND:
                continue
            if reads.flag[read[one]] & 0xC0 == reads.flag[read[two]] & 0xC0:
                continue
            if allele[one] == UNKNOWN and allele[two] != UNKNOWN:
                counted[one] = SECOND
            elif allele[two] == UNKNOWN:
                counted[two] = SECOND
            elif allele[one] != allele[two]:
                counted[one] = CONFLICT
                counted[two] = CONFLICT
            elif reads.qualities[query[two]] > reads.qualities[query[one]]:
                counted[one] = SECOND
            else:
                counted[two] = SECOND

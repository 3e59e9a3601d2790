"""Which reads have a row in DeepVariant's pileup image."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import (
    DELETION,
    INSERTION,
    MATCH,
    PAIRED,
    SECOND_IN_PAIR,
    SKIP,
    SOFT_CLIP,
    Reads,
)

MARGIN = 5  # a read this near to the variant is drawn
PROPER_PAIR, MATE_UNMAPPED = 0x2, 0x8

Integers = npt.NDArray[np.int64]


def mates_elsewhere(reads: Reads) -> npt.NDArray[np.bool_]:
    """(N,) whether a read's mate is mapped to another contig.

    Then the template has no length. Aligners that never write one still mark proper pairs.
    """
    pair = reads.flag & (PAIRED | PROPER_PAIR | MATE_UNMAPPED) == PAIRED
    elsewhere: npt.NDArray[np.bool_] = pair & (reads.template_length == 0)
    return elsewhere


@njit(cache=True, nogil=True)
def near_reads(
    reads: Reads,
    left_out: npt.NDArray[np.bool_],
    low: int,
    high: int,
    position: int,
    min_base_quality: int,
    min_mapping_quality: int,
) -> Integers:
    """Reads to draw: of `[low, high)` those that end behind the margin, of sufficient quality."""
    near = np.empty(max(high - low, 0), np.int64)
    n = 0
    for i in range(low, high):
        if left_out[i] or reads.end[i] <= position - MARGIN:
            continue
        if reads.mapping_quality[i] < min_mapping_quality:
            continue
        if _least_quality(reads, i, position) >= min_base_quality:
            near[n] = i
            n += 1
    return near[:n]


@njit(cache=True, nogil=True)
def sample(reads: Reads, near: Integers, rows: int, seed: np.uint64) -> Integers:
    """The reads of the smallest hashes, in their order, where there are more than rows."""
    if len(near) <= rows:
        return near
    keys = np.empty(len(near), np.uint64)
    for k in range(len(near)):
        second = np.uint64(reads.flag[near[k]] & SECOND_IN_PAIR)
        key = (reads.fragment[near[k]] ^ seed) + second
        # Names of one run begin alike: the last bits of their hash are mixed into all.
        key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        keys[k] = key ^ (key >> np.uint64(33))
    return near[np.sort(np.argsort(keys, kind="mergesort")[:rows])]


@njit(cache=True, nogil=True)
def _least_quality(reads: Reads, i: int, position: int) -> int:
    """The least quality of a read's pixels in one column; 255 where it has none there."""
    at = reads.start[i]
    query = reads.base_start[i]
    least = 255
    for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation == MATCH:
            if at <= position < at + length:
                least = min(least, int(reads.qualities[query + position - at]))
        elif at - 1 == position and operation != SOFT_CLIP:
            least = min(least, int(reads.qualities[quality_of_gap(reads, i, operation, query)]))
        if at > position + 1:
            break
        if operation != INSERTION and operation != SOFT_CLIP:
            at += length
        if operation != DELETION and operation != SKIP:
            query += length
    return least


@njit(cache=True, nogil=True)
def quality_of_gap(reads: Reads, i: int, operation: int, query: int) -> int:
    """Where the quality stands that a gap shows: of the first inserted base, or the one before."""
    if operation == INSERTION:
        return query
    return max(query - 1, reads.base_start[i])

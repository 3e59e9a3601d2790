"""What soft clips at one edge agree on, and where on the reference that continues."""

import numpy as np
from numba import njit

from seqcnn.calling.realign_scan import LONGEST_GAP, Codes, Integers
from seqcnn.encoders.reads import Reads

LEFT, RIGHT = 0, 1  # the side of the read that is clipped
LONGEST = 300  # bases of a clip that are looked at
SHORTEST = 12  # bases that must agree
VARIED = 5  # neighbours that differ among them, else they may be from anywhere


@njit(cache=True, nogil=True)
def consensus(
    reads: Reads,
    side: Integers,
    read: Integers,
    length: Integers,
    first: int,
    last: int,
    outward: Codes,
) -> int:
    """Vote, by quality, for the clipped bases from the edge outwards; 0 where reads disagree."""
    longest = 0
    for row in range(first, last):
        longest = max(longest, min(length[row], LONGEST))
    votes = np.zeros((longest, 4), np.int64)
    for row in range(first, last):
        for j in range(min(length[row], longest)):
            at = _clipped_base(reads, read[row], side[row], length[row], j)
            if reads.bases[at] <= 3:
                votes[j, reads.bases[at]] += reads.qualities[at]
    for j in range(longest):
        outward[j] = np.argmax(votes[j])
    for row in range(first, last):
        wrong = 0
        for j in range(min(length[row], longest)):
            at = _clipped_base(reads, read[row], side[row], length[row], j)
            wrong += reads.bases[at] != outward[j] and reads.qualities[at] >= 15
        if 10 * wrong > min(length[row], longest):
            return 0
    return longest


@njit(cache=True, nogil=True)
def _clipped_base(reads: Reads, i: int, side: int, length: int, j: int) -> int:
    if side == RIGHT:
        return reads.base_start[i + 1] - length + j
    return reads.base_start[i] + length - 1 - j


@njit(cache=True, nogil=True)
def varied(bases: Codes) -> bool:
    changes = 0
    for j in range(1, len(bases)):
        changes += bases[j] != bases[j - 1]
    return len(bases) >= SHORTEST and changes >= VARIED


@njit(cache=True, nogil=True)
def _agreement(
    bases: Codes, from_base: int, reference: Codes, edge: int, side: int, offset: int
) -> int:
    """Bases (from one on) that match the reference from `offset` beyond the edge, in its direction.

    0 where fewer than SHORTEST do or more than a tenth differ.
    """
    size = len(bases) - from_base
    wrong = 0
    for j in range(size):
        there = edge + offset + j if side == RIGHT else edge - 1 - offset - j
        if not 0 <= there < len(reference):
            return 0
        wrong += reference[there] != bases[from_base + j]
        if 10 * wrong > size:
            return 0
    return size - 4 * wrong if size >= SHORTEST else 0


@njit(cache=True, nogil=True)
def jump(bases: Codes, reference: Codes, edge: int, side: int) -> int:
    """The gap after which the bases match best: length of an insertion, less that of a deletion."""
    best = 0
    gap = 0
    for n in range(1, LONGEST_GAP + 1):
        deleted = _agreement(bases, 0, reference, edge, side, n)
        doubled = _agreement(bases, 0, reference, edge, side, -n)
        new = _agreement(bases, n, reference, edge, side, 0)
        if deleted > best:
            best, gap = deleted, -n
        if max(doubled, new) > best:
            best, gap = max(doubled, new), n
    return gap

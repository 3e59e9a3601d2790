"""Diagonals: what a read scores where it lies on the reference without gaps.

A diagonal is a position less the index of the base there; each gap leads from one to another.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_gaps import CandidateGaps
from seqcnn.calling.realign_scan import (
    MATCHED,
    MISMATCH_LEAST,
    MISMATCH_MOST,
    NOT_A_BASE,
    SUBSTITUTED,
    Codes,
    Integers,
)

CLIPPED = -35  # score of an end that is left out
MOST_DIAGONALS, MOST_GAPS = 16, 8
NEVER = -(1 << 28)

Scores = npt.NDArray[np.int32]


class Workspace(NamedTuple):
    """Memory that all reads of a call use in turn."""

    diagonals: Integers  # (D,)
    reached_by: Integers  # (D,) which gap leads there, -1 for those that the read lies on
    gaps: Integers  # (K,) rows of the candidates
    losses: Scores  # (L + 1,) by mismatches before each base, as the read lies now
    total: Scores  # (D, L + 1) score of the bases before each, along the diagonal
    start: Scores  # (D, L + 1) best of a start before this base, less its `total`
    stop: Scores  # (D, L + 1) best `total` of a stop at this base or later
    value: Scores  # (K, 2 D) best path through a gap, entered from a diagonal (or, second half,
    # begun inside its inserted bases and left to a diagonal)
    before: Integers  # (K, 2 D) state before, or what `best_path` starts with
    leaves: Integers  # (K, 2 D, 2) the base that comes after the gap, and the diagonal or -1
    path: Integers  # (2 K + 3, 2) the best path as operations: kind and length, from the right


def workspace(longest_read: int) -> Workspace:
    """Memory for reads of up to so many bases."""
    scores = (MOST_DIAGONALS, longest_read + 1)
    states = (MOST_GAPS, 2 * MOST_DIAGONALS)
    return Workspace(
        np.empty(MOST_DIAGONALS, np.int64),
        np.empty(MOST_DIAGONALS, np.int64),
        np.empty(MOST_GAPS, np.int64),
        np.empty(longest_read + 1, np.int32),
        np.empty(scores, np.int32),
        np.empty(scores, np.int32),
        np.empty(scores, np.int32),
        np.empty(states, np.int32),
        np.empty(states, np.int64),
        np.empty((*states, 2), np.int64),
        np.empty((2 * MOST_GAPS + 3, 2), np.int64),
    )


@njit(cache=True, nogil=True)
def score_base(base: int, quality: int, theirs: int, substituted: int) -> int:
    """Score of a base of a read against one of the reference."""
    if theirs > 3:
        return NOT_A_BASE
    if base > 3:
        return 0
    if base == theirs:
        return MATCHED
    if substituted >> base & 1:
        return SUBSTITUTED
    return -min(max(quality, MISMATCH_LEAST), MISMATCH_MOST)


@njit(cache=True, nogil=True)
def add_diagonal(work: Workspace, count: int, diagonal: int) -> int:
    """Add it if it is new and there is room; returns how many there are."""
    for g in range(count):
        if work.diagonals[g] == diagonal:
            return count
    if count == MOST_DIAGONALS:
        return count
    work.diagonals[count] = diagonal
    return count + 1


@njit(cache=True, nogil=True)
def reach_diagonals(
    work: Workspace, gaps: CandidateGaps, chosen: int, count: int, size: int
) -> int:
    """Add the diagonals that one and two gaps within the read lead to."""
    seen = 0
    for g in range(count):
        work.reached_by[g] = -1
    for _ in range(2):
        upper = count
        for g in range(seen, upper):
            for k in range(chosen):
                if work.reached_by[g] == k:
                    continue
                length = gaps.length[work.gaps[k]]
                at = gaps.anchor[work.gaps[k]] + 1 - work.diagonals[g]
                before = count
                if 0 < at < size:
                    count = add_diagonal(work, count, work.diagonals[g] - length)
                if 0 < at - min(length, 0) < size:
                    count = add_diagonal(work, count, work.diagonals[g] + length)
                for h in range(before, count):
                    work.reached_by[h] = k
        seen = upper
    return count


@njit(cache=True, nogil=True)
def fill_diagonals(
    work: Workspace,
    count: int,
    bases: Codes,
    qualities: Codes,
    reference: Codes,
    substituted: Codes,
    clipped_left: int,
    clipped_right: int,
) -> None:
    """Score the read along each diagonal.

    The aligner clipped bases because they did not fit, so what they match must outweigh what they
    do not, whatever the qualities: a clip that no gap explains does not grow back.
    """
    size = len(bases)
    for g in range(count):
        total, start, stop = work.total[g], work.start[g], work.stop[g]
        diagonal = work.diagonals[g]
        total[0] = 0
        start[0] = NEVER
        best = 0
        for j in range(size):
            start[j + 1] = best
            there = diagonal + j
            if 0 <= there < len(reference):
                gained = score_base(bases[j], qualities[j], reference[there], substituted[there])
                if gained < MATCHED and not clipped_left <= j < size - clipped_right:
                    gained = -MISMATCH_MOST
            else:
                gained = NOT_A_BASE
            total[j + 1] = total[j] + gained
            best = max(best, CLIPPED - total[j + 1])
        best = total[size]
        stop[size] = best
        for j in range(size - 1, -1, -1):
            best = max(best, total[j] + CLIPPED)
            stop[j] = best

"""The best alignment of a read to the haplotypes that candidate gaps make of the reference.

Every set of compatible gaps is a haplotype, and its gapless alignments are paths that change
diagonal at each gap. The best path over all sets is found exactly: scores along a diagonal are sums
that are made once, and each gap looks back at the gaps before it.
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
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SOFT_CLIP

CLIPPED = -35  # score of an end that is left out
MOST_DIAGONALS, MOST_GAPS = 16, 8
NEVER = -(1 << 28)
START, INSIDE_INSERTION = -1, -2  # what comes before a gap other than a gap

Scores = npt.NDArray[np.int32]


class Workspace(NamedTuple):
    """Memory that all reads of a call use in turn. A diagonal is a position less a base's index."""

    diagonals: Integers  # (D,)
    gaps: Integers  # (K,) rows of the candidates
    total: Scores  # (D, L + 1) score of the bases before each, along the diagonal
    start: Scores  # (D, L + 1) best of a start before this base, less its `total`
    stop: Scores  # (D, L + 1) best `total` of a stop at this base or later
    value: Scores  # (K, 2 D) best path through a gap, entered from a diagonal (or, second half,
    # begun inside its inserted bases and left to a diagonal)
    before: Integers  # (K, 2 D) state before, or START
    leaves: Integers  # (K, 2 D, 2) the base that comes after the gap, and the diagonal or -1
    path: Integers  # (2 K + 3, 2) the best path as operations: kind and length, from the right


def workspace(longest_read: int) -> Workspace:
    """Memory for reads of up to so many bases."""
    scores = (MOST_DIAGONALS, longest_read + 1)
    states = (MOST_GAPS, 2 * MOST_DIAGONALS)
    return Workspace(
        np.empty(MOST_DIAGONALS, np.int64),
        np.empty(MOST_GAPS, np.int64),
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
    return -min(max(np.int64(quality), MISMATCH_LEAST), MISMATCH_MOST)


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
def reach_diagonals(work: Workspace, gaps: CandidateGaps, chosen: int, count: int) -> int:
    """Add the diagonals that one and two gaps lead to."""
    seen = 0
    for _ in range(2):
        upper = count
        for g in range(seen, upper):
            for k in range(chosen):
                length = gaps.length[work.gaps[k]]
                count = add_diagonal(work, count, work.diagonals[g] - length)
                count = add_diagonal(work, count, work.diagonals[g] + length)
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
) -> None:
    """Score the read along each diagonal."""
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
            else:
                gained = NOT_A_BASE
            total[j + 1] = total[j] + gained
            best = max(best, CLIPPED - total[j + 1])
        best = total[size]
        stop[size] = best
        for j in range(size - 1, -1, -1):
            best = max(best, total[j] + CLIPPED)
            stop[j] = best


@njit(cache=True, nogil=True)
def best_path(
    work: Workspace,
    gaps: CandidateGaps,
    chosen: int,
    count: int,
    bases: Codes,
    qualities: Codes,
) -> tuple[int, int, int, int]:
    """Score of the best path, its last state, its last diagonal, and bases in a cut-off insertion.

    The last state is START for a path without gaps. Ties go to fewer gaps and earlier diagonals.
    """
    size = len(bases)
    best, state, diagonal, cut = NEVER, START, 0, 0
    for g in range(count):
        for j in range(size):
            score = work.start[g, j + 1] + work.stop[g, j + 1]
            if score > best:
                best, diagonal = score, g
    for k in range(chosen):
        for g in range(2 * count):
            value = _through(work, gaps, k, g, count, bases, qualities)
            work.value[k, g] = value
            if value == NEVER:
                continue
            here = k * 2 * MOST_DIAGONALS + g
            exit_at, exit_g = work.leaves[k, g]
            if exit_at >= size:
                # The read ends inside the insertion: nothing follows.
                work.value[k, g] = NEVER
                if value > best:
                    best, state, diagonal = value, here, g
                    cut = size - (exit_at - gaps.length[work.gaps[k]])
                continue
            final = value - work.total[exit_g, exit_at] + work.stop[exit_g, exit_at + 1]
            if final > best:
                best, state, diagonal, cut = final, here, exit_g, 0
    return best, state, diagonal, cut


@njit(cache=True, nogil=True)
def _through(
    work: Workspace,
    gaps: CandidateGaps,
    k: int,
    g: int,
    count: int,
    bases: Codes,
    qualities: Codes,
) -> int:
    """Best score just after gap k in state g; notes what comes before and after."""
    size = len(bases)
    row = work.gaps[k]
    length, first, cost = gaps.length[row], gaps.first[row], gaps.cost[row]
    if g >= count:
        exit_at = gaps.anchor[row] + 1 - work.diagonals[g - count]
        if not 1 <= exit_at <= min(length, size - 1):
            return NEVER
        work.before[k, g] = INSIDE_INSERTION
        work.leaves[k, g] = exit_at, g - count
        first += length - exit_at
        return _inserted_score(gaps, first, exit_at, bases, qualities, 0) - cost
    at = gaps.anchor[row] + 1 - work.diagonals[g]
    if not 1 <= at <= size - 1:
        return NEVER
    exit_at = at + max(0, length)
    exit_g = _diagonal_index(work, count, work.diagonals[g] - length)
    if exit_g < 0 and exit_at < size:
        return NEVER
    work.leaves[k, g] = exit_at, exit_g
    value = work.start[g, at]
    work.before[k, g] = START
    for earlier in range(k):
        for h in range(2 * count):
            if work.value[earlier, h] == NEVER or work.leaves[earlier, h, 1] != g:
                continue
            left_at = work.leaves[earlier, h, 0]
            other = work.value[earlier, h] - work.total[g, left_at]
            if left_at < at and other > value:
                value = other
                work.before[k, g] = earlier * 2 * MOST_DIAGONALS + h
    value += work.total[g, at] - cost
    return value + _inserted_score(gaps, first, min(length, size - at), bases, qualities, at)


@njit(cache=True, nogil=True)
def _diagonal_index(work: Workspace, count: int, diagonal: int) -> int:
    for g in range(count):
        if work.diagonals[g] == diagonal:
            return g
    return -1


@njit(cache=True, nogil=True)
def _inserted_score(
    gaps: CandidateGaps, first: int, within: int, bases: Codes, qualities: Codes, at: int
) -> int:
    score = 0
    for j in range(within):
        score += score_base(bases[at + j], qualities[at + j], gaps.inserted[first + j], 0)
    return score


@njit(cache=True, nogil=True)
def trace_path(
    work: Workspace, gaps: CandidateGaps, size: int, state: int, diagonal: int, cut: int
) -> tuple[int, int]:
    """Write the operations of the best path, from its right end, to `work.path`.

    Returns how many there are and the first reference position.
    """
    n = 0
    right = size
    if cut > 0:
        right = size - cut
        n = _push(work, n, SOFT_CLIP, cut)
        k, g = state // (2 * MOST_DIAGONALS), state % (2 * MOST_DIAGONALS)
        state, diagonal = work.before[k, g], g
    else:
        left = _left_of(work, state, diagonal, size)
        for j in range(left, size):
            if work.total[diagonal, j] + CLIPPED == work.stop[diagonal, left]:
                right = j
        if work.total[diagonal, size] == work.stop[diagonal, left]:
            right = size
        n = _push(work, n, SOFT_CLIP, size - right)
    while state >= 0:
        k, g = state // (2 * MOST_DIAGONALS), state % (2 * MOST_DIAGONALS)
        left = work.leaves[k, g, 0]
        n = _push(work, n, MATCH, right - left)
        state = work.before[k, g]
        if state == INSIDE_INSERTION:
            n = _push(work, n, SOFT_CLIP, left)
            return n, work.diagonals[diagonal] + left
        length = gaps.length[work.gaps[k]]
        n = _push(work, n, DELETION if length < 0 else INSERTION, abs(length))
        right = left - max(0, length)
        diagonal = g
    left = 0
    while (CLIPPED if left else 0) - work.total[diagonal, left] != work.start[diagonal, right]:
        left += 1
    n = _push(work, n, MATCH, right - left)
    n = _push(work, n, SOFT_CLIP, left)
    return n, work.diagonals[diagonal] + left


@njit(cache=True, nogil=True)
def _left_of(work: Workspace, state: int, diagonal: int, size: int) -> int:
    """The first base at which the last block of a path may stop."""
    if state >= 0:
        return work.leaves[state // (2 * MOST_DIAGONALS), state % (2 * MOST_DIAGONALS), 0] + 1
    best, at = NEVER, 1
    for j in range(1, size + 1):
        score = work.start[diagonal, j] + work.stop[diagonal, j]
        if score > best:
            best, at = score, j
    return at


@njit(cache=True, nogil=True)
def _push(work: Workspace, n: int, operation: int, length: int) -> int:
    if length == 0:
        return n
    work.path[n, 0] = operation
    work.path[n, 1] = length
    return n + 1

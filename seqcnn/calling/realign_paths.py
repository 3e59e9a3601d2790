"""The best alignment of a read to the haplotypes that candidate gaps make of the reference.

Every set of compatible gaps is a haplotype, and its gapless alignments are paths that change
diagonal at each gap. The best path over all sets is found exactly: scores along a diagonal are sums
that are made once, and each gap looks back at the gaps before it.
"""

from numba import njit

from seqcnn.calling.realign_diagonals import (
    CLIPPED,
    MOST_DIAGONALS,
    NEVER,
    Workspace,
    score_base,
)
from seqcnn.calling.realign_gaps import CandidateGaps
from seqcnn.calling.realign_scan import Codes
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SOFT_CLIP

START, INSIDE_INSERTION = -1, -2  # what comes before a gap other than a gap


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
        after, length = gaps.anchor[work.gaps[k]] + 1, gaps.length[work.gaps[k]]
        for g in range(2 * count):
            work.value[k, g] = NEVER
            at = after - work.diagonals[g % count]
            if not 1 <= at <= size - 1 or (g >= count and at > length):
                continue
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
        work.before[k, g] = INSIDE_INSERTION
        work.leaves[k, g] = exit_at, g - count
        first += length - exit_at
        return _inserted_score(gaps, first, exit_at, bases, qualities, 0) - cost
    at = gaps.anchor[row] + 1 - work.diagonals[g]
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

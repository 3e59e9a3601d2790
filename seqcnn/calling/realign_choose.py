"""Which reads may fit better, and with which gaps: the cheap questions before the search.

Inner loops take plain arrays: handing on a tuple of many costs more than a short loop.
"""

import numpy as np
from numba import njit

from seqcnn.calling.realign_diagonals import CLIPPED, MOST_GAPS, Scores, Workspace, score_base
from seqcnn.calling.realign_gaps import LEAST, MOST, CandidateGaps
from seqcnn.calling.realign_scan import (
    LONGEST_GAP,
    MATCHED,
    MISMATCH_MOST,
    Codes,
    Integers,
    Scan,
)
from seqcnn.encoders.reads import SOFT_CLIP, Reads

# Reads without clips that lose more may need two gaps at once, and are not first tried with one.
SIMPLE = 2 * (MATCHED + MISMATCH_MOST)


@njit(cache=True, nogil=True)
def settled(
    reads: Reads,
    i: int,
    seen: Scan,
    gaps: CandidateGaps,
    gap_rows: Integers,
    own: int,
    end: int,
) -> bool:
    """Whether a read with gaps fits as it is: they are shared, left-aligned, and all else fits."""
    if own == end or seen.loss[i] > LEAST:
        return False
    if reads.cigar_start[i + 1] - reads.cigar_start[i] != 2 * (end - own) + 1:
        return False
    for row in range(own, end):
        if gaps.cost[gap_rows[row]] > MOST or seen.gap[4, row] > 0:
            return False
    return True


@njit(cache=True, nogil=True)
def sum_losses(
    bases: Codes,
    qualities: Codes,
    left: int,
    right: int,
    theirs: Codes,
    substituted: Codes,
    losses: Scores,
) -> int:
    """What mismatches and clips cost a read of one aligned block; `losses`, those before each base.

    `left` and `right` bases are clipped; `theirs` and `substituted` are those of the positions
    between.
    """
    loss = 0
    losses[0] = 0
    size = len(bases)
    for k in range(size):
        if left <= k < size - right:
            there = k - left
            if bases[k] != theirs[there]:
                loss += lost(bases[k], qualities[k], theirs[there], substituted[there])
        elif k == 0 or k == size - 1:
            loss += lost_by_clip(left if k == 0 else right)
        losses[k + 1] = loss
    return loss


@njit(cache=True, nogil=True)
def lost_by_clip(bases: int) -> int:
    """What it costs to clip so many bases, less what they would gain as matches."""
    return MATCHED * bases - CLIPPED if bases > 0 else 0


@njit(cache=True, nogil=True)
def lost(base: int, quality: int, theirs: int, substituted: int) -> int:
    """What a base costs, less what a match would."""
    if base == theirs or base > 3 or theirs > 3:
        return 0
    return MATCHED - score_base(base, quality, theirs, substituted)


@njit(cache=True, nogil=True)
def one_helps(
    bases: Codes,
    qualities: Codes,
    diagonal: int,
    reference: Codes,
    substituted: Codes,
    gaps: CandidateGaps,
    rows: Integers,
    losses: Scores,
) -> bool:
    """Whether any gap alone betters a read without gaps when one side of it stays in place.

    Most do not: past the gap nothing fits, which shows within a few bases.
    """
    size = len(bases)
    for row in rows:
        after, length, first = gaps.anchor[row] + 1, gaps.length[row], gaps.first[row]
        inserted = gaps.inserted[first : first + max(0, length)]
        at = after - diagonal
        if 0 < at < size:  # what is left of the gap stays
            spare = losses[size] - losses[at] - gaps.cost[row]
            if _shift_pays(
                spare, bases, qualities, at, 1, diagonal - length, reference, substituted, inserted
            ):
                return True
        at = after + max(0, -length) - diagonal
        if 0 < at < size:  # what is right of it stays
            spare = losses[at] - gaps.cost[row]
            if _shift_pays(
                spare, bases, qualities, at - 1, -1, diagonal + length,
                reference, substituted, inserted,
            ):  # fmt: skip
                return True
    return False


@njit(cache=True, nogil=True)
def _shift_pays(
    spare: int,
    bases: Codes,
    qualities: Codes,
    at: int,
    step: int,
    diagonal: int,
    reference: Codes,
    substituted: Codes,
    inserted: Codes,
) -> bool:
    """Whether the bases from `at` on lose less than `spare` as insertion and on a new diagonal.

    The last of them may be clipped.
    """
    new = len(inserted)
    j = 0
    while spare > 0 and 0 <= at < len(bases):
        rest = len(bases) - at if step > 0 else at + 1
        if j > new and spare > lost_by_clip(rest):
            return True
        there = diagonal + at
        if j < new:
            theirs = inserted[j if step > 0 else new - 1 - j]
            spare -= lost(bases[at], qualities[at], theirs, 0)
        elif 0 <= there < len(reference):
            spare -= lost(bases[at], qualities[at], reference[there], substituted[there])
        else:
            return False
        at += step
        j += 1
    return spare > 0


@njit(cache=True, nogil=True)
def choose_gaps(
    reads: Reads,
    i: int,
    reference_start: int,
    most: int,
    gaps: CandidateGaps,
    own: Integers,
    work: Workspace,
) -> int:
    """Write the rows of gaps that the read may have to `work.gaps`, in order; returns how many.

    Only gaps that cost less than `most` can better it. Of too many it takes its own, then those
    that most fragments show.
    """
    left, right = clipped_ends(reads, i)
    low = reads.start[i] - reference_start - left
    high = reads.end[i] - reference_start + right
    count = 0
    for row in range(np.searchsorted(gaps.anchor, low - LONGEST_GAP - 1), len(gaps.anchor)):
        if gaps.anchor[row] + 1 >= high:
            break
        if gaps.anchor[row] + 1 + max(0, -gaps.length[row]) <= low:
            continue
        if gaps.cost[row] >= most:
            continue
        count = _insert(work.gaps, count, row, gaps.fragments, own)
    # In order of position, which the rows are in.
    for k in range(1, count):
        row = work.gaps[k]
        while k > 0 and work.gaps[k - 1] > row:
            work.gaps[k] = work.gaps[k - 1]
            k -= 1
        work.gaps[k] = row
    return count


@njit(cache=True, nogil=True)
def clipped_ends(reads: Reads, i: int) -> tuple[int, int]:
    """Bases that are soft-clipped at the left and at the right end of a read."""
    first, last = reads.cigar[reads.cigar_start[i]], reads.cigar[reads.cigar_start[i + 1] - 1]
    left = int(np.int64(first >> 4)) if first & 15 == SOFT_CLIP else 0
    right = int(np.int64(last >> 4)) if last & 15 == SOFT_CLIP else 0
    return left, right


@njit(cache=True, nogil=True)
def _insert(rows: Integers, count: int, row: int, fragments: Integers, own: Integers) -> int:
    """Keep the best rows so far, best first."""
    at = count
    weight = _weight(row, fragments, own)
    while at > 0 and weight > _weight(rows[at - 1], fragments, own):
        at -= 1
    if at == MOST_GAPS:
        return count
    count = min(count + 1, MOST_GAPS)
    for k in range(count - 1, at, -1):
        rows[k] = rows[k - 1]
    rows[at] = row
    return count


@njit(cache=True, nogil=True)
def _weight(row: int, fragments: Integers, own: Integers) -> int:
    for mine in own:
        if mine == row:
            return 1 << 40
    return fragments[row]

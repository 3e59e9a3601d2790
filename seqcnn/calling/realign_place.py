"""Which reads get another alignment, and which."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_gaps import LEAST, MOST, UNSUPPORTED, CandidateGaps
from seqcnn.calling.realign_paths import (
    CLIPPED,
    MOST_GAPS,
    Workspace,
    add_diagonal,
    best_path,
    fill_diagonals,
    reach_diagonals,
    score_base,
    trace_path,
)
from seqcnn.calling.realign_scan import LONGEST_GAP, MATCHED, Codes, Integers, Scan
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SOFT_CLIP, Reads


@njit(cache=True, nogil=True)
def place_all(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    seen: Scan,
    gaps: CandidateGaps,
    gap_rows: Integers,
    work: Workspace,
    changed: Integers,
    start: Integers,
    count: Integers,
    cigar: npt.NDArray[np.uint32],
) -> int:
    """Find the reads that move: their indices, new starts and operations; returns how many."""
    size = 0
    written = 0
    own = 0
    for i in range(len(reads.start)):
        while own < len(gap_rows) and seen.gap[2, own] < i:
            own += 1
        end = own
        while end < len(gap_rows) and seen.gap[2, end] == i:
            end += 1
        operations = reads.cigar_start[i + 1] - reads.cigar_start[i]
        if seen.loss[i] < 0 or (operations == 1 and seen.loss[i] <= LEAST):
            continue
        if _settled(reads, i, seen, gaps, gap_rows, own, end):
            continue
        chosen = _choose(reads, i, reference_start, seen.loss[i], gaps, gap_rows[own:end], work)
        if chosen == 0:
            continue
        n, first = _place(
            reads, i, reference, reference_start, seen, gaps, gap_rows[own:end], chosen, work
        )
        if n > 0:
            changed[size] = i
            start[size] = first + reference_start
            count[size] = n
            for k in range(n):
                operation, length = work.path[n - 1 - k]
                cigar[written + k] = length << 4 | operation
            written += n
            size += 1
    return size


@njit(cache=True, nogil=True)
def _settled(
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
def _choose(
    reads: Reads,
    i: int,
    reference_start: int,
    loss: int,
    gaps: CandidateGaps,
    own: Integers,
    work: Workspace,
) -> int:
    """Write the rows of gaps that the read may have to `work.gaps`, in order; returns how many.

    Of too many it takes its own, then those that most fragments show.
    """
    first, last = reads.cigar_start[i], reads.cigar_start[i + 1] - 1
    low = reads.start[i] - reference_start
    high = reads.end[i] - reference_start
    plain = first == last
    if reads.cigar[first] & 15 == SOFT_CLIP:
        low -= np.int64(reads.cigar[first] >> 4)
    if reads.cigar[last] & 15 == SOFT_CLIP:
        high += np.int64(reads.cigar[last] >> 4)
    count = 0
    for row in range(np.searchsorted(gaps.anchor, low - LONGEST_GAP - 1), len(gaps.anchor)):
        if gaps.anchor[row] + 1 >= high:
            break
        if gaps.anchor[row] + 1 + max(0, -gaps.length[row]) <= low:
            continue
        if plain and gaps.cost[row] >= loss:
            continue
        count = _insert(work, count, row, gaps, own)
    # In order of position, which the rows are in.
    for k in range(1, count):
        row = work.gaps[k]
        while k > 0 and work.gaps[k - 1] > row:
            work.gaps[k] = work.gaps[k - 1]
            k -= 1
        work.gaps[k] = row
    return count


@njit(cache=True, nogil=True)
def _insert(work: Workspace, count: int, row: int, gaps: CandidateGaps, own: Integers) -> int:
    """Keep the best rows so far, best first."""
    at = count
    while at > 0 and _weight(row, gaps, own) > _weight(work.gaps[at - 1], gaps, own):
        at -= 1
    if at == MOST_GAPS:
        return count
    count = min(count + 1, MOST_GAPS)
    for k in range(count - 1, at, -1):
        work.gaps[k] = work.gaps[k - 1]
    work.gaps[at] = row
    return count


@njit(cache=True, nogil=True)
def _weight(row: int, gaps: CandidateGaps, own: Integers) -> int:
    for mine in own:
        if mine == row:
            return 1 << 40
    return gaps.fragments[row]


@njit(cache=True, nogil=True)
def _place(
    reads: Reads,
    i: int,
    reference: Codes,
    reference_start: int,
    seen: Scan,
    gaps: CandidateGaps,
    own: Integers,
    chosen: int,
    work: Workspace,
) -> tuple[int, int]:
    """The number of operations of a better alignment, in `work.path`, and its start; or none."""
    bases = reads.bases[reads.base_start[i] : reads.base_start[i + 1]]
    qualities = reads.qualities[reads.base_start[i] : reads.base_start[i + 1]]
    current, gapped, count = _score_current(
        reads, i, reference, reference_start, seen, gaps, own, work, bases, qualities
    )
    count = reach_diagonals(work, gaps, chosen, count)
    fill_diagonals(work, count, bases, qualities, reference, seen.substituted)
    best, state, diagonal, cut = best_path(work, gaps, chosen, count, bases, qualities)
    if best < current or (state < 0 and not gapped):
        return 0, 0
    n, first = trace_path(work, gaps, len(bases), state, diagonal, cut)
    last = first - 1
    same = first == reads.start[i] - reference_start
    same = same and n == reads.cigar_start[i + 1] - reads.cigar_start[i]
    for k in range(n):
        operation, length = work.path[n - 1 - k]
        if operation == MATCH or operation == DELETION:
            last += length
        if same and reads.cigar[reads.cigar_start[i] + k] != (length << 4 | operation):
            same = False
    if same or first < 0 or last >= len(reference) or reference[first] > 3 or reference[last] > 3:
        return 0, 0
    return n, first


@njit(cache=True, nogil=True)
def _score_current(
    reads: Reads,
    i: int,
    reference: Codes,
    reference_start: int,
    seen: Scan,
    gaps: CandidateGaps,
    own: Integers,
    work: Workspace,
    bases: Codes,
    qualities: Codes,
) -> tuple[int, bool, int]:
    """Score of the alignment as it is, whether it has gaps, and its diagonals in `work`."""
    score = 0
    at = 0
    count = 0
    gapped = False
    position = reads.start[i] - reference_start
    for row in own:
        score -= gaps.cost[row]
    known = len(own)
    for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation == MATCH:
            count = add_diagonal(work, count, position - at)
            for k in range(length):
                score += score_base(
                    bases[at + k], qualities[at + k],
                    reference[position + k], seen.substituted[position + k],
                )  # fmt: skip
        elif operation == SOFT_CLIP:
            score += CLIPPED
        else:
            gapped = True
            known -= 1
            if operation == INSERTION:
                for k in range(length):
                    score += MATCHED if bases[at + k] <= 3 else 0
            if known < 0:
                score -= UNSUPPORTED
        if operation == MATCH or operation == DELETION:
            position += length
        if operation != DELETION:
            at += length
    return score, gapped, count

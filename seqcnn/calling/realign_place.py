"""Which reads get another alignment, and what it is."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_choose import (
    SIMPLE,
    choose_gaps,
    clipped_ends,
    one_helps,
    settled,
    sum_losses,
)
from seqcnn.calling.realign_diagonals import (
    CLIPPED,
    Workspace,
    add_diagonal,
    fill_diagonals,
    reach_diagonals,
    score_base,
)
from seqcnn.calling.realign_gaps import LEAST, UNSUPPORTED, CandidateGaps
from seqcnn.calling.realign_paths import best_path, trace_path
from seqcnn.calling.realign_scan import MATCHED, Codes, Integers, Scan
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
        if settled(reads, i, seen, gaps, gap_rows, own, end):
            continue
        bases = reads.bases[reads.base_start[i] : reads.base_start[i + 1]]
        qualities = reads.qualities[reads.base_start[i] : reads.base_start[i + 1]]
        low = reads.start[i] - reference_start
        most = 1 << 30
        left, right = clipped_ends(reads, i)
        gapped = operations > 1 + (left > 0) + (right > 0)
        if not gapped:
            high = reads.end[i] - reference_start
            most = sum_losses(
                bases, qualities, left, right, reference[low:high], seen.substituted[low:high],
                work.losses,
            )  # fmt: skip
            low -= left
        if most <= LEAST:
            continue
        chosen = choose_gaps(reads, i, reference_start, most, gaps, gap_rows[own:end], work)
        if chosen == 0 or (chosen == end - own and not seen.gap[4, own:end].any()):
            continue
        simple = not gapped and (operations > 1 or most <= SIMPLE)
        if simple and not one_helps(
            bases, qualities, low, reference, seen.substituted, gaps, work.gaps[:chosen],
            work.losses,
        ):  # fmt: skip
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
    count = reach_diagonals(work, gaps, chosen, count, len(bases))
    left, right = clipped_ends(reads, i)
    fill_diagonals(work, count, bases, qualities, reference, seen.substituted, left, right)
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
        length = int(np.int64(reads.cigar[c] >> 4))
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

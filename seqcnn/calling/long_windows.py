"""Where long reads are looked at again: around gaps that several of them show."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_scan import LONGEST_GAP, Codes, Integers
from seqcnn.encoders.evidence import (
    farthest_right,
    hash_insertion,
    shift_deletion,
    shift_insertion,
)
from seqcnn.encoders.reads import DELETION, INSERTION, SKIP, SOFT_CLIP, Reads

FLANK = 30  # positions on either side of all placements of a gap
LONGEST_WINDOW = 500  # longer ones are left alone, so that what is done depends on what is near
MIN_READS, MIN_SHARE = 2, 0.08  # of a gap that opens a window


def likely_windows(
    reads: Reads, long: npt.NDArray[np.bool_], reference: Codes, reference_start: int
) -> tuple[Integers, Integers]:
    """First and one past the last position of each window; in order, none touches the next."""
    kind = reads.cigar & 15
    most = int(np.count_nonzero((kind == INSERTION) | (kind == DELETION)))
    table = np.empty((3, most), np.int64)
    hashes = np.empty(most, np.uint64)
    found = _gaps(reads, long, reference, reference_start, table, hashes)
    order = np.lexsort((hashes[:found], table[1, :found], table[0, :found]))
    anchor, length, right = table[:, order]
    sequence = hashes[order]
    new = np.ones(found, np.bool_)
    new[1:] = (
        (anchor[1:] != anchor[:-1]) | (length[1:] != length[:-1]) | (sequence[1:] != sequence[:-1])
    )
    head = np.flatnonzero(new)
    count = np.diff(np.append(head, found))
    depth = _depth(reads, long, anchor[head] + reference_start)
    head = head[(count >= MIN_READS) & (count >= MIN_SHARE * depth)]
    low = np.maximum(anchor[head] - FLANK, 0)
    high = np.minimum(right[head] + FLANK, len(reference))
    return _joined(low + reference_start, high + reference_start)


def _depth(reads: Reads, long: npt.NDArray[np.bool_], positions: Integers) -> Integers:
    """Long reads over each position."""
    begun = np.searchsorted(reads.start[long], positions, side="right")
    ended = np.searchsorted(np.sort(reads.end[long]), positions, side="right")
    return np.asarray(begun - ended, np.int64)


def _joined(low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """Windows that touch are one; `low` is sorted."""
    if not len(low):
        return low, high
    reach = np.maximum.accumulate(high)
    first = np.flatnonzero(np.append(True, low[1:] > reach[:-1]))
    low, high = low[first], reach[np.append(first[1:], len(reach)) - 1]
    kept = high - low <= LONGEST_WINDOW
    return low[kept], high[kept]


@njit(cache=True, nogil=True)
def _gaps(
    reads: Reads,
    long: npt.NDArray[np.bool_],
    reference: Codes,
    reference_start: int,
    table: Integers,
    sequence: npt.NDArray[np.uint64],
) -> int:
    """Write anchor and length of each gap, left-aligned, and how far right it can be placed."""
    found = 0
    for i in range(len(reads.start)):
        if not long[i]:
            continue
        position = reads.start[i] - reference_start
        query = reads.base_start[i]
        last = reads.cigar_start[i + 1] - 1
        for c in range(reads.cigar_start[i], last + 1):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            gap = operation == INSERTION or operation == DELETION
            if gap and length <= LONGEST_GAP and 1 <= position < len(reference) - length:
                signed, turn, hashed = -length, 0, np.uint64(0)
                inserted = np.empty(0, np.uint8)
                if operation == DELETION:
                    turn = shift_deletion(reference, position - 1, length)
                else:
                    seen = reads.bases[query : query + length]
                    signed, turn = length, shift_insertion(reference, position - 1, seen)
                    hashed = hash_insertion(seen, turn)
                    inserted = np.roll(seen, turn)
                table[0, found] = position - 1 - turn
                table[1, found] = signed
                table[2, found] = farthest_right(
                    reference, position - 1 - turn, signed, inserted
                ) + max(0, -signed)
                sequence[found] = hashed
                found += 1
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length
    return found

"""Realignment of long reads around their insertions and deletions.

Sequencing errors scatter the gaps of long reads over the repeats that they lie in. Wherever several
reads show one gap, the piece of every long read there is held, as if it were a short read, against
the haplotypes that such gaps make of the reference, and gets the alignment that fits best. The
rest of the read stays as it is.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.long_fit import are_long
from seqcnn.calling.long_pieces import Pieces, cut, spliced
from seqcnn.calling.realign_clips import gaps_from_clips
from seqcnn.calling.realign_diagonals import MOST_GAPS, workspace
from seqcnn.calling.realign_gaps import UNSUPPORTED, CandidateGaps, candidate_gaps
from seqcnn.calling.realign_place import place_all
from seqcnn.calling.realign_rewrite import rewrite
from seqcnn.calling.realign_scan import LONGEST_GAP, Codes, Integers, Limits, scan
from seqcnn.encoders.evidence import (
    farthest_right,
    hash_insertion,
    shift_deletion,
    shift_insertion,
)
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

FLANK = 30  # positions on either side of all placements of a gap
LONGEST_WINDOW = 300  # longer ones are left alone, so that what is done depends on what is near
MIN_READS, MIN_SHARE = 2, 0.08  # of a gap that opens a window
# Bases of repeats have low qualities in long reads just where a gap is: nearly all are evidence.
MIN_BASE_QUALITY = 3
COMMON = 0.12  # share of the reads that show a gap that others may be given
LONE, LONGER = 20, 5  # cost of another gap, and for each base beyond the first


def realign_long(reads: Reads, reference: Codes, reference_start: int) -> Reads:
    """The same reads; those that `realign` leaves alone for their length with better gaps.

    `reference` are the codes from `reference_start` on. Starts, ends and the order stay. What
    becomes of a read at a position depends on the data within 1,500 positions of it alone.
    """
    long = are_long(reads)
    if not long.any():
        return reads
    low, high = _windows(reads, long, reference, reference_start)
    if not len(low):
        return reads
    pieces = cut(reads, long, low, high)
    if not len(pieces.read):
        return reads
    placed = _placed(pieces.reads, reference, reference_start)
    return spliced(reads, pieces, placed, _better(pieces, placed))


def _windows(
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


def _placed(pieces: Reads, reference: Codes, reference_start: int) -> Reads:
    """As `realign`, with other costs of gaps."""
    longest = min(int(np.diff(pieces.base_start).max()), 2 * LONGEST_WINDOW)
    limits = Limits(
        longest_read=longest,
        longest_span=LONGEST_WINDOW,
        realigned_mapping_quality=1,
        min_mapping_quality=1,
        min_base_quality=MIN_BASE_QUALITY,
        shortest_clip=longest,
    )
    seen = scan(pieces, reference, reference_start, limits)
    gaps, gap_rows = candidate_gaps(seen, pieces, gaps_from_clips(seen, pieces, reference))
    if not len(gaps.anchor):
        return pieces
    gaps = gaps._replace(cost=_costs(gaps, seen.depth[gaps.anchor]))
    count = len(pieces.start)
    changed, start, sizes = (np.empty(count, np.int64) for _ in range(3))
    cigar = np.empty(count * (2 * MOST_GAPS + 3), np.uint32)
    size = place_all(
        pieces, reference, reference_start, seen, gaps, gap_rows,
        workspace(longest), changed, start, sizes, cigar,
    )  # fmt: skip
    return rewrite(pieces, changed[:size], start[:size], sizes[:size], cigar)


def _costs(gaps: CandidateGaps, depth: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """What a gap costs a read, in Phred: little if it is common, else by its length.

    A lone gap of one base is as likely an error of a long read as a substitution is.
    """
    common = gaps.fragments >= np.maximum(MIN_READS, COMMON * depth)
    lone = np.minimum(LONE + LONGER * (np.abs(gaps.length) - 1), UNSUPPORTED)
    return np.where(common, gaps.cost, lone).astype(np.int32)


def _better(pieces: Pieces, placed: Reads) -> Integers:
    """For each piece the row of its new alignment, or -1 where it stays.

    A new one still begins and ends with an aligned base where the piece did.
    """
    piece = placed.fragment.astype(np.int64)
    first = placed.cigar[placed.cigar_start[:-1]] & 15
    last = placed.cigar[placed.cigar_start[1:] - 1] & 15
    good = (first == MATCH) & (last == MATCH)
    good &= placed.start == pieces.reads.start[piece]
    good &= placed.end == pieces.reads.end[piece]
    row = np.full(len(piece), -1, np.int64)
    row[piece[good]] = np.flatnonzero(good)
    return row


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

"""Realignment of long reads around their insertions and deletions.

Sequencing errors scatter the gaps of long reads over the repeats that they lie in. Wherever several
reads show one gap, the piece of every long read there is held, as if it were a short read, against
the haplotypes that such gaps make of the reference, and gets the alignment that fits best. The
rest of the read stays as it is.
"""

import numpy as np
import numpy.typing as npt

from seqcnn.calling.long_fit import are_long
from seqcnn.calling.long_pieces import Pieces, cut, spliced
from seqcnn.calling.long_windows import LONGEST_WINDOW, MIN_READS, likely_windows
from seqcnn.calling.realign_clips import gaps_from_clips
from seqcnn.calling.realign_diagonals import MOST_GAPS, workspace
from seqcnn.calling.realign_gaps import UNSUPPORTED, CandidateGaps, candidate_gaps
from seqcnn.calling.realign_place import place_all
from seqcnn.calling.realign_rewrite import rewrite
from seqcnn.calling.realign_scan import Codes, Limits, scan
from seqcnn.encoders.reads import MATCH, Reads

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
    low, high = likely_windows(reads, long, reference, reference_start)
    if not len(low):
        return reads
    pieces = cut(reads, long, low, high)
    if not len(pieces.read):
        return reads
    placed = _placed(pieces.reads, reference, reference_start)
    return spliced(reads, pieces, placed, _better(pieces, placed))


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


def _better(pieces: Pieces, placed: Reads) -> npt.NDArray[np.int64]:
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

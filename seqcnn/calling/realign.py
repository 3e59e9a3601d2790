"""Realignment of short reads to local haplotypes, so that reads with the same indel agree.

Gaps that reads show (or that soft clips suggest) are candidates; reads near them that do not fit
the reference exactly are placed anew on the best of the haplotypes that the candidates make. What
becomes of a read depends on the data within `REACH` of it alone.
"""

from dataclasses import dataclass

import numpy as np

from seqcnn.calling.realign_clips import gaps_from_clips
from seqcnn.calling.realign_diagonals import MOST_GAPS, workspace
from seqcnn.calling.realign_gaps import candidate_gaps
from seqcnn.calling.realign_place import place_all
from seqcnn.calling.realign_rewrite import rewrite
from seqcnn.calling.realign_scan import Codes, Limits, scan
from seqcnn.encoders.reads import Reads

REACH = 1_500  # reads within it of a position decide what is shown there


@dataclass(frozen=True)
class RealignSettings:
    """Which reads are realigned, and which are evidence of gaps."""

    longest_read: int = 500  # bases; longer reads stay as they are
    longest_span: int = 700  # reference positions, likewise
    realigned_mapping_quality: int = 5
    min_mapping_quality: int = 10
    min_base_quality: int = 15
    shortest_clip: int = 5


def realign(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    *,
    settings: RealignSettings | None = None,
) -> Reads:
    """The same reads with the alignments that fit the local haplotypes best.

    `reference` are the codes from `reference_start` on, and cover the reads (one that goes beyond
    them is left alone). Bases, qualities and order in the file stay; starts may move, and the
    result is sorted by them. With nothing to change the arrays come back as they are.
    """
    limits = Limits(**vars(settings or RealignSettings()))
    if not len(reads.start):
        return reads
    seen = scan(reads, reference, reference_start, limits)
    clips = gaps_from_clips(seen, reads, reference)
    gaps, gap_rows = candidate_gaps(seen, reads, clips)
    if not len(gaps.anchor):
        return reads
    tried = int(np.count_nonzero(np.diff(reads.cigar_start) > 1) + np.count_nonzero(seen.loss > 0))
    changed = np.empty(tried, np.int64)
    start = np.empty(tried, np.int64)
    count = np.empty(tried, np.int64)
    cigar = np.empty(tried * (2 * MOST_GAPS + 3), np.uint32)
    size = place_all(
        reads, reference, reference_start, seen, gaps, gap_rows,
        workspace(limits.longest_read), changed, start, count, cigar,
    )  # fmt: skip
    if not size:
        return reads
    return rewrite(reads, changed[:size], start[:size], count[:size], cigar)

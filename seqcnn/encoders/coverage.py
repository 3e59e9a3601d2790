"""Coverage of a region as 1-D channels: depth, mapping quality, insert size, clips, strand.

from seqcnn.data.alignments import open_alignments
from seqcnn.encoders.coverage import CHANNELS, coverage_tracks

with open_alignments("sample.bam") as alignments:
    reads = alignments.reads("chr20", 10_000_000, 10_100_000)
tracks = coverage_tracks(reads, 10_000_000, 10_100_000, bin=100)
depth = tracks[CHANNELS.index("depth")]  # (1000,)
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, REVERSE, SKIP, SOFT_CLIP, Reads
from seqcnn.errors import InputError

CHANNELS = (
    *("depth", "mapping quality", "insert size", "clipped starts", "clipped ends"),
    *("reverse share", "mismatch share"),
)

# Sums over the bases of a position. CLIPPED_* count reads instead.
SUMS = range(8)
DEPTH, MAPPING, INSERT, PAIRED, REVERSED, CLIPPED_START, CLIPPED_END, MISMATCHED = SUMS
RUNNING = 5  # of these, the first are kept as differences from one position to the next

Codes = npt.NDArray[np.uint8]


def coverage_tracks(
    reads: Reads,
    start: int,
    end: int,
    bin: int = 1,
    *,
    reference: Codes | None = None,
    longest_insert: int = 10_000,
) -> npt.NDArray[np.float32]:
    """Tracks (6, L) over `[start, end)`, 0-based, or (7, L) with a reference, named by `CHANNELS`.

    L is the number of bins of `bin` positions; the last one may hold fewer. Reads count each, mates
    as well where they overlap; deleted, skipped and clipped positions do not count as covered.

    - depth: aligned bases, mean over the bin's positions;
    - mapping quality, insert size (absolute, in bp, of reads that have one): mean over the bases;
    - clipped starts, clipped ends: alignments that begin, or end, in the bin at a soft clip;
    - reverse share: of the bases, those of reads on the reverse strand;
    - mismatch share: of the bases, those that differ from the reference; letters other than
      A, C, G and T do not.

    Means and shares are 0 where nothing is covered.

    Args:
        reads: all that overlap the region, such as `Alignments.reads` gives.
        reference: codes (end - start,) of the region, such as `Reference.fetch` gives.
        longest_insert: insert sizes beyond it, of chimeras mostly, count as this.

    Raises:
        InputError: the region is empty, `bin` is not positive, or the reference of another length.
    """
    if end <= start or bin < 1:
        raise InputError(f"no positions in {start}-{end} with bins of {bin}; both must be positive")
    if reference is not None and len(reference) != end - start:
        raise InputError(f"the reference has {len(reference)} codes, wanted {end - start}")
    letters = np.empty(0, np.uint8) if reference is None else reference
    sums = np.zeros((len(SUMS), end - start + 1), np.int64)
    _add_reads(reads, start, end, letters, longest_insert, sums)
    sums[:RUNNING] = np.cumsum(sums[:RUNNING], axis=1)
    edges = np.arange(0, end - start, bin)
    total = np.add.reduceat(sums[:, :-1], edges, axis=1)
    covered = total[DEPTH]
    tracks = [
        covered / np.diff(edges, append=end - start),
        _share(total[MAPPING], covered),
        _share(total[INSERT], total[PAIRED]),
        total[CLIPPED_START],
        total[CLIPPED_END],
        _share(total[REVERSED], covered),
        _share(total[MISMATCHED], covered),
    ]
    return np.stack(tracks[: len(CHANNELS) - (reference is None)]).astype(np.float32)


def _share(part: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return part / np.maximum(of, 1)


@njit(cache=True, nogil=True)
def _add_reads(
    reads: Reads,
    start: int,
    end: int,
    reference: Codes,
    longest_insert: int,
    sums: npt.NDArray[np.int64],
) -> None:
    for i in range(len(reads.start)):
        first, last = reads.cigar_start[i], reads.cigar_start[i + 1] - 1
        if last < first or reads.end[i] <= start or reads.start[i] >= end:
            continue
        if reads.cigar[first] & 15 == SOFT_CLIP and reads.start[i] >= start:
            sums[CLIPPED_START, reads.start[i] - start] += 1
        if reads.cigar[last] & 15 == SOFT_CLIP and reads.end[i] <= end:
            sums[CLIPPED_END, reads.end[i] - 1 - start] += 1
        insert = abs(np.int64(reads.template_length[i]))
        if insert > longest_insert:
            insert = np.int64(longest_insert)
        reverse = np.int64((reads.flag[i] & REVERSE) != 0)
        mapping = np.int64(reads.mapping_quality[i])
        values = (np.int64(1), mapping, insert, np.int64(insert > 0), reverse)
        position = reads.start[i]
        query = reads.base_start[i]
        for c in range(first, last + 1):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            low, high = max(position, start), min(position + length, end)
            if operation == MATCH and low < high:
                for row in range(RUNNING):
                    sums[row, low - start] += values[row]
                    sums[row, high - start] -= values[row]
                for at in range(low, high if len(reference) else low):
                    base = reads.bases[query + at - position]
                    if base <= 3 and reference[at - start] <= 3 and base != reference[at - start]:
                        sums[MISMATCHED, at - start] += 1
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length

"""Compact pileup images: one row a fragment, one column a position, inserted bases visible.

Beside DeepVariant's image (`encoders/deepvariant.py`): mates share a row, so that a fragment counts
once; deleted positions are drawn in every column and inserted bases in columns of their own to the
right of the anchor; soft-clipped bases are drawn where they would lie; rows are sorted by the
allele that they support; beyond the ends of a contig the image is empty instead of missing.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.observations import SECOND, Observations
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, REVERSE, SKIP, SOFT_CLIP, Reads

CHANNELS = (
    *("read base", "base quality", "mapping quality", "strand", "allele", "difference"),
    "reference base",
)
BASE, QUALITY, MAPPING, STRAND, ALLELE, DIFFERENCE, REFERENCE = range(len(CHANNELS))
MOST_INSERTED = 12  # columns for inserted bases

# Values of pixels. Those of bases and strands are DeepVariant's.
BASES = np.array([250, 30, 180, 100, 0], np.uint8)  # A C G T, anything else
FORWARD, BACKWARD = 70, 240
SHOWN, SHOWN_SECOND, OF_REFERENCE, OF_OTHER, NOT_KNOWN = 254, 190, 110, 60, 25
SAME, CLIPPED, DELETED, INSERTED, INSERTED_ELSEWHERE, MISMATCH = 50, 100, 150, 200, 225, 254

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


def draw_pileups(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    positions: Integers,
    observations: Observations,
    site: Integers,
    values: Codes,
    inserted: Integers,
    *,
    rows: int,
    columns: int,
) -> npt.NDArray[np.uint8]:
    """Images (n, rows, columns, 7) of sites; the anchor lies in column `columns // 2`.

    Where more fragments than `rows` cover a site, those are drawn whose names have the smallest
    hashes, which is a fair sample and the same in every run.

    Args:
        reads: the reads that `observations` speak of.
        reference: codes from `reference_start` on.
        positions: (S,) 0-based anchors of the sites.
        site: (n,) the site of each image.
        values: (n, A + 1) what channel "allele" shows for reads of the reference and of each
            alternative allele; other reads get `OF_OTHER`, undecided ones `NOT_KNOWN`.
        inserted: (n,) columns for inserted bases, at most `MOST_INSERTED`.
    """
    images = np.zeros((len(site), rows, columns, len(CHANNELS)), np.uint8)
    _draw_all(
        reads, reference, reference_start, positions, observations, site, values, inserted, images
    )
    return images


@njit(cache=True, nogil=True)
def _draw_all(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    positions: Integers,
    observations: Observations,
    site: Integers,
    values: Codes,
    inserted: Integers,
    images: npt.NDArray[np.uint8],
) -> None:
    for n in range(len(site)):
        s = site[n]
        first = observations.first[s]
        chosen = _choose_rows(reads, observations, s, values[n], images.shape[1])
        for row in range(len(chosen)):
            o = chosen[row]
            value = _value(observations.counted[o], values[n])
            _draw_row(
                reads, reference, reference_start, positions[s], observations, o, value,
                inserted[n], images[n, row],
            )  # fmt: skip
            fragment = reads.fragment[observations.read[o]]
            for mate in range(first, observations.first[s + 1]):
                if observations.counted[mate] != SECOND:
                    continue
                if reads.fragment[observations.read[mate]] == fragment:
                    _draw_row(
                        reads, reference, reference_start, positions[s], observations, mate, value,
                        inserted[n], images[n, row],
                    )  # fmt: skip
        _draw_reference(
            reference, reference_start, positions[s], inserted[n], len(chosen), images[n]
        )


@njit(cache=True, nogil=True)
def _value(counted: int, values: Codes) -> int | np.int64:
    if counted < 0:
        return NOT_KNOWN
    return np.int64(values[counted]) if counted < len(values) else OF_OTHER


@njit(cache=True, nogil=True)
def _choose_rows(
    reads: Reads, observations: Observations, site: int, values: Codes, rows: int
) -> Integers:
    """Observations to draw, by the value of their allele and then in the order of the reads."""
    first = observations.first[site]
    size = observations.first[site + 1] - first
    kept = np.empty(size, np.int64)
    informative = 0
    n = 0
    for o in range(first, first + size):
        if observations.counted[o] >= 0:
            kept[n] = o
            n += 1
    informative = n
    for o in range(first, first + size):
        if observations.counted[o] < 0 and observations.counted[o] != SECOND:
            kept[n] = o
            n += 1
    kept = kept[:n]
    if informative > rows:
        kept = _sample(reads, observations, kept[:informative], rows)
    elif n > rows:
        kept = kept[:rows]
    keys = np.empty(len(kept), np.int64)
    for k in range(len(kept)):
        keys[k] = -_value(observations.counted[kept[k]], values)
    return kept[np.argsort(keys, kind="mergesort")]


@njit(cache=True, nogil=True)
def _sample(reads: Reads, observations: Observations, kept: Integers, rows: int) -> Integers:
    keys = np.empty(len(kept), np.uint64)
    for k in range(len(kept)):
        # Names of one run begin alike: the last bits of their hash are mixed into all.
        key = reads.fragment[observations.read[kept[k]]]
        key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        keys[k] = key ^ (key >> np.uint64(33))
    order = np.argsort(keys, kind="mergesort")[:rows]
    return kept[np.sort(order)]


@njit(cache=True, nogil=True)
def _draw_row(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    anchor: int,
    observations: Observations,
    o: int,
    value: int,
    inserted: int,
    row: npt.NDArray[np.uint8],
) -> None:
    """Draw a read where the row is empty still."""
    i = observations.read[o]
    columns = row.shape[0]
    centre = columns // 2
    c = observations.operation[o]
    position = anchor - observations.offset[o]
    query = observations.query[o]
    if reads.cigar[c] & 15 == MATCH:
        query -= observations.offset[o]
    # Back to the operation over the left edge.
    while c > reads.cigar_start[i] and position > anchor - centre:
        c -= 1
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation != INSERTION and operation != SOFT_CLIP:
            position -= length
        if operation != DELETION and operation != SKIP:
            query -= length
    mapping = np.uint8(254 * np.minimum(np.int64(reads.mapping_quality[i]), 60) // 60)
    strand = BACKWARD if reads.flag[i] & REVERSE else FORWARD
    begin = c
    while c < reads.cigar_start[i + 1] and position <= anchor + columns:
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        at = position
        if operation == SOFT_CLIP and c == reads.cigar_start[i]:
            at = position - length
        if operation == MATCH or operation == DELETION or operation == SOFT_CLIP:
            low = max(0, anchor - centre - at)
            high = min(length, anchor + columns - at)
            for k in range(low, high):
                column = at + k - anchor + centre
                if at + k > anchor:
                    column += inserted
                if column >= columns:
                    break
                if row[column, MAPPING] or row[column, DIFFERENCE]:
                    continue
                there = at + k - reference_start
                known = 0 <= there < len(reference)
                if operation == DELETION:
                    q = min(query, reads.base_start[i + 1] - 1)
                    row[column, DIFFERENCE] = DELETED
                else:
                    q = query + k
                    base = reads.bases[q]
                    row[column, BASE] = BASES[min(base, 4)]
                    if operation == SOFT_CLIP:
                        row[column, DIFFERENCE] = CLIPPED
                    elif known and reference[there] == base:
                        row[column, DIFFERENCE] = SAME
                    else:
                        row[column, DIFFERENCE] = MISMATCH
                _finish_pixel(row, column, np.int64(reads.qualities[q]), mapping, strand, value)
            if inserted and operation == MATCH and at <= anchor < at + length:
                # Room for the bases that other reads have inserted here.
                for column in range(centre + 1, min(centre + 1 + inserted, columns)):
                    if row[column, DIFFERENCE] == 0 and anchor + 1 < reads.end[i]:
                        _finish_pixel(row, column, 0, mapping, strand, value)
        elif operation == INSERTION and c > begin:
            column = position - 1 - anchor + centre
            if position - 1 == anchor and inserted:
                for k in range(min(length, inserted, columns - centre - 1)):
                    column = centre + 1 + k
                    row[column, BASE] = BASES[min(reads.bases[query + k], 4)]
                    row[column, DIFFERENCE] = INSERTED
                    _finish_pixel(
                        row, column, np.int64(reads.qualities[query + k]), mapping, strand, value
                    )
            else:
                if position - 1 > anchor:
                    column += inserted
                if 0 <= column < columns:
                    row[column, DIFFERENCE] = INSERTED_ELSEWHERE
        if operation != INSERTION and operation != SOFT_CLIP:
            position += length
        if operation != DELETION and operation != SKIP:
            query += length
        c += 1


@njit(cache=True, nogil=True)
def _finish_pixel(
    row: npt.NDArray[np.uint8], column: int, quality: int, mapping: int, strand: int, value: int
) -> None:
    row[column, QUALITY] = 254 * np.minimum(np.int64(quality), 40) // 40
    row[column, MAPPING] = mapping
    row[column, STRAND] = strand
    row[column, ALLELE] = value


@njit(cache=True, nogil=True)
def _draw_reference(
    reference: Codes,
    reference_start: int,
    anchor: int,
    inserted: int,
    rows: int,
    image: npt.NDArray[np.uint8],
) -> None:
    columns = image.shape[1]
    centre = columns // 2
    for column in range(columns):
        there = anchor + column - centre - reference_start
        if column > centre:
            if column <= centre + inserted:
                continue
            there -= inserted
        if 0 <= there < len(reference):
            value = BASES[min(reference[there], 4)]
            for row in range(rows):
                image[row, column, REFERENCE] = value

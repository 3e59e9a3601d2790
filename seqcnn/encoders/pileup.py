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
from seqcnn.encoders.pileup_choice import (
    NOT_KNOWN,
    OF_OTHER,
    OF_REFERENCE,
    SHOWN,
    SHOWN_SECOND,
    choose_rows,
    value_of,
)
from seqcnn.encoders.pileup_rows import (
    ALLELE,
    BACKWARD,
    BASE,
    BASES,
    CHANNELS,
    CLIPPED,
    DELETED,
    DIFFERENCE,
    FORWARD,
    INSERTED,
    INSERTED_ELSEWHERE,
    MAPPING,
    MISMATCH,
    QUALITY,
    REFERENCE,
    SAME,
    STRAND,
)
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, REVERSE, SKIP, SOFT_CLIP, Reads

__all__ = [
    "CHANNELS",
    "MOST_INSERTED",
    "NOT_KNOWN",
    "OF_OTHER",
    "OF_REFERENCE",
    "SHOWN",
    "SHOWN_SECOND",
    "draw_pileups",
]

MOST_INSERTED = 12  # columns for inserted bases

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Paint = tuple[int, int, int]  # values of a read's channels MAPPING, STRAND and ALLELE


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
        chosen = choose_rows(reads, observations, s, values[n], images.shape[1])
        for row in range(len(chosen)):
            o = chosen[row]
            value = value_of(observations.counted[o], values[n])
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
    # Helpers get arrays, not all of `reads`: each array handed on costs time.
    cigar, bases, qualities = reads.cigar, reads.bases, reads.qualities
    offset = observations.offset[o]
    query = observations.query[o]
    if cigar[observations.operation[o]] & 15 == MATCH:
        query -= offset
    begin, position, query = _at_left_edge(
        cigar, reads.cigar_start[i], observations.operation[o], anchor - offset, query,
        anchor - centre,
    )  # fmt: skip
    mapping = 254 * int(min(reads.mapping_quality[i], 60)) // 60
    strand = BACKWARD if reads.flag[i] & REVERSE else FORWARD
    paint = (np.int64(mapping), np.int64(strand), np.int64(value))
    for c in range(begin, reads.cigar_start[i + 1]):
        if position > anchor + columns:
            break
        operation = cigar[c] & 15
        length = np.int64(cigar[c] >> 4)
        if operation == INSERTION:
            if c > begin:
                behind = position - 1 - anchor
                _draw_insertion(bases, qualities, query, length, behind, inserted, paint, row)
        elif operation != SKIP:
            at = position
            if operation == SOFT_CLIP and c == reads.cigar_start[i]:
                at -= length
            first = min(query, reads.base_start[i + 1] - 1)
            _draw_stretch(
                bases, qualities, operation, length, at, first, reference, reference_start, anchor,
                inserted, paint, row,
            )  # fmt: skip
            if operation == MATCH and at <= anchor < at + length and anchor + 1 < reads.end[i]:
                # Room for the bases that other reads have inserted here.
                for column in range(centre + 1, min(centre + 1 + inserted, columns)):
                    if row[column, DIFFERENCE] == 0:
                        _finish_pixel(row, column, 0, paint)
        if operation != INSERTION and operation != SOFT_CLIP:
            position += length
        if operation != DELETION and operation != SKIP:
            query += length


@njit(cache=True, nogil=True)
def _at_left_edge(
    cigar: npt.NDArray[np.uint32],
    first: int,
    c: int,
    position: np.int64,
    query: np.int64,
    edge: int,
) -> tuple[int, np.int64, np.int64]:
    """Back from operation `c` to the one over the edge, or to the read's first.

    Returns it, with its position and its first base; given are those of `c`.
    """
    while c > first and position > edge:
        c -= 1
        operation = cigar[c] & 15
        length = np.int64(cigar[c] >> 4)
        if operation != INSERTION and operation != SOFT_CLIP:
            position -= length
        if operation != DELETION and operation != SKIP:
            query -= length
    return c, position, query


@njit(cache=True, nogil=True)
def _draw_stretch(
    bases: Codes,
    qualities: Codes,
    operation: int,
    length: int,
    at: int,
    query: int,
    reference: Codes,
    reference_start: int,
    anchor: int,
    inserted: int,
    paint: Paint,
    row: npt.NDArray[np.uint8],
) -> None:
    """Draw aligned, deleted or soft-clipped positions from `at` on."""
    columns = row.shape[0]
    centre = columns // 2
    for k in range(max(0, anchor - centre - at), min(length, anchor + columns - at)):
        column = at + k - anchor + centre
        if at + k > anchor:
            column += inserted
        if column >= columns:
            break
        if row[column, MAPPING] or row[column, DIFFERENCE]:
            continue
        q = query
        there = at + k - reference_start
        if operation == DELETION:
            row[column, DIFFERENCE] = DELETED
        else:
            q += k
            base = bases[q]
            row[column, BASE] = BASES[min(base, 4)]
            if operation == SOFT_CLIP:
                row[column, DIFFERENCE] = CLIPPED
            elif 0 <= there < len(reference) and reference[there] == base:
                row[column, DIFFERENCE] = SAME
            else:
                row[column, DIFFERENCE] = MISMATCH
        _finish_pixel(row, column, qualities[q], paint)


@njit(cache=True, nogil=True)
def _draw_insertion(
    bases: Codes,
    qualities: Codes,
    query: int,
    length: int,
    behind: int,
    inserted: int,
    paint: Paint,
    row: npt.NDArray[np.uint8],
) -> None:
    """Draw inserted bases; `behind` is where the base before them lies, counted from the anchor."""
    columns = row.shape[0]
    centre = columns // 2
    if behind == 0 and inserted:
        for k in range(min(length, inserted, columns - centre - 1)):
            column = centre + 1 + k
            if row[column, DIFFERENCE] == 0:
                row[column, BASE] = BASES[min(bases[query + k], 4)]
                row[column, DIFFERENCE] = INSERTED
                _finish_pixel(row, column, qualities[query + k], paint)
        return
    column = centre + behind
    if behind > 0:
        column += inserted
    if 0 <= column < columns:
        row[column, DIFFERENCE] = INSERTED_ELSEWHERE


@njit(cache=True, nogil=True)
def _finish_pixel(row: npt.NDArray[np.uint8], column: int, quality: int, paint: Paint) -> None:
    row[column, QUALITY] = 254 * np.minimum(np.int64(quality), 40) // 40
    row[column, MAPPING] = paint[0]
    row[column, STRAND] = paint[1]
    row[column, ALLELE] = paint[2]


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

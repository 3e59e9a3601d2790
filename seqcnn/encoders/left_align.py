"""Insertions and deletions of reads moved as far left as their alignment stays as good."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import (
    DELETION,
    INSERTION,
    MATCH,
    SAME_BASE,
    SKIP,
    SOFT_CLIP,
    Reads,
)

FARTHEST = 500  # positions; a bound, so that what is done at a place depends on what is near it


def left_align(reads: Reads, reference: npt.NDArray[np.uint8], reference_start: int) -> Reads:
    """The same reads with left-aligned gaps; starts, ends and the order do not change.

    A gap moves only inside the aligned block before it, of which one base stays. `reference` are
    the codes from `reference_start` on; beyond them nothing moves.
    """
    cigar = reads.cigar.copy()
    _left_align(reads, cigar, reference, reference_start)
    return reads._replace(cigar=cigar)


def write_same_bases(reads: Reads, reference: npt.NDArray[np.uint8], reference_start: int) -> Reads:
    """The same reads with the reference's bases where SEQ says "="."""
    if not (reads.bases == SAME_BASE).any():
        return reads
    bases = reads.bases.copy()
    _write_same_bases(reads, bases, reference, reference_start)
    return reads._replace(bases=bases)


@njit(cache=True, nogil=True)
def _left_align(
    reads: Reads,
    cigar: npt.NDArray[np.uint32],
    reference: npt.NDArray[np.uint8],
    reference_start: int,
) -> None:
    for i in range(len(reads.start)):
        first = reads.cigar_start[i]
        last = reads.cigar_start[i + 1]
        if last - first < 3:
            continue
        position = reads.start[i] - reference_start
        query = reads.base_start[i]
        for c in range(first, last):
            operation = cigar[c] & 15
            length = np.int64(cigar[c] >> 4)
            if (operation == INSERTION or operation == DELETION) and first < c < last - 1:
                moved = _shift(reads, cigar, c, position, query, reference)
                position -= moved
                query -= moved
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length


@njit(cache=True, nogil=True)
def _shift(
    reads: Reads,
    cigar: npt.NDArray[np.uint32],
    c: int,
    position: int,
    query: int,
    reference: npt.NDArray[np.uint8],
) -> int:
    """Move the gap of operation c left; returns by how much.

    `position` is the index in `reference` of what follows the block before the gap, `query` that
    in the bases.
    """
    before = cigar[c - 1]
    after = cigar[c + 1]
    if before & 15 != MATCH or after & 15 != MATCH:
        return 0
    length = np.int64(cigar[c] >> 4)
    most = np.minimum(np.int64(before >> 4) - 1, FARTHEST)
    moved = 0
    while moved < most:
        anchor = position - 1 - moved
        if anchor < 0 or anchor >= len(reference) or reference[anchor] > 3:
            break
        if cigar[c] & 15 == DELETION:
            if anchor + length >= len(reference) or reference[anchor] != reference[anchor + length]:
                break
        elif reads.bases[query - 1 - moved + length] != reference[anchor]:
            break
        moved += 1
    cigar[c - 1] = np.uint32(before - (moved << 4))
    cigar[c + 1] = np.uint32(after + (moved << 4))
    return moved


@njit(cache=True, nogil=True)
def _write_same_bases(
    reads: Reads,
    bases: npt.NDArray[np.uint8],
    reference: npt.NDArray[np.uint8],
    reference_start: int,
) -> None:
    for i in range(len(reads.start)):
        position = reads.start[i] - reference_start
        query = reads.base_start[i]
        for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            for k in range(length if operation == MATCH else 0):
                if bases[query + k] == SAME_BASE and 0 <= position + k < len(reference):
                    bases[query + k] = min(reference[position + k], 4)
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length

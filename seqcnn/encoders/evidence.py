"""Where reads differ from the reference: depth, mismatches and gaps of every position."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.left_align import FARTHEST
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

# Gaps beyond this are no alleles; with `FARTHEST` it bounds how far a gap's evidence reaches.
LONGEST = 500

Codes = npt.NDArray[np.uint8]


class Gaps(NamedTuple):
    """Insertions (length over 0) and deletions (under 0) in reads, left-aligned on the reference.

    Sorted by position, length, sequence and read.
    """

    position: npt.NDArray[np.int64]  # (G,) of the base before the gap
    length: npt.NDArray[np.int64]  # (G,) bases more than the reference
    sequence: npt.NDArray[np.uint64]  # (G,) hash of the inserted bases; 0 for deletions
    read: npt.NDArray[np.int64]  # (G,) index into the reads
    query: npt.NDArray[np.int64]  # (G,) index of the first inserted base, before the move
    turn: npt.NDArray[np.int64]  # (G,) the move: inserted base j is that of (j - turn) mod length


class Evidence(NamedTuple):
    """What reads show of the positions from `start` on; mates are not yet told apart."""

    start: int
    depth: npt.NDArray[np.int32]  # (L,) bases of sufficient quality
    mismatches: npt.NDArray[np.int32]  # (4, L) of these, by base
    gaps: Gaps


def collect_evidence(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    *,
    min_mapping_quality: int,
    min_base_quality: int,
) -> Evidence:
    """Count over the positions that `reference` covers.

    A read counts with a mapping quality of `min_mapping_quality`, a base, or an insertion by the
    mean of its bases, with `min_base_quality`. Gaps at the ends of an alignment, of more than
    `LONGEST` bases, or over letters other than A, C, G and T do not.
    """
    depth = np.zeros(len(reference) + 1, np.int32)
    mismatches = np.zeros((4, len(reference)), np.int32)
    operation = reads.cigar & 15
    most = int(np.count_nonzero((operation == INSERTION) | (operation == DELETION)))
    table = np.empty((5, most), np.int64)
    sequence = np.empty(most, np.uint64)
    found = _collect(
        reads,
        reference,
        reference_start,
        min_mapping_quality,
        min_base_quality,
        depth,
        mismatches,
        table,
        sequence,
    )
    position, length, read, query, turn = table[:, :found]
    sequence = sequence[:found]
    order = np.lexsort((read, sequence, length, position))
    gaps = Gaps(
        position[order], length[order], sequence[order], read[order], query[order], turn[order]
    )
    return Evidence(reference_start, depth[:-1], mismatches, gaps)


@njit(cache=True, nogil=True)
def _collect(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    min_mapping_quality: int,
    min_base_quality: int,
    depth: npt.NDArray[np.int32],
    mismatches: npt.NDArray[np.int32],
    gaps: npt.NDArray[np.int64],
    sequence: npt.NDArray[np.uint64],
) -> int:
    """Fill the arrays; returns the number of gaps."""
    found = 0
    for i in range(len(reads.start)):
        if reads.mapping_quality[i] < min_mapping_quality:
            continue
        position = reads.start[i] - reference_start
        query = reads.base_start[i]
        last = reads.cigar_start[i + 1] - 1
        for c in range(reads.cigar_start[i], last + 1):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            if operation == MATCH:
                _count_bases(
                    reads, reference, position, query, length, min_base_quality, depth, mismatches
                )
            elif (operation == INSERTION or operation == DELETION) and (
                reads.cigar_start[i] < c < last
                and reads.cigar[c - 1] & 15 != SOFT_CLIP
                and reads.cigar[c + 1] & 15 != SOFT_CLIP
            ):
                signed = length if operation == INSERTION else -length
                turn, hashed = _placed(reads, reference, position, query, signed, min_base_quality)
                if turn >= 0:
                    gaps[0, found] = position - 1 - turn + reference_start
                    gaps[1, found] = signed
                    gaps[2, found] = i
                    gaps[3, found] = query
                    gaps[4, found] = turn
                    sequence[found] = hashed
                    found += 1
            if operation != INSERTION and operation != SOFT_CLIP:
                position += length
            if operation != DELETION and operation != SKIP:
                query += length
    running = 0
    for k in range(len(reference)):
        running += depth[k]
        depth[k] = running
    return found


@njit(cache=True, nogil=True)
def _count_bases(
    reads: Reads,
    reference: Codes,
    position: int,
    query: int,
    length: int,
    min_base_quality: int,
    depth: npt.NDArray[np.int32],
    mismatches: npt.NDArray[np.int32],
) -> None:
    """Count an aligned block; `depth` holds differences from one position to the next."""
    low = max(0, -position)
    high = min(length, len(reference) - position)
    if high > low:
        depth[position + low] += 1
        depth[position + high] -= 1
    for k in range(low, high):
        base = reads.bases[query + k]
        if reads.qualities[query + k] < min_base_quality or base > 3:
            depth[position + k] -= 1
            depth[position + k + 1] += 1
        elif base != reference[position + k]:
            mismatches[base, position + k] += 1


@njit(cache=True, nogil=True)
def _placed(
    reads: Reads,
    reference: Codes,
    position: int,
    query: int,
    length: int,
    min_base_quality: int,
) -> tuple[int, np.uint64]:
    """How far left the gap before `position` goes, -1 where it does not count, and its hash."""
    none = np.uint64(0)
    if position < 1 or position - min(length, -1) > len(reference) or abs(length) > LONGEST:
        return -1, none
    if length < 0:
        for k in range(position, position - length):
            if reference[k] > 3:
                return -1, none
        return shift_deletion(reference, position - 1, -length), none
    inserted = reads.bases[query : query + length]
    total = 0
    for k in range(length):
        if inserted[k] > 3:
            return -1, none
        total += reads.qualities[query + k]
    if total < min_base_quality * length:
        return -1, none
    turn = shift_insertion(reference, position - 1, inserted)
    return turn, hash_insertion(inserted, turn)


@njit(cache=True, nogil=True)
def shift_deletion(reference: Codes, anchor: int, length: int) -> int:
    """How far left a deletion of `length` bases after index `anchor` can be placed."""
    moved = 0
    if anchor + length >= len(reference):
        return 0
    while moved < FARTHEST and anchor - moved >= 1:
        base = reference[anchor - moved]
        if base > 3 or base != reference[anchor - moved + length]:
            break
        moved += 1
    return moved


@njit(cache=True, nogil=True)
def shift_insertion(reference: Codes, anchor: int, inserted: Codes) -> int:
    """How far left an insertion after index `anchor` can be placed."""
    moved = 0
    length = len(inserted)
    while moved < FARTHEST and anchor - moved >= 1:
        base = reference[anchor - moved]
        if base > 3 or base != inserted[(length - 1 - moved) % length]:
            break
        moved += 1
    return moved


@njit(cache=True, nogil=True)
def hash_insertion(inserted: Codes, turn: int) -> np.uint64:
    """Hash of the inserted bases as they stand after a move by `turn`; never 0."""
    hashed = np.uint64(0xCBF29CE484222325)
    length = len(inserted)
    for j in range(length):
        base = inserted[(j - turn) % length]
        hashed = (hashed ^ np.uint64(base + 1)) * np.uint64(0x100000001B3)
    return hashed | np.uint64(1)


@njit(cache=True, nogil=True)
def farthest_right(reference: Codes, anchor: int, length: int, inserted: Codes) -> int:
    """The first index at which a haplotype with this gap differs from the reference.

    A read that ends before it cannot tell the two apart. `inserted` is empty for deletions
    (`length` under 0).
    """
    m = 0
    while anchor + 1 + m < len(reference) and m < FARTHEST:
        base = reference[anchor + 1 + m]
        if length > 0:
            other = inserted[m] if m < length else reference[anchor + 1 + m - length]
        else:
            if anchor + 1 + m - length >= len(reference):
                break
            other = reference[anchor + 1 + m - length]
        if base > 3 or base != other:
            break
        m += 1
    return anchor + 1 + m

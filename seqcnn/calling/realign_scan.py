"""What the alignments as they stand show: disagreements, gaps, soft clips and likely substitutions.

This is the one pass of realignment over all bases, so exact blocks are compared in bulk.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.evidence import hash_insertion, shift_deletion, shift_insertion
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

MATCHED = 7  # score of a matching base; a mismatch costs its quality, in the same (Phred) units
MISMATCH_MOST, MISMATCH_LEAST = 35, 4
SUBSTITUTED = 4  # score of a mismatch that many reads show away from their ends
LONGEST_GAP = 200  # of a deletion, and the farthest that soft clips are looked for
NOT_A_BASE = -10  # score against an N, so that no read grows over the end of a contig

Codes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


class Limits(NamedTuple):
    """Which reads are realigned, and which of them are evidence; see `RealignSettings`."""

    longest_read: int
    longest_span: int
    realigned_mapping_quality: int
    min_mapping_quality: int
    min_base_quality: int
    shortest_clip: int


class Scan(NamedTuple):
    """Indices of positions are those in the reference's array."""

    loss: npt.NDArray[np.int32]  # (N,) that mismatches cost; -1: the read is left alone
    substituted: Codes  # (L,) bit b: base b is a likely substitution here
    depth: npt.NDArray[np.int32]  # (L,) reads that are evidence
    gap: Integers  # (5, G) anchor, length (deletions under 0), read, first inserted base, turn
    gap_sequence: npt.NDArray[np.uint64]  # (G,) hash of the inserted bases, 0 for deletions
    clip: Integers  # (4, C) first position beyond the aligned bases' edge, side, read, bases


def scan(reads: Reads, reference: Codes, reference_start: int, limits: Limits) -> Scan:
    """Walk over all reads; gaps come left-aligned, in the order of the reads."""
    operation = reads.cigar & 15
    gaps = int(np.count_nonzero((operation == INSERTION) | (operation == DELETION)))
    clips = int(np.count_nonzero(operation == SOFT_CLIP))
    loss = np.empty(len(reads.start), np.int32)
    inner = np.zeros((len(reference), 4), np.uint16)
    depth = np.zeros(len(reference) + 1, np.int32)
    gap, clip = np.empty((5, gaps), np.int64), np.empty((4, clips), np.int64)
    sequence = np.empty(gaps, np.uint64)
    substituted = np.zeros(len(reference), np.uint8)
    gaps, clips = _scan(
        reads, reference, reference_start, limits, loss, inner, depth, gap, sequence, clip
    )
    _likely(inner, depth, substituted)
    return Scan(loss, substituted, depth[:-1], gap[:, :gaps], sequence[:gaps], clip[:, :clips])


@njit(cache=True, nogil=True)
def _scan(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    limits: Limits,
    loss: npt.NDArray[np.int32],
    inner: npt.NDArray[np.uint16],
    depth: npt.NDArray[np.int32],
    gap: Integers,
    sequence: npt.NDArray[np.uint64],
    clip: Integers,
) -> tuple[int, int]:
    gaps = 0
    clips = 0
    size = len(reference)
    for i in range(len(reads.start)):
        first, last = reads.cigar_start[i], reads.cigar_start[i + 1]
        low = reads.start[i] - reference_start
        high = reads.end[i] - reference_start
        bases = reads.base_start[i + 1] - reads.base_start[i]
        loss[i] = -1
        if (
            bases > limits.longest_read
            or high - low > limits.longest_span
            or low < 0
            or high > size
            or reads.mapping_quality[i] < limits.realigned_mapping_quality
        ):
            continue
        evident = reads.mapping_quality[i] >= limits.min_mapping_quality
        lost = 0
        spliced = False
        before = gaps, clips
        position = low
        query = reads.base_start[i]
        edge = min(20, bases // 5)
        for c in range(first, last):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            if operation == MATCH:
                ours = reads.bases[query : query + length]
                theirs = reference[position : position + length]
                if _different(ours, theirs):
                    lost += _mismatches(
                        reads, reference, query, position, length, low + edge, high - edge,
                        evident, limits.min_base_quality, inner,
                    )  # fmt: skip
                position += length
                query += length
            elif operation == SOFT_CLIP:
                if evident and length >= limits.shortest_clip:
                    clip[0, clips] = position
                    clip[1, clips] = 0 if c == first else 1
                    clip[2, clips] = i
                    clip[3, clips] = length
                    clips += 1
                query += length
            elif operation == INSERTION or operation == DELETION:
                if evident and first < c < last - 1 and position > 0 and length <= LONGEST_GAP:
                    gaps += _note_gap(
                        reads, reference, i, c, position, query, limits.min_base_quality,
                        gaps, gap, sequence,
                    )  # fmt: skip
                if operation == INSERTION:
                    query += length
                else:
                    position += length
            elif operation == SKIP:
                spliced = True
                break
        if spliced:
            gaps, clips = before
            continue
        loss[i] = lost
        if evident:
            depth[low] += 1
            depth[high] -= 1
    running = 0
    for k in range(size):
        running += depth[k]
        depth[k] = running
    return gaps, clips


@njit(cache=True, nogil=True)
def _different(ours: Codes, theirs: Codes) -> int:
    """The number of places at which two arrays of one length differ; compiles to wide compares."""
    n = 0
    for k in range(len(ours)):
        n += ours[k] != theirs[k]
    return n


@njit(cache=True, nogil=True)
def _mismatches(
    reads: Reads,
    reference: Codes,
    query: int,
    position: int,
    length: int,
    low: int,
    high: int,
    evident: bool,
    min_base_quality: int,
    inner: npt.NDArray[np.uint16],
) -> int:
    """What the mismatches of a block cost; those in [low, high) are counted as substitutions."""
    lost = 0
    for k in range(length):
        base = reads.bases[query + k]
        there = position + k
        if base == reference[there] or base > 3 or reference[there] > 3:
            continue
        quality = reads.qualities[query + k]
        lost += MATCHED + min(max(quality, MISMATCH_LEAST), MISMATCH_MOST)
        if evident and quality >= min_base_quality and low <= there < high:
            if inner[there, base] < 65535:
                inner[there, base] += 1
    return lost


@njit(cache=True, nogil=True)
def _note_gap(
    reads: Reads,
    reference: Codes,
    i: int,
    c: int,
    position: int,
    query: int,
    min_base_quality: int,
    row: int,
    gap: Integers,
    sequence: npt.NDArray[np.uint64],
) -> int:
    """Write the left-aligned gap of operation c to `row`; returns 0 if it is no evidence."""
    length = np.int64(reads.cigar[c] >> 4)
    hashed = np.uint64(0)
    if reads.cigar[c] & 15 == DELETION:
        turn = shift_deletion(reference, position - 1, length)
        length = -length
    else:
        inserted = reads.bases[query : query + length]
        total = 0
        for k in range(length):
            total += reads.qualities[query + k]
            if inserted[k] > 3:
                return 0
        if total < min_base_quality * length:
            return 0
        turn = shift_insertion(reference, position - 1, inserted)
        hashed = hash_insertion(inserted, turn)
    gap[0, row] = position - 1 - turn
    gap[1, row] = length
    gap[2, row] = i
    gap[3, row] = query
    gap[4, row] = turn
    sequence[row] = hashed
    return 1


@njit(cache=True, nogil=True)
def _likely(
    inner: npt.NDArray[np.uint16], depth: npt.NDArray[np.int32], substituted: Codes
) -> None:
    """Substitutions: bases that two reads and 12 % show away from their ends."""
    for k in range(len(substituted)):
        for base in range(4):
            n = inner[k, base]
            if n >= 2 and 100 * n >= 12 * depth[k]:
                substituted[k] |= 1 << base

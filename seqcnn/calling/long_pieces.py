"""Pieces of long reads, as short reads of their own, and the way back."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_scan import Integers
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

FIELDS = 8  # of a piece: window, read, first base and one past the last, `begin`, `end`


class Pieces(NamedTuple):
    """P pieces, one a window and long read over all of it; sorted by window."""

    reads: Reads  # (P,) the pieces; `fragment` is the number of the piece
    read: Integers  # (P,) the long read of each
    begin: Integers  # (P, 2) operation over the first position, and the offset within it
    end: Integers  # (P, 2) operation over the last position, and the offset behind it


def cut(reads: Reads, long: npt.NDArray[np.bool_], low: Integers, high: Integers) -> Pieces:
    """The pieces of `long` reads in the windows `[low, high)`, sorted and apart.

    Left out are those that do not begin and end with an aligned base.
    """
    count = _cut(reads, long, low, high, np.empty((0, FIELDS), np.int64))
    row = np.empty((count, FIELDS), np.int64)
    _cut(reads, long, low, high, row)
    row = row[np.argsort(row[:, 0], kind="stable")]
    window, read = row[:, 0], row[:, 1]
    base_start = np.concatenate(([0], np.cumsum(row[:, 3] - row[:, 2]))).astype(np.int64)
    cigar_start = np.concatenate(([0], np.cumsum(row[:, 6] - row[:, 4] + 1))).astype(np.int64)
    bases, qualities = (np.empty(base_start[-1], np.uint8) for _ in range(2))
    cigar = np.empty(cigar_start[-1], np.uint32)
    _fill(reads, row, base_start, cigar_start, bases, qualities, cigar)
    short = Reads(
        start=low[window],
        end=high[window],
        flag=reads.flag[read],
        mapping_quality=reads.mapping_quality[read],
        template_length=np.zeros(count, np.int32),
        fragment=np.arange(count).astype(np.uint64),
        haplotype=reads.haplotype[read],
        base_start=base_start,
        bases=bases,
        qualities=qualities,
        cigar_start=cigar_start,
        cigar=cigar,
    )
    return Pieces(short, read, row[:, 4:6], row[:, 6:8])


def spliced(reads: Reads, pieces: Pieces, placed: Reads, row: Integers) -> Reads:
    """`reads` with the operations of row `row[p]` of `placed` in place of piece p's, if not -1."""
    order = np.argsort(pieces.read, kind="stable")
    order = order[row[order] >= 0]
    sizes = np.diff(placed.cigar_start)[row[order]]
    # A piece cuts one operation in two at most at either end.
    cigar = np.empty(len(reads.cigar) + int(sizes.sum()) + 2 * len(order), np.uint32)
    cigar_start = np.zeros(len(reads.start) + 1, np.int64)
    size = _splice(reads, pieces, placed, row, order, cigar_start, cigar)
    return reads._replace(cigar_start=cigar_start, cigar=cigar[:size].copy())


@njit(cache=True, nogil=True)
def _cut(
    reads: Reads, long: npt.NDArray[np.bool_], low: Integers, high: Integers, row: Integers
) -> int:
    """Write the fields of each piece where there is room; returns how many there are."""
    count = 0
    for i in range(len(reads.start)):
        w = np.searchsorted(low, reads.start[i])
        if not long[i] or w == len(low) or high[w] > reads.end[i]:
            continue
        begun = False
        field = np.zeros(4, np.int64)
        position, query = reads.start[i], reads.base_start[i]
        for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
            operation = reads.cigar[c] & 15
            length = np.int64(reads.cigar[c] >> 4)
            if operation == SKIP:
                begun = False
            if operation == MATCH or operation == DELETION or operation == SKIP:
                while w < len(low):
                    if low[w] >= position and not begun and low[w] < position + length:
                        if operation == MATCH:
                            offset = low[w] - position
                            field[:] = (query + offset, c, offset, w)
                            begun = True
                    if high[w] > position + length:
                        break
                    if begun and field[3] == w and operation == MATCH:
                        offset = high[w] - position
                        if count < len(row):
                            row[count, 0], row[count, 1] = w, i
                            row[count, 2], row[count, 3] = field[0], query + offset
                            row[count, 4], row[count, 5] = field[1], field[2]
                            row[count, 6], row[count, 7] = c, offset
                        count += 1
                    begun = False
                    w += 1
                position += length
            if operation == MATCH or operation == INSERTION or operation == SOFT_CLIP:
                query += length
            if w == len(low):
                break
    return count


@njit(cache=True, nogil=True)
def _fill(
    reads: Reads,
    row: Integers,
    base_start: Integers,
    cigar_start: Integers,
    bases: npt.NDArray[np.uint8],
    qualities: npt.NDArray[np.uint8],
    cigar: npt.NDArray[np.uint32],
) -> None:
    for p in range(len(row)):
        low, high = row[p, 2], row[p, 3]
        bases[base_start[p] : base_start[p + 1]] = reads.bases[low:high]
        qualities[base_start[p] : base_start[p + 1]] = reads.qualities[low:high]
        first, last = row[p, 4], row[p, 6]
        for c in range(first, last + 1):
            length = np.int64(reads.cigar[c] >> 4)
            if c == last:
                length = row[p, 7]
            if c == first:
                length -= row[p, 5]
            cigar[cigar_start[p] + c - first] = length << 4 | np.int64(reads.cigar[c] & 15)


@njit(cache=True, nogil=True)
def _splice(
    reads: Reads,
    pieces: Pieces,
    placed: Reads,
    row: Integers,
    order: Integers,
    cigar_start: Integers,
    cigar: npt.NDArray[np.uint32],
) -> int:
    at = 0
    k = 0
    for i in range(len(reads.start)):
        first = at
        c, used = reads.cigar_start[i], np.int64(0)
        while k < len(order) and pieces.read[order[k]] == i:
            p = order[k]
            at = _copy(
                reads.cigar, c, used, pieces.begin[p, 0], pieces.begin[p, 1], cigar, at, first
            )
            new = row[p]
            for n in range(placed.cigar_start[new], placed.cigar_start[new + 1]):
                at = _push(cigar, at, first, placed.cigar[n] & 15, placed.cigar[n] >> 4)
            c, used = pieces.end[p, 0], pieces.end[p, 1]
            k += 1
        last = reads.cigar_start[i + 1] - 1
        at = _copy(reads.cigar, c, used, last, reads.cigar[last] >> 4, cigar, at, first)
        cigar_start[i + 1] = at
    return at


@njit(cache=True, nogil=True)
def _copy(
    old: npt.NDArray[np.uint32],
    c: int,
    used: int,
    last: int,
    until: int,
    cigar: npt.NDArray[np.uint32],
    at: int,
    first: int,
) -> int:
    """Append the operations from `used` in `c` up to `until` in `last`."""
    for k in range(c, last + 1):
        begin = used if k == c else 0
        end = np.int64(until) if k == last else np.int64(old[k] >> 4)
        at = _push(cigar, at, first, old[k] & 15, end - begin)
    return at


@njit(cache=True, nogil=True)
def _push(cigar: npt.NDArray[np.uint32], at: int, first: int, operation: int, length: int) -> int:
    """Append an operation, joined with the last one of the read if that is of its kind."""
    if length == 0:
        return at
    if at > first and cigar[at - 1] & 15 == operation:
        cigar[at - 1] += np.uint32(np.int64(length) << 4)
        return at
    cigar[at] = np.uint32(np.int64(length) << 4 | np.int64(operation))
    return at + 1

"""What a BAM shows without a reference: consensus, errors by quality, indels by tract."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

UNKNOWN = 4
FEWEST, AGREEING = 8, 0.85  # reads over a position of the consensus, and their share
SIZES = 9  # indels of -4 … 4 copies in a tract


class Aligned(NamedTuple):
    """Reads of one stretch, for the kernels; positions count from the stretch's start."""

    start: Ints  # (N,)
    reverse: npt.NDArray[np.bool_]  # (N,)
    base_start: Ints  # (N + 1,)
    bases: Bytes  # A C G T = 0..3, else 4
    qualities: Bytes
    cigar_start: Ints  # (N + 1,)
    cigar: npt.NDArray[np.uint32]  # length << 4 | operation


@njit(cache=True, nogil=True)
def count_bases(reads: Aligned, length: int) -> npt.NDArray[np.int32]:
    """Reads that show A C G T, or a deletion, at each position: (length, 5)."""
    counts = np.zeros((length, 5), np.int32)
    for n in range(reads.start.size):
        at, base = reads.start[n], reads.base_start[n]
        for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
            size, kind = reads.cigar[k] >> 4, reads.cigar[k] & 15
            if kind == 0 or kind == 7 or kind == 8:
                for i in range(size):
                    code = reads.bases[base + i]
                    if code < 4 and 0 <= at + i < length and reads.qualities[base + i] >= 10:
                        counts[at + i, code] += 1
                at += size
                base += size
            elif kind == 2:
                for i in range(size):
                    if 0 <= at + i < length:
                        counts[at + i, 4] += 1
                at += size
            elif kind == 3:
                at += size
            elif kind == 1 or kind == 4:
                base += size
    return counts


def consensus_of(counts: npt.NDArray[np.int32]) -> Bytes:
    """The base that nearly all reads show, (length,); 4 where they are few or disagree."""
    depth = counts.sum(axis=1)
    best = counts[:, :4].argmax(axis=1).astype(np.uint8)
    most = counts[np.arange(len(counts)), best]
    sure = (depth >= FEWEST) & (most >= AGREEING * depth)
    return np.where(sure, best, UNKNOWN).astype(np.uint8)


@njit(cache=True, nogil=True)
def count_errors(
    reads: Aligned, consensus: Bytes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bases and mismatches by quality (2, 256), and what is read for each base (4, 4).

    The first and last five aligned bases of a read are left out: indels hide there.
    """
    by_quality = np.zeros((2, 256), np.int64)
    read_as = np.zeros((4, 4), np.int64)
    for n in range(reads.start.size):
        at, base = reads.start[n], reads.base_start[n]
        for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
            size, kind = reads.cigar[k] >> 4, reads.cigar[k] & 15
            if kind == 0 or kind == 7 or kind == 8:
                for i in range(5, size - 5):
                    if not 0 <= at + i < consensus.size:
                        continue
                    true, seen = consensus[at + i], reads.bases[base + i]
                    if true > 3 or seen > 3:
                        continue
                    quality = reads.qualities[base + i]
                    by_quality[0, quality] += 1
                    if true != seen:
                        by_quality[1, quality] += 1
                        if reads.reverse[n]:
                            true, seen = 3 - true, 3 - seen
                        read_as[true, seen] += 1
                at += size
                base += size
            elif kind == 2 or kind == 3:
                at += size
            elif kind == 1 or kind == 4:
                base += size
    return by_quality, read_as


@njit(cache=True, nogil=True)
def count_by_read(
    reads: Aligned, consensus: Bytes, rate: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], Ints]:
    """For each read, mismatches expected from the rate of its qualities, and those it has."""
    expected, wrong = np.zeros(reads.start.size), np.zeros(reads.start.size, np.int64)
    for n in range(reads.start.size):
        at, base = reads.start[n], reads.base_start[n]
        for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
            size, kind = reads.cigar[k] >> 4, reads.cigar[k] & 15
            if kind == 0 or kind == 7 or kind == 8:
                for i in range(size):
                    if not 0 <= at + i < consensus.size:
                        continue
                    true, seen = consensus[at + i], reads.bases[base + i]
                    if true < 4 and seen < 4:
                        expected[n] += rate[reads.qualities[base + i]]
                        wrong[n] += true != seen
                at += size
                base += size
            elif kind == 2 or kind == 3:
                at += size
            elif kind == 1 or kind == 4:
                base += size
    return expected, wrong


@njit(cache=True, nogil=True)
def count_tract_sizes(
    reads: Aligned, first: Ints, unit: Ints, length: Ints
) -> npt.NDArray[np.int64]:
    """Reads by the change of copies they show in each tract, (T, 9) for -4 … 4.

    Only reads that reach three bases past both ends of the tract count; `first` ascends.
    """
    sizes = np.zeros((first.size, 9), np.int64)
    for n in range(reads.start.size):
        begin = reads.start[n]
        end = begin
        for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
            kind = reads.cigar[k] & 15
            if kind == 0 or kind == 2 or kind == 3 or kind == 7 or kind == 8:
                end += reads.cigar[k] >> 4
        tract = np.searchsorted(first, begin + 3)
        while tract < first.size and first[tract] + 3 < end:
            stop = first[tract] + length[tract]
            if stop + 3 <= end:
                change = 0
                at = begin
                for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
                    size, kind = int(reads.cigar[k] >> 4), reads.cigar[k] & 15
                    if kind == 1:
                        if first[tract] - 1 <= at <= stop:
                            change += size
                    elif kind == 2:
                        if first[tract] - 1 <= at < stop:
                            change -= size
                        at += size
                    elif kind == 0 or kind == 3 or kind == 7 or kind == 8:
                        at += size
                copies = int(np.round(change / unit[tract]))
                sizes[tract, min(max(copies, -4), 4) + 4] += 1
            tract += 1
    return sizes


@njit(cache=True, nogil=True)
def count_loose_indels(
    reads: Aligned, in_tract: npt.NDArray[np.bool_], counts: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Insertions, deletions and aligned bases outside of tracts: (3,).

    Where more than a tenth of the reads show a deletion it is a variant and does not count.
    """
    found = np.zeros(3, np.int64)
    inserted = np.zeros(in_tract.size, np.int32)
    for n in range(reads.start.size):
        at = reads.start[n]
        for k in range(reads.cigar_start[n], reads.cigar_start[n + 1]):
            size, kind = int(reads.cigar[k] >> 4), reads.cigar[k] & 15
            if kind == 0 or kind == 7 or kind == 8:
                for i in range(size):
                    if 0 <= at + i < in_tract.size and not in_tract[at + i]:
                        found[2] += 1
                at += size
            elif kind == 1:
                if 0 <= at < in_tract.size and not in_tract[at]:
                    inserted[at] += 1
            elif kind == 2:
                if 0 <= at < in_tract.size and not in_tract[at]:
                    depth = counts[at].sum()
                    if counts[at, 4] * 10 <= depth:
                        found[1] += 1
                at += size
            elif kind == 3:
                at += size
    for at in range(in_tract.size):
        if inserted[at] * 10 <= counts[at].sum():
            found[0] += inserted[at]
    return found


@njit(cache=True, nogil=True)
def count_transitions(
    levels: Bytes, read: Ints, kind: Ints, starts: Ints, bins: int, kinds: int, number: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First levels (2, K, A) and steps from level to level (2, K, B, A, A) of quality.

    Args:
        levels: of all reads end to end, in the order of cycles.
        read: 0 or 1 for each read.
        kind: its class.
        starts: where its levels begin, one more than reads.
        bins: B, of cycles.
        kinds: K.
        number: A.
    """
    first = np.zeros((2, kinds, number), np.int64)
    steps = np.zeros((2, kinds, bins, number, number), np.int64)
    for n in range(read.size):
        begin, end = starts[n], starts[n + 1]
        if end == begin:
            continue
        first[read[n], kind[n], levels[begin]] += 1
        for i in range(begin + 1, end):
            place = (i - begin) * bins // (end - begin)
            steps[read[n], kind[n], place, levels[i - 1], levels[i]] += 1
    return first, steps

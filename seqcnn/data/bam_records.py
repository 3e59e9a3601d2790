"""Kernels that walk the bytes of BAM records, as the SAM specification (section 4.2) lays them out.

`stream` is a run of uncompressed records and `at` where one begins.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import INSERTION, MATCH, NO_BASE, SAME_BASE, SKIP, SOFT_CLIP, Reads

MISSING_QUALITY = 20  # where a read has none
DROPPED = (
    *("kept", "unmapped", "secondary", "supplementary", "duplicate", "QC-fail"),
    *("without sequence", "of another sample", "without qualities"),
)
KEPT, UNMAPPED, SECONDARY, SUPPLEMENTARY, DUPLICATE, QC_FAIL = range(6)
NO_SEQUENCE, OTHER_SAMPLE, NO_QUALITIES = range(6, len(DROPPED))
EQUAL, DIFFERENT = 7, 8  # CIGAR operations
INTEGERS = (67, 99, 83, 115, 73, 105)  # types of tags: C c S s I i
FIXED = 36  # bytes of a BAM record before its name, its size among them

Bytes = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def _integer(stream: Bytes, at: int) -> np.int64:
    """Little-endian int32."""
    value = (
        np.int64(stream[at])
        | np.int64(stream[at + 1]) << 8
        | np.int64(stream[at + 2]) << 16
        | np.int64(stream[at + 3]) << 24
    )
    return value - np.int64(1 << 32) if value >= 1 << 31 else value


@njit(cache=True, nogil=True)
def after_header(stream: Bytes) -> int:
    at = 8 + _integer(stream, 4)
    contigs = _integer(stream, at)
    at += 4
    for _ in range(contigs):
        at += 8 + _integer(stream, at)
    return at


@njit(cache=True, nogil=True)
def _tag(stream: Bytes, at: int, end: int, first: int, second: int) -> int:
    """Where the type letter of a tag stands among the tags in [at, end), or -1."""
    while at + 3 <= end:
        if stream[at] == first and stream[at + 1] == second:
            return at + 2
        kind = stream[at + 2]
        at += 3
        if kind == 90 or kind == 72:  # Z, H
            while stream[at] != 0:
                at += 1
            at += 1
        elif kind == 66:  # B
            at += 5 + _width(stream[at]) * _integer(stream, at + 1)
        else:
            at += _width(kind)
    return -1


@njit(cache=True, nogil=True)
def _width(kind: int) -> int:
    if kind == 65 or kind == 99 or kind == 67:  # A c C
        return 1
    if kind == 115 or kind == 83:  # s S
        return 2
    return 8 if kind == 100 else 4  # d; i I f


@njit(cache=True, nogil=True)
def _tags_of(stream: Bytes, at: int) -> int:
    name = stream[at + 12]
    operations = stream[at + 16] | (stream[at + 17] << 8)
    length = _integer(stream, at + 20)
    return at + FIXED + name + 4 * operations + (length + 1) // 2 + length


@njit(cache=True, nogil=True)
def _operations(stream: Bytes, at: int) -> tuple[int, np.int64]:
    """Where the CIGAR of the record stands and how many operations it has.

    More than 65,535 stand in the tag CG, behind a CIGAR of one soft clip and one skip.
    """
    count = np.int64(stream[at + 16]) | np.int64(stream[at + 17]) << 8
    place = at + FIXED + stream[at + 12]
    if count == 2:
        clip = _integer(stream, place)
        skip = _integer(stream, place + 4)
        if (clip & 15) == SOFT_CLIP and (skip & 15) == SKIP:
            if clip >> 4 == _integer(stream, at + 20):
                end = at + 4 + _integer(stream, at)
                tag = _tag(stream, _tags_of(stream, at), end, 67, 71)
                if tag >= 0:
                    return tag + 6, _integer(stream, tag + 2)
    return place, count


@njit(cache=True, nogil=True)
def _in_groups(stream: Bytes, at: int, groups: Bytes, ends: npt.NDArray[np.int64]) -> bool:
    tag = _tag(stream, _tags_of(stream, at), at + 4 + _integer(stream, at), 82, 71)
    if tag < 0:
        return False
    for group in range(len(ends) - 1):
        length = ends[group + 1] - ends[group]
        same = 0
        while same < length and stream[tag + 1 + same] == groups[ends[group] + same]:
            same += 1
        if same == length and stream[tag + 1 + length] == 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _verdict(
    stream: Bytes, at: int, groups: Bytes, ends: npt.NDArray[np.int64], grouped: bool
) -> int:
    flag = stream[at + 18] | (stream[at + 19] << 8)
    if flag & 0x4:
        return UNMAPPED
    if flag & 0x100:
        return SECONDARY
    if flag & 0x800:
        return SUPPLEMENTARY
    if flag & 0x400:
        return DUPLICATE
    if flag & 0x200:
        return QC_FAIL
    if _integer(stream, at + 20) == 0:
        return NO_SEQUENCE
    if grouped and not _in_groups(stream, at, groups, ends):
        return OTHER_SAMPLE
    return KEPT


@njit(cache=True, nogil=True)
def choose(
    stream: Bytes,
    groups: Bytes,
    ends: npt.NDArray[np.int64],
    grouped: bool,
    low: int,
    high: int,
    counts: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], int, int]:
    """Offsets of the records to keep, and their bases and CIGAR operations in all."""
    offsets = np.empty(len(stream) // FIXED + 1, np.int64)
    n = 0
    bases = 0
    operations = 0
    at = 0
    while at + FIXED <= len(stream):
        start = _integer(stream, at + 8)
        inside = low <= start < high
        verdict = _verdict(stream, at, groups, ends, grouped)
        counts[verdict] += inside
        if verdict == KEPT:
            offsets[n] = at
            n += 1
            length = _integer(stream, at + 20)
            bases += length
            operations += _operations(stream, at)[1]
            if stream[_tags_of(stream, at) - length] == 255:
                counts[NO_QUALITIES] += inside
        at += 4 + _integer(stream, at)
    return offsets[:n].copy(), bases, operations


@njit(cache=True, nogil=True)
def fill(stream: Bytes, offsets: npt.NDArray[np.int64], reads: Reads) -> int:
    """Fill the arrays with these records; returns how many CIGAR operations are left of theirs."""
    codes = np.full(16, NO_BASE, np.uint8)
    codes[0] = SAME_BASE
    for base in range(4):
        codes[1 << base] = base
    cigar_at = 0
    for i in range(len(offsets)):
        at = offsets[i]
        reads.start[i] = _integer(stream, at + 8)
        reads.mapping_quality[i] = stream[at + 13]
        reads.flag[i] = stream[at + 18] | (np.uint16(stream[at + 19]) << 8)
        reads.template_length[i] = _integer(stream, at + 32)
        reads.fragment[i] = _hash_name(stream, at)
        reads.haplotype[i] = _haplotype(stream, at)
        length = _integer(stream, at + 20)
        first = reads.base_start[i]
        reads.base_start[i + 1] = first + length
        _fill_bases(stream, at, codes, reads.bases[first:], reads.qualities[first:])
        cigar_at, covered = _fill_cigar(stream, at, cigar_at, reads.cigar)
        reads.cigar_start[i + 1] = cigar_at
        reads.end[i] = reads.start[i] + covered
    return cigar_at


@njit(cache=True, nogil=True)
def _hash_name(stream: Bytes, at: int) -> np.uint64:
    hashed = np.uint64(0xCBF29CE484222325)
    name = at + FIXED
    for j in range(name, name + stream[at + 12] - 1):
        hashed = (hashed ^ np.uint64(stream[j])) * np.uint64(0x100000001B3)
    return hashed


@njit(cache=True, nogil=True)
def _haplotype(stream: Bytes, at: int) -> int:
    """The tag HP, 0 where it is absent or no whole number up to 255."""
    tag = _tag(stream, _tags_of(stream, at), at + 4 + _integer(stream, at), 72, 80)
    if tag < 0:
        return 0
    kind = stream[tag]
    if kind not in INTEGERS or (kind == 99 and stream[tag + 1] > 127):
        return 0
    for j in range(1, _width(kind)):
        if stream[tag + 1 + j]:
            return 0
    return int(stream[tag + 1])


@njit(cache=True, nogil=True)
def _fill_bases(stream: Bytes, at: int, codes: Bytes, bases: Bytes, scores: Bytes) -> None:
    length = _integer(stream, at + 20)
    qualities = _tags_of(stream, at) - length
    packed = qualities - (length + 1) // 2
    for j in range(length):
        two = np.int64(stream[packed + (j >> 1)])
        bases[j] = codes[two >> 4 if j % 2 == 0 else two & 15]
    missing = stream[qualities] == 255
    for j in range(length):
        scores[j] = MISSING_QUALITY if missing else stream[qualities + j]


@njit(cache=True, nogil=True)
def _fill_cigar(
    stream: Bytes, at: int, begin: int, cigar: npt.NDArray[np.uint32]
) -> tuple[int, int]:
    """Write the operations from `begin` on; returns where they end and the positions they cover."""
    place, count = _operations(stream, at)
    end = begin
    covered = 0
    for j in range(count):
        word = _integer(stream, place + 4 * j) & 0xFFFFFFFF
        operation = word & 15
        if operation == EQUAL or operation == DIFFERENT:
            operation = MATCH
        if operation > SOFT_CLIP or word >> 4 == 0:
            continue
        if operation != INSERTION and operation != SOFT_CLIP:
            covered += word >> 4
        if end > begin and cigar[end - 1] & 15 == operation:
            cigar[end - 1] += np.uint32(word >> 4 << 4)
        else:
            cigar[end] = np.uint32(word >> 4 << 4 | operation)
            end += 1
    return end, covered

"""Reads of a region as flat arrays, out of BAM or CRAM.

htslib decodes the region into an uncompressed BAM stream in memory, which kernels walk: about a
million reads a second, where asking for each attribute of each read takes three times as long.
"""

import os
import tempfile
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
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
FIXED = 36  # bytes of a BAM record before its name, its size among them

Bytes = npt.NDArray[np.uint8]


class Decoded(NamedTuple):
    """Reads, and how many of those that start in the counted part were kept or dropped, by rule.

    "without qualities" are kept, with quality 20, and counted among the kept as well.
    """

    reads: Reads
    counts: dict[str, int]


def decode_reads(
    file: pysam.AlignmentFile,
    contig: str,
    start: int,
    end: int,
    *,
    read_groups: frozenset[str] | None = None,
    counted: tuple[int, int] | None = None,
) -> Decoded:
    """Usable reads that overlap `[start, end)` of a contig, 0-based.

    Unmapped, secondary, supplementary, duplicate and QC-fail reads, those without SEQ and, where
    `read_groups` is given, those of other read groups are left out. Only reads that start in
    `counted` are counted, so that neighbouring regions do not count one twice.

    Raises:
        OSError: the file is damaged here.
    """
    stream = _uncompressed(file, contig, start, end)
    names = sorted(read_groups) if read_groups is not None else []
    groups, group_ends = _flat(names)
    low, high = counted or (0, 1 << 60)
    counts = np.zeros(len(DROPPED), np.int64)
    offsets, bases, operations = _choose(
        stream, groups, group_ends, read_groups is not None, low, high, counts
    )
    reads = empty_reads(len(offsets), bases, operations)
    used = _fill(stream, offsets, reads)
    reads = reads._replace(cigar=reads.cigar[:used])
    return Decoded(reads, {name: int(n) for name, n in zip(DROPPED, counts, strict=True)})


def empty_reads(count: int, bases: int, operations: int) -> Reads:
    """Arrays of so many reads, bases and CIGAR operations, not yet filled."""
    return Reads(
        start=np.empty(count, np.int64),
        end=np.empty(count, np.int64),
        flag=np.empty(count, np.uint16),
        mapping_quality=np.empty(count, np.uint8),
        template_length=np.empty(count, np.int32),
        fragment=np.empty(count, np.uint64),
        haplotype=np.empty(count, np.uint8),
        base_start=np.zeros(count + 1, np.int64),
        bases=np.empty(bases, np.uint8),
        qualities=np.empty(bases, np.uint8),
        cigar_start=np.zeros(count + 1, np.int64),
        cigar=np.empty(operations, np.uint32),
    )


def _uncompressed(file: pysam.AlignmentFile, contig: str, start: int, end: int) -> Bytes:
    """Records (bytes of BAM, one after another) of the region."""
    with _memory_file() as memory:
        with pysam.AlignmentFile(memory, "wbu", header=file.header) as out:
            write = out.write
            for read in file.fetch(contig, start, end):
                write(read)
        size = os.fstat(memory.fileno()).st_size
        memory.seek(0)
        framed = np.frombuffer(memory.read(size), np.uint8)
    stream = np.empty(size, np.uint8)
    length = _unframe(framed, stream)
    if length < 0:
        raise OSError("htslib wrote a compressed block where an uncompressed one was asked for")
    first = _after_header(stream)
    return stream[first:length]


def _memory_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("reads"), "w+b")
    return tempfile.TemporaryFile()  # unlinked at once


def _flat(names: list[str]) -> tuple[Bytes, npt.NDArray[np.int64]]:
    encoded = [name.encode() for name in names]
    ends = np.cumsum([0] + [len(name) for name in encoded]).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


@njit(cache=True, nogil=True)
def _unframe(framed: Bytes, stream: Bytes) -> int:
    """Copy what BGZF's stored blocks hold; -1 where one is compressed."""
    at = 0
    length = 0
    while at + 18 <= len(framed):
        extra = framed[at + 10] | (framed[at + 11] << 8)
        inside = at + 12 + extra
        final = 0
        while final == 0:
            final = framed[inside] & 1
            kind = (framed[inside] >> 1) & 3
            if kind == 0:
                size = framed[inside + 1] | (framed[inside + 2] << 8)
                stream[length : length + size] = framed[inside + 5 : inside + 5 + size]
                length += size
                inside += 5 + size
            elif kind == 1 and framed[inside] == 3 and framed[inside + 1] == 0:
                inside += 2  # the empty block that ends a file
            else:
                return -1
        at = inside + 8
    return length


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
def _after_header(stream: Bytes) -> int:
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
        same = stream[tag + 1 + length] == 0
        for i in range(length):
            if stream[tag + 1 + i] != groups[ends[group] + i]:
                same = False
                break
        if same:
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
def _choose(
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
def _fill(stream: Bytes, offsets: npt.NDArray[np.int64], reads: Reads) -> int:
    """Fill the arrays; returns how many CIGAR operations there are after joining."""
    codes = np.full(16, NO_BASE, np.uint8)
    codes[0] = SAME_BASE
    for base in range(4):
        codes[1 << base] = base
    base_at = 0
    cigar_at = 0
    for i in range(len(offsets)):
        at = offsets[i]
        reads.start[i] = _integer(stream, at + 8)
        name = np.int64(stream[at + 12])
        reads.mapping_quality[i] = stream[at + 13]
        reads.flag[i] = stream[at + 18] | (np.uint16(stream[at + 19]) << 8)
        reads.template_length[i] = _integer(stream, at + 32)
        hashed = np.uint64(0xCBF29CE484222325)
        for j in range(at + FIXED, at + FIXED + name - 1):
            hashed = (hashed ^ np.uint64(stream[j])) * np.uint64(0x100000001B3)
        reads.fragment[i] = hashed
        tags = _tags_of(stream, at)
        length = _integer(stream, at + 20)
        packed = tags - length - (length + 1) // 2
        for j in range(length):
            two = np.int64(stream[packed + (j >> 1)])
            reads.bases[base_at + j] = codes[two >> 4 if j % 2 == 0 else two & 15]
        missing = stream[tags - length] == 255
        for j in range(length):
            reads.qualities[base_at + j] = MISSING_QUALITY if missing else stream[tags - length + j]
        base_at += length
        reads.base_start[i + 1] = base_at
        place, count = _operations(stream, at)
        covered = 0
        for j in range(count):
            word = _integer(stream, place + 4 * j) & 0xFFFFFFFF
            operation = word & 15
            if operation == EQUAL or operation == DIFFERENT:
                operation = MATCH
            if operation != MATCH and operation > SOFT_CLIP:
                continue
            if operation != INSERTION and operation != SOFT_CLIP:
                covered += word >> 4
            before = reads.cigar[cigar_at - 1] if cigar_at > reads.cigar_start[i] else 15
            if before & 15 == operation:
                reads.cigar[cigar_at - 1] += np.uint32(word >> 4 << 4)
            else:
                reads.cigar[cigar_at] = np.uint32(word >> 4 << 4 | operation)
                cigar_at += 1
        reads.cigar_start[i + 1] = cigar_at
        reads.end[i] = reads.start[i] + covered
        reads.haplotype[i] = 0
        tag = _tag(stream, tags, at + 4 + _integer(stream, at), 72, 80)
        if tag >= 0:
            reads.haplotype[i] = stream[tag + 1]
    return cigar_at

"""Reads of a region as flat arrays, out of BAM or CRAM.

htslib decodes the region into an uncompressed BAM stream in memory, which kernels walk: about a
million reads a second, where asking for each attribute of each read takes three times as long.
"""

import os
import sys
import tempfile
from functools import lru_cache
from itertools import islice
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
from numba import njit

from seqcnn.data.bam_records import DROPPED, Bytes, after_header, choose, fill
from seqcnn.encoders.reads import Reads

MOST_BYTES = 128 << 20
BLOCK = 10_000  # reads between looks at the size


class TooManyReads(Exception):
    """A region's reads take more memory than one step may; take a smaller region."""


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
    bounded: bool = False,
) -> Decoded:
    """Usable reads that overlap `[start, end)` of a contig, 0-based.

    Unmapped, secondary, supplementary, duplicate and QC-fail reads, those without SEQ and, where
    `read_groups` is given, those of other read groups are left out. Only reads that start in
    `counted` are counted, so that neighbouring regions do not count one twice.

    Raises:
        OSError: the file is damaged here.
        TooManyReads: with `bounded`, they take over 128 MB as uncompressed BAM.
    """
    stream = _uncompressed(file, contig, start, end, MOST_BYTES if bounded else sys.maxsize)
    names = sorted(read_groups) if read_groups is not None else []
    groups, group_ends = _flat(names)
    low, high = counted or (0, 1 << 60)
    counts = np.zeros(len(DROPPED), np.int64)
    offsets, bases, operations = choose(
        stream, groups, group_ends, read_groups is not None, low, high, counts
    )
    reads = empty_reads(len(offsets), bases, operations)
    used = fill(stream, offsets, reads)
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


def _uncompressed(file: pysam.AlignmentFile, contig: str, start: int, end: int, most: int) -> Bytes:
    """Records (bytes of BAM, one after another) of the region."""
    with _memory_file() as memory:
        with pysam.AlignmentFile(memory, "wbu", header=_short_header(file.nreferences)) as out:
            write = out.write
            reads = file.fetch(contig, start, end)
            for first in reads:
                write(first)
                for read in islice(reads, BLOCK):
                    write(read)
                if os.fstat(memory.fileno()).st_size > most:
                    raise TooManyReads
        size = os.fstat(memory.fileno()).st_size
        memory.seek(0)
        framed = np.frombuffer(memory.read(size), np.uint8)
    stream = np.empty(size, np.uint8)
    length = _unframe(framed, stream)
    if length < 0:
        raise OSError("htslib wrote a compressed block where an uncompressed one was asked for")
    first = after_header(stream)
    return stream[first:length]


@lru_cache
def _short_header(contigs: int) -> pysam.AlignmentHeader:
    """Records name contigs by number and nobody reads the stream's header: short names do, which
    are written three times as fast where there are thousands."""
    return pysam.AlignmentHeader.from_references([str(i) for i in range(contigs)], [1] * contigs)


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

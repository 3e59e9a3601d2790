"""Reads written down as text, as the arrays that kernels walk: independent of the BAM decoder."""

import re
from itertools import groupby

import numpy as np

from seqcnn.encoders.observations import Observations
from seqcnn.encoders.reads import Reads

CODES = {"A": 0, "C": 1, "G": 2, "T": 3, "=": 5}
OPERATIONS = "MIDNS"
QUALITY = 30  # of every base where a line gives none


def codes(text: str) -> np.ndarray:
    """Codes of a sequence; blanks are left out."""
    return np.array([CODES.get(letter, 4) for letter in text.replace(" ", "").upper()], np.uint8)


def drawn(text: str) -> Reads:
    """Reads, one a line: name, flag, start (0-based), MAPQ, CIGAR, SEQ and, optionally, QUAL.

    QUAL is one number for all bases, or numbers with commas. `HP` may follow as `HP:1`.
    """
    rows = [line.split() for line in text.strip().splitlines() if line.strip()]
    rows.sort(key=lambda row: int(row[2]))
    cigars = [parse_cigar(row[4]) for row in rows]
    bases = [codes(row[5]) for row in rows]
    start = np.array([int(row[2]) for row in rows], np.int64)
    span = [sum(n for n, operation in cigar if operation in "MDN") for cigar in cigars]
    names = sorted({row[0] for row in rows})
    packed = [n << 4 | OPERATIONS.index(operation) for cigar in cigars for n, operation in cigar]
    tags = [next((int(t[3:]) for t in row if t.startswith("HP:")), 0) for row in rows]
    return Reads(
        start=start,
        end=start + np.array(span, np.int64),
        flag=np.array([int(row[1]) for row in rows], np.uint16),
        mapping_quality=np.array([int(row[3]) for row in rows], np.uint8),
        template_length=np.zeros(len(rows), np.int32),
        fragment=np.array([names.index(row[0]) for row in rows], np.uint64),
        haplotype=np.array(tags, np.uint8),
        base_start=ends(bases),
        bases=np.concatenate([*bases, np.empty(0)]).astype(np.uint8),
        qualities=np.array([q for row in rows for q in qualities(row)], np.uint8),
        cigar_start=ends(cigars),
        cigar=np.array(packed, np.uint32),
    )


def parse_cigar(text: str) -> list[tuple[int, str]]:
    """(length, operation) of each operation."""
    return [(int(n), operation) for n, operation in re.findall(r"(\d+)(\D)", text)]


def written_cigars(reads: Reads) -> list[str]:
    """The CIGAR of each read as text."""
    texts = []
    for first, last in zip(reads.cigar_start[:-1], reads.cigar_start[1:], strict=True):
        words = reads.cigar[first:last]
        texts.append("".join(f"{word >> 4}{OPERATIONS[word & 15]}" for word in words))
    return texts


def short_cigar(operations: str) -> str:
    """`MMMDM` as `3M1D1M`."""
    return "".join(f"{len(list(run))}{letter}" for letter, run in groupby(operations))


def qualities(row: list[str]) -> list[int]:
    """Phred qualities of a line's read."""
    given = row[6] if len(row) > 6 and not row[6].startswith("HP") else str(QUALITY)
    values = [int(value) for value in given.split(",")]
    return values if len(values) > 1 else values * len(row[5])


def ends(parts: list) -> np.ndarray:
    """Where each part starts in all, and where the last one ends."""
    return np.cumsum([0] + [len(part) for part in parts]).astype(np.int64)


def over(reads: Reads, anchor: int, counted: list[int]) -> Observations:
    """Observations of all reads at one site, found by walking; `counted` as given."""
    places = []
    for i in range(len(reads.start)):
        position, query = int(reads.start[i]), int(reads.base_start[i])
        for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
            operation, length = int(reads.cigar[c] & 15), int(reads.cigar[c] >> 4)
            if operation in (0, 2) and position <= anchor < position + length:
                at = query + anchor - position if operation == 0 else query
                places.append((i, c, anchor - position, at))
            position += length if operation in (0, 2, 3) else 0
            query += length if operation in (0, 1, 4) else 0
    read, operation_of, offset, base = np.array(places, np.int64).reshape(-1, 4).T.copy()
    codes_of = np.array(counted, np.int16)
    first = np.array([0, len(places)], np.int64)
    return Observations(first, read, operation_of, offset, base, codes_of, codes_of)

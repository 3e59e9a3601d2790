"""Sequences of a file with what it says about each: the table, FASTA in, one length for all."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcnn.data.fasta import text_chunks
from seqcnn.data.textfiles import read_bytes
from seqcnn.encoders.dna import LETTERS
from seqcnn.errors import InputError

FOREIGN = re.compile(f"[^{LETTERS}U]", re.IGNORECASE)
HEADER_CLASS = re.compile(r"\bclass\s*[:=]\s*([^\s;,|]+)", re.IGNORECASE)


@dataclass(frozen=True)
class SequenceTable:
    """Sequences of one file with what the file says about each.

    `lines` int64 (N,): the 1-based line of each (of the header, in FASTA); `labels` float32 (N, T)
    with names `label_names` (T,); `weights` float32 (N,). Labels and weights are None if absent.
    """

    path: str
    identifiers: tuple[str, ...]
    sequences: list[str]
    lines: np.ndarray
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.sequences)


class FastaRecord(NamedTuple):
    """One record: the 1-based line of its header, the header without ">", the sequence."""

    line: int
    header: str
    sequence: str

    @property
    def identifier(self) -> str:
        """The header up to a class where it has one, else up to white space."""
        match = HEADER_CLASS.search(self.header)
        if match:
            return self.header[: match.start()].rstrip(" ;,|")
        return "".join(self.header.split(None, 1)[:1])


def iterate_fasta(path: Path | str) -> Iterator[FastaRecord]:
    """Records of a FASTA (plain, gzip, bgzip) one by one, in constant memory.

    Raises:
        InputError: with file and line: no such file, empty, cut short, text before the first
            header, a record without sequence, a foreign character.
    """
    header, header_line = "", 0
    parts: list[str] = []
    for line, row in _numbered_lines(Path(path)):
        if row.startswith(">"):
            if header_line:
                yield _record(path, header_line, header, parts)
            header, header_line, parts = row[1:].strip(), line, []
        elif row:
            if not header_line:
                raise InputError(
                    f"{path}:{line}: '{row[:20]}' stands before the first '>' header; wanted FASTA"
                )
            check_letters(row, f"{path}:{line}")
            parts.append(row)
    if not header_line:
        raise InputError(f"{path}: the file is empty; wanted FASTA records")
    yield _record(path, header_line, header, parts)


def read_fasta(path: Path | str) -> SequenceTable:
    """Read FASTA (plain, gzip, bgzip); a class in the headers, ``class:0``, becomes the label.

    Labels are (N, 1), named ``class``, or None when no header has one.

    Raises:
        InputError: as `iterate_fasta`; also a class on some headers only or not a number.
    """
    records = list(iterate_fasta(path))
    found = [HEADER_CLASS.search(record.header) for record in records]
    labels = None
    if any(found):
        labels = np.empty((len(found), 1), np.float32)
        for i, match in enumerate(found):
            where = f"{path}:{records[i].line}"
            if match is None:
                raise InputError(f"{where}: no class in this header, though others have one")
            labels[i] = as_number(match.group(1), "class", where)
    return SequenceTable(
        path=str(path),
        identifiers=tuple(record.identifier for record in records),
        sequences=[record.sequence for record in records],
        lines=np.array([record.line for record in records], np.int64),
        labels=labels,
        label_names=("class",) if labels is not None else (),
    )


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """1-based number and text of each line, without white space around it."""
    number, rest = 0, b""
    for chunk in text_chunks(path):
        *rows, rest = (rest + chunk).split(b"\n")
        for row in rows:
            number += 1
            yield number, _decoded(path, row)
    if rest:
        yield number + 1, _decoded(path, rest)


def _decoded(path: Path, row: bytes) -> str:
    try:
        return row.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file; wanted FASTA") from None


def _record(path: Path | str, line: int, header: str, parts: list[str]) -> FastaRecord:
    if not parts:
        raise InputError(f"{path}:{line}: record without a sequence; remove it")
    return FastaRecord(line, header, "".join(parts))


def fit_length(sequences: Sequence[str], length: int) -> list[str]:
    """Crop or pad each sequence to `length` around its centre; the padding is N.

    The base at position n // 2 of a sequence of n lands on length // 2.
    """
    fitted = []
    for sequence in sequences:
        before = length // 2 - len(sequence) // 2
        if before < 0:
            sequence = sequence[-before:]
        else:
            sequence = "N" * before + sequence
        fitted.append(sequence[:length].ljust(length, "N"))
    return fitted


def one_length(table: SequenceTable, length: int | None = None) -> SequenceTable:
    """The table with sequences of one length: fitted to `length`, or checked when it is None.

    Raises:
        InputError: sequences of several lengths and no `length`; names the first two lines.
    """
    if length is not None:
        if length < 1:
            raise InputError(f"--length is {length}; wanted 1 or more")
        return replace(table, sequences=fit_length(table.sequences, length))
    sizes = np.fromiter(map(len, table.sequences), np.int64, len(table))
    other = np.flatnonzero(sizes != sizes[0]) if len(sizes) else sizes
    if len(other):
        i = other[0]
        raise InputError(
            f"{table.path}:{table.lines[i]}: sequence of {sizes[i]} letters, but line "
            f"{table.lines[0]} has {sizes[0]}; pass --length {int(np.median(sizes))} to crop and "
            "pad all around their centres"
        )
    return table


def read_text(path: Path | str) -> str:
    """Decompressed text of a file that must not be empty."""
    data = read_bytes(path)
    if not data.strip():
        raise InputError(f"{path}: the file is empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file; wanted FASTA, CSV or TSV") from None


def as_number(text: str, what: str, where: str) -> float:
    """`text` as a finite number, or an InputError at `where` about `what`."""
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{where}: {what} is '{text}', a number was wanted") from None
    if not np.isfinite(value):
        raise InputError(f"{where}: {what} is {value}, a finite number was wanted")
    return value


def check_letters(sequence: str, where: str) -> None:
    """Raise an InputError at `where` unless all letters are IUPAC nucleotide letters."""
    foreign = FOREIGN.search(sequence)
    if foreign:
        raise InputError(
            f"{where}: character '{foreign.group()}' at position {foreign.start() + 1} is not a "
            f"nucleotide letter ({LETTERS} or U)"
        )

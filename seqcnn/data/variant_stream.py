"""The records of a VCF or BCF as a stream of lines, so that what is not looked at stays as it is.

`seqcnn.data.variants` reads records into memory, for one sample; here a file of any size and any
number of samples passes through, and every column is kept letter for letter.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from seqcnn.data.textfiles import BGZIP_END, GZIP_MAGIC
from seqcnn.data.variants import open_variants, records_of
from seqcnn.errors import InputError

_DIGITS = 18  # of a position; more would not fit 64 bits


class VariantLine(NamedTuple):
    """One record as text.

    `number` is its 1-based line (in a BCF: its record), `pos` the 0-based position of the first
    base of `ref`. `fields` are the eight first columns and, as one, what follows them.
    """

    number: int
    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def identifier(self) -> str:
        """The ID column; "." where there is none."""
        return self.fields[2]

    def __str__(self) -> str:
        """As a person names it, 1-based: ``chr20:10001436 A>AG,T``."""
        return f"{self.contig}:{self.pos + 1} {self.ref}>{','.join(self.alts)}"

    def with_info(self, added: str, prefix: str) -> str:
        """The line with `added` at the end of its INFO column, without a line break.

        Entries whose names begin with `prefix`, of an earlier run, make way.
        """
        info = self.fields[7]
        if prefix in info:
            entries = (entry for entry in info.split(";") if not entry.startswith(prefix))
            info = ";".join(entries)
        joined = added if info in (".", "") else f"{info};{added}"
        return "\t".join((*self.fields[:7], joined, *self.fields[8:]))


class VariantStream:
    """An open VCF or BCF: its header, then its records, once, in the order of the file.

    Attributes:
        header: the lines that begin with ##, without line breaks.
        columns: the line that begins with #CHROM.
        size: bytes of the file.
    """

    def __init__(
        self, path: Path, raw: BinaryIO, header: list[str], numbered: Iterator[tuple[int, str]],
        *, binary: bool,
    ) -> None:  # fmt: skip
        self.path = path
        self.header = tuple(header[:-1])
        self.columns = header[-1]
        self.size = path.stat().st_size
        self._raw = raw
        self._place = f"{path}: record " if binary else f"{path}:"
        if not self.columns.startswith("#CHROM\t"):
            raise InputError(f"{path}: has no line of column names that begins with #CHROM")
        self._records = self._parsed(numbered)

    @property
    def read(self) -> int:
        """Bytes of the file that were read."""
        return 0 if self._raw.closed else min(self._raw.tell(), self.size)

    @property
    def contigs(self) -> list[str]:
        """Contigs that the header names, in its order."""
        starts = (line.partition("##contig=<")[2] for line in self.header)
        named = (field[3:] for start in starts for field in start.split(",") if field[:3] == "ID=")
        return [name.rstrip(">") for name in named]

    def where(self, line: VariantLine) -> str:
        """Where a record is, for messages: ``in.vcf:17``."""
        return f"{self._place}{line.number}"

    def __iter__(self) -> Iterator[VariantLine]:
        return self._records

    def _parsed(self, numbered: Iterator[tuple[int, str]]) -> Iterator[VariantLine]:
        wanted = self.columns.count("\t") + 1
        for number, text in numbered:
            if not text:
                continue
            fields = text.split("\t", 8)
            found = len(fields) if len(fields) < 9 else 9 + fields[8].count("\t")
            if found != wanted:
                raise InputError(
                    f"{self._place}{number}: has {found} columns, the header has {wanted}; "
                    "columns are separated by tabs"
                )
            contig, pos, ref, alt = fields[0], fields[1], fields[3], fields[4]
            if not pos.isdecimal() or len(pos) > _DIGITS:
                raise InputError(
                    f"{self._place}{number}: position '{pos[:30]}' is no whole number of bp"
                )
            if not ref.isalpha():
                raise InputError(f"{self._place}{number}: REF '{ref}' is no sequence of bases")
            alts = tuple(alt.split(",")) if "," in alt else (alt,)
            yield VariantLine(number, contig, int(pos) - 1, ref, alts, tuple(fields))


@contextmanager
def open_variant_stream(path: Path | str) -> Iterator[VariantStream]:
    """Open a VCF (plain, gzip, bgzip) or BCF, told apart by content.

    Raises:
        InputError: the file is missing, is no VCF, is cut short; while it is read: a line has too
            few columns, or a position or REF that cannot be.
    """
    path = Path(path)
    _require_file(path)
    with path.open("rb") as raw:
        if _starts_as_bcf(path, raw):
            with open_variants(path) as file:
                records = (str(record).rstrip("\n") for record in records_of(path, file))
                header = str(file.header).splitlines()
                yield VariantStream(path, raw, header, enumerate(records, 1), binary=True)
            return
        lines = _text_lines(path, raw)
        header = []
        for _, text in lines:
            header.append(text)
            if not text.startswith("##"):
                break
        if not header or not header[0].startswith("##fileformat=VCF"):
            raise InputError(f"{path}: is no VCF or BCF: it does not begin with ##fileformat=VCF")
        yield VariantStream(path, raw, header, lines, binary=False)


def _require_file(path: Path) -> None:
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {found}; a VCF or BCF was wanted")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty; a VCF has a header at least")


def _starts_as_bcf(path: Path, raw: BinaryIO) -> bool:
    compressed = raw.read(2) == GZIP_MAGIC
    raw.seek(0)
    try:
        return (gzip.GzipFile(fileobj=raw) if compressed else raw).read(3) == b"BCF"
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, error) from None


def _text_lines(path: Path, raw: BinaryIO) -> Iterator[tuple[int, str]]:
    """Numbered lines without their line breaks."""
    stream: Any = raw
    raw.seek(0)
    compressed = raw.read(2) == GZIP_MAGIC
    if compressed:
        raw.seek(0)
        blocked = raw.read(18)[12:14] == b"BC"
        raw.seek(-min(len(BGZIP_END), path.stat().st_size), os.SEEK_END)
        if blocked and raw.read() != BGZIP_END:
            raise InputError(
                f"{path}: the bgzip end marker is missing, the file is cut short; copy it again"
            )
        # Lines of a GzipFile are cut in Python, those of a BufferedReader in C.
        stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 16)
    raw.seek(0)
    try:
        for number, text in enumerate(stream, 1):
            yield number, text.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path}: the gzip data is cut short or damaged ({error}); copy the file again"
    )


def header_with(stream: VariantStream, lines: list[str], prefix: str) -> str:
    """The header of `stream` and its column line, with `lines` before that.

    INFO fields whose names begin with `prefix`, and lines of the names that `lines` have, of an
    earlier run, are left out.
    """
    again = {line.partition("=")[0] + "=" for line in lines} - {"##INFO="}
    old = (f"##INFO=<ID={prefix}", *again)
    kept = (line for line in stream.header if not line.startswith(old))
    return "\n".join(chain(kept, lines, [stream.columns])) + "\n"

"""FASTA text, plain, gzip or bgzip, read as a stream of codes."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.dna import CODE_OF_BYTE, LETTERS
from seqcnn.errors import InputError

CHUNK = 1 << 22  # bytes of text at a time
GZIP_MAGIC = b"\x1f\x8b"
# Every bgzip file ends in this empty block (SAM specification, section 4.1.2).
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

Bytes = npt.NDArray[np.uint8]
Piece = tuple[str, Bytes, Bytes]

_UPPER = np.frombuffer(LETTERS.encode(), np.uint8)
_END, _HEADER, _BAD = 0, 1, 2


def contig_pieces(
    path: Path, progress: Callable[[int, int], None] | None = None
) -> Iterator[Piece]:
    """Pieces (contig name, codes, upper-case letters) of a FASTA, in order, in constant memory.

    A name is the first word after ">". Each contig gives one piece or more, none of them empty.

    Raises:
        InputError: `path` is missing, empty, cut short, not FASTA, names a contig twice, has a
            contig without bases, or a character that is no nucleotide code.
    """
    state = _State(path)
    for chunk in text_chunks(path, progress):
        yield from state.feed(chunk)
    yield from state.finish()


def text_chunks(path: Path, progress: Callable[[int, int], None] | None = None) -> Iterator[bytes]:
    """The text of a plain, gzip or bgzip file in chunks.

    Raises:
        InputError: `path` is missing, a folder, cannot be read, or its compression is cut short.
    """
    try:
        raw = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    with raw:
        total = path.stat().st_size
        stream: BinaryIO = raw
        if raw.read(2) == GZIP_MAGIC:
            _check_bgzf_end(path, raw)
            stream = gzip.GzipFile(fileobj=raw)  # type: ignore[assignment]
        raw.seek(0)
        try:
            while chunk := stream.read(CHUNK):
                yield chunk
                if progress is not None:
                    progress(raw.tell(), total)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"{path}: compressed data is damaged or cut short ({error}); copy it again"
            ) from None


def _check_bgzf_end(path: Path, raw: BinaryIO) -> None:
    raw.seek(0)
    header = raw.read(18)
    if header[2:4] != b"\x08\x04" or header[12:14] != b"BC":
        return
    raw.seek(max(0, path.stat().st_size - len(BGZF_END)))
    if raw.read() != BGZF_END:
        raise InputError(
            f"{path}: bgzip file is cut short (its end-of-file block is missing); copy it again, "
            "or compress it again with bgzip"
        )


class _State:
    """Where the reader is between two chunks: the contig, the line, an unfinished header."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1
        self.line_start = True
        self.name: str | None = None
        self.name_line = 0
        self.bases = 0
        self.seen: dict[str, int] = {}
        self.carry = b""

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        data = self.carry + chunk
        self.carry = b""
        text = np.frombuffer(data, np.uint8)
        unused = np.empty(len(data), np.uint8)
        pos = 0
        while pos < len(data):
            begin = pos
            pos, count, lines, self.line_start, status = _read_bases(
                text, pos, self.line_start, CODE_OF_BYTE, unused
            )
            codes, unused = unused[:count], unused[count:]
            if self.name is None and (count or status == _BAD):
                raise self._no_header(data[begin:])
            self.line += lines
            if status == _BAD:
                raise self._bad_character(chr(text[pos]))
            if count and self.name is not None:
                self.bases += count
                yield self.name, codes, _UPPER[codes]
            if status == _HEADER:
                end = data.find(b"\n", pos)
                if end < 0:
                    self.carry = data[pos:]
                    return
                self._open(data[pos + 1 : end])
                pos = end + 1

    def finish(self) -> Iterator[Piece]:
        if self.carry:  # a header that ends the file, without a line break
            self._open(self.carry[1:])
        if self.name is None:
            raise InputError(f"{self.path}: is empty; expected FASTA ('>name' and bases)")
        self._close()
        yield from ()

    def _open(self, header: bytes) -> None:
        self._close()
        words = header.decode("utf-8", "replace").split(maxsplit=1)
        where = f"{self.path}:{self.line}"
        if not words or header[:1].isspace():
            raise InputError(f"{where}: header without a contig name; write '>name'")
        name = words[0]
        if name in self.seen:
            raise InputError(
                f"{where}: contig '{name}' was already at line {self.seen[name]}; "
                "names must differ: rename or remove one"
            )
        self.seen[name] = self.name_line = self.line
        self.name, self.bases = name, 0
        self.line += 1
        self.line_start = True

    def _close(self) -> None:
        if self.name is not None and not self.bases:
            raise InputError(
                f"{self.path}:{self.name_line}: contig '{self.name}' has no bases; remove it"
            )

    def _no_header(self, rest: bytes) -> InputError:
        line = self.line + rest[: len(rest) - len(rest.lstrip())].count(b"\n")
        return InputError(f"{self.path}:{line}: not FASTA; expected a header line '>name' first")

    def _bad_character(self, character: str) -> InputError:
        return InputError(
            f"{self.path}:{self.line}: {character!r} is not a nucleotide code; expected {LETTERS} "
            "or U in either case: replace it with N or remove it"
        )


@njit(cache=True, nogil=True)
def _read_bases(
    text: Bytes, pos: int, line_start: bool, code_of_byte: Bytes, codes: Bytes
) -> tuple[int, int, int, bool, int]:
    """Codes of the bases from `pos` up to a header, a bad character or the end of the text.

    Gives the position reached, the number of bases and of line breaks, whether a line starts
    there, and which of the three it is.
    """
    count = 0
    lines = 0
    for i in range(pos, text.size):
        byte = text[i]
        code = code_of_byte[byte]
        if code != 255:
            codes[count] = code
            count += 1
            line_start = False
        elif byte == 10:
            lines += 1
            line_start = True
        elif byte == 62 and line_start:
            return i, count, lines, line_start, 1
        elif byte != 13 and byte != 32 and byte != 9:
            return i, count, lines, line_start, 2
    return text.size, count, lines, line_start, 0

"""The packed copy of a FASTA: four bits a base in one file that is memory-mapped.

Layout, little-endian:

    bytes 0..63   magic, version (uint32), zeros (4), offset and size of the footer (uint64), zeros
    bytes 64..    the contigs, each from a whole byte on; an even position is the low half of a byte
    footer        JSON: source (name, size, mtime_ns), sha256 and, by contig, names, lengths and
                  offsets (in bytes, from 64)

The sha256 is of the content and nothing else: for every contig ">name\\n", its letters in upper
case with T for U and without line breaks, "\\n".
"""

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BufferedWriter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.atomic import whole_file
from seqcnn.data.fasta import contig_pieces

MAGIC = b"seqcnnG\n"
VERSION = 1
DATA_OFFSET = 64
PREAMBLE = struct.Struct("<8sI4xQQ32x")

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """What tells one state of a FASTA from another without reading it."""

    name: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, fasta: Path) -> "Source":
        """The state of `fasta` now."""
        status = fasta.stat()
        return cls(fasta.name, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class PackedIndex:
    """The footer of a packed file; offsets are in bytes from the start of the bases."""

    names: tuple[str, ...]
    lengths: tuple[int, ...]
    offsets: tuple[int, ...]
    digest: str
    source: Source


def read_index(path: Path, source: Source) -> PackedIndex | None:
    """The index of the packed file at `path`; None unless it is whole, current and of `source`."""
    try:
        with path.open("rb") as handle:
            magic, version, offset, size = PREAMBLE.unpack(handle.read(PREAMBLE.size))
            if (magic, version) != (MAGIC, VERSION) or path.stat().st_size != offset + size:
                return None
            handle.seek(offset)
            footer = json.loads(handle.read(size))
            index = PackedIndex(
                tuple(footer["names"]),
                tuple(footer["lengths"]),
                tuple(footer["offsets"]),
                footer["sha256"],
                Source(**footer["source"]),
            )
    except (OSError, struct.error, ValueError, KeyError, TypeError):
        return None
    return index if index.source == source else None


def map_bases(path: Path) -> Bytes:
    """The packed bases of the file at `path`, memory-mapped and read-only."""
    # A plain array over the map: numba has no type for numpy's memmap class.
    return np.asarray(np.memmap(path, np.uint8, mode="r", offset=DATA_OFFSET))


def pack_fasta(fasta: Path, target: Path, progress: Progress | None = None) -> None:
    """Write the packed copy of `fasta` to `target`, whole or not at all, in constant memory.

    `progress` is called with the bytes of `fasta` read so far and their total.

    Raises:
        InputError: `fasta` is no sound FASTA (see `contig_pieces`) or `target` cannot be written.
    """
    source = Source.of(fasta)
    with whole_file(target) as temporary, temporary.open("wb") as handle:
        handle.write(bytes(DATA_OFFSET))
        writer = _Packer(handle)
        for name, codes, letters in contig_pieces(fasta, progress):
            writer.add(name, codes, letters)
        footer = json.dumps(writer.finish() | {"source": asdict(source)}).encode()
        offset = handle.tell()
        handle.write(footer)
        handle.seek(0)
        handle.write(PREAMBLE.pack(MAGIC, VERSION, offset, len(footer)))


class _Packer:
    """Appends pieces of contigs to the packed file and keeps what its footer needs."""

    def __init__(self, handle: BufferedWriter) -> None:
        self._handle = handle
        self._hash = hashlib.sha256()
        self._odd = np.empty(0, np.uint8)  # a last base that waits for its other half
        self._written = 0
        self._names: list[str] = []
        self._lengths: list[int] = []
        self._offsets: list[int] = []

    def add(self, name: str, codes: Bytes, letters: Bytes) -> None:
        if not self._names or self._names[-1] != name:
            self._close()
            self._names.append(name)
            self._lengths.append(0)
            self._offsets.append(self._written)
            self._hash.update(f">{name}\n".encode())
        self._lengths[-1] += codes.size
        self._hash.update(letters.data)
        waiting = np.concatenate([self._odd, codes])
        whole = waiting.size // 2 * 2
        self._write(waiting[:whole])
        self._odd = waiting[whole:]

    def finish(self) -> dict[str, object]:
        self._close()
        return {
            "names": self._names,
            "lengths": self._lengths,
            "offsets": self._offsets,
            "sha256": self._hash.hexdigest(),
        }

    def _close(self) -> None:
        if self._odd.size:
            self._write(np.append(self._odd, np.uint8(0)))
            self._odd = self._odd[:0]
        if self._names:
            self._hash.update(b"\n")

    def _write(self, codes: Bytes) -> None:
        self._written += self._handle.write((codes[0::2] | codes[1::2] << 4).data)


@njit(cache=True, nogil=True)
def gather(
    packed: Bytes,
    offsets: Integers,
    lengths: Integers,
    complement: Bytes,
    contig: Integers,
    start: Integers,
    reverse: npt.NDArray[np.bool_],
    out: Bytes,
) -> None:
    """Fill rows of `out` (n, length) with windows; positions off the contig are N (code 4)."""
    width = out.shape[1]
    for row in range(out.shape[0]):
        window = out[row]
        position = start[row]
        i = min(max(-position, 0), width)
        stop = max(min(lengths[contig[row]] - position, width), i)
        window[:i] = 4
        window[stop:] = 4
        position += i
        byte = offsets[contig[row]] + (position >> 1)
        if position & 1 and i < stop:
            window[i] = packed[byte] >> 4
            i += 1
            byte += 1
        pairs = (stop - i) >> 1
        source = packed[byte : byte + pairs]
        target = window[i : i + 2 * pairs]
        for pair in range(pairs):
            target[2 * pair] = source[pair] & 15
            target[2 * pair + 1] = source[pair] >> 4
        if i + 2 * pairs < stop:
            window[stop - 1] = packed[byte + pairs] & 15
        if reverse[row]:
            for left in range((width + 1) >> 1):
                right = width - 1 - left
                code = complement[window[left]]
                window[left] = complement[window[right]]
                window[right] = code

"""A shard: the finished chunks of a part of a genome in one file, `.calls`, to be gathered.

Gzip-compressed JSON lines: what the shard is of (`ShardHead`), what the VCF's header needs, one
line a chunk, and a line that ends it. Calls are those before overlapping ones are resolved, for
what lies across a shard's border decides with.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from seqcnn.atomic import whole_file
from seqcnn.data.call_regions import Region
from seqcnn.errors import InputError

FORMAT = "seqcnn shard 1"
SUFFIX = ".calls"
EDGE = 1 << 16  # bytes of each end of a file that are read to tell it from others
_LEVEL = 5
_DAMAGED = (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class ShardHead:
    """What a shard is of.

    `run` holds, by name, all that shards of one call must share; its values are shown to the user.
    `chunks` are the regions that it holds calls of, in genome order.
    """

    run: Mapping[str, Any]
    chunks: tuple[Region, ...]


class Chunk(NamedTuple):
    """A finished chunk: rows of calls as JSON holds them, and counts by name."""

    calls: list[Any]
    counts: dict[str, int]


def write_shard(
    path: Path | str,
    head: ShardHead,
    header: Mapping[str, Any],
    chunks: Iterable[tuple[Sequence[Any], Mapping[str, int]]],
) -> None:
    """Write a shard, whole or not at all; `chunks` are those of the head, in its order.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(path)
    with whole_file(path) as temporary, temporary.open("wb") as raw:
        # Neither name nor time: the same calls are the same bytes.
        with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
            _write_line(file, {"format": FORMAT, **asdict(head)})
            _write_line(file, header)
            for calls, counts in chunks:
                _write_line(file, [calls, counts])
            _write_line(file, {"end": len(head.chunks)})


def _write_line(file: gzip.GzipFile, value: Any) -> None:
    file.write(json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n")


class ShardReader:
    """An open shard; its chunks are read one after the other, one in memory at a time.

    Raises:
        InputError: missing, not a shard, of another format, cut short or damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            self._file = gzip.open(self.path, "rb")
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from None
        try:
            self.head = self._read_head()
        except BaseException:
            self.close()
            raise

    def header(self) -> dict[str, Any]:
        """What the VCF's header needs; to be read before the chunks."""
        with self._reading():
            return dict(self._line())

    def chunks(self) -> Iterator[Chunk]:
        """The chunks of the head in order, after `header` has been read."""
        for _ in self.head.chunks:
            with self._reading():
                chunk = Chunk(*self._line())
            yield chunk
        with self._reading():
            if self._line() != {"end": len(self.head.chunks)}:
                raise ValueError
            self._file.read()  # to the end, where the checksum of the whole is

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> "ShardReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_head(self) -> ShardHead:
        try:
            saved = self._line()
            known = saved.pop("format")
        except _DAMAGED:
            raise InputError(
                f"{self.path}: is no shard of seqcnn; wanted a file that "
                f"`seqcnn call-variants --out x{SUFFIX}` wrote"
            ) from None
        if known != FORMAT:
            raise InputError(
                f"{self.path}: is of the format '{known}', this seqcnn reads '{FORMAT}'; gather "
                "it with the version that made it"
            )
        with self._reading():
            return ShardHead(dict(saved["run"]), tuple(Region(*one) for one in saved["chunks"]))

    def _line(self) -> Any:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return json.loads(line)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGED as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{self.path}: is cut short or damaged; copy or call it again"
            ) from None


def content_identity(path: Path | str) -> dict[str, Any]:
    """What tells a large file from another wherever it lies: its size, and SHA-256 of its ends."""
    path = Path(path)
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(EDGE))
        file.seek(max(size - EDGE, 0))
        digest.update(file.read(EDGE))
    return {"size": size, "ends": digest.hexdigest()[:16]}


def check_same_run(heads: Sequence[ShardHead], names: Sequence[str]) -> None:
    """Refuse shards that are not of the first one's run.

    Raises:
        InputError: the first that differs, and in what.
    """
    for head, name in zip(heads, names, strict=True):
        for key, wanted in heads[0].run.items():
            found = head.run.get(key)
            if found != wanted:
                raise InputError(
                    f"{name}: is of another run than {names[0]}: {key}: {_shown(found)}, "
                    f"there {_shown(wanted)}; call it again as the others were"
                )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "the default"
    return str(value)

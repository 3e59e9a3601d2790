"""The journal of a run: finished chunks beside the output, so that a killed run goes on from them.

JSON lines, each with a checksum: first what the run was started with, then one a chunk, appended
as chunks finish. A line that was cut off or does not fit its checksum is as if it had not been
written. A killed process loses no line; lines are forced to disk every `SYNC_SECONDS`, so a power
failure loses those since then.
"""

import errno
import fcntl
import hashlib
import json
import math
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, BinaryIO, Self

from seqcnn.errors import InputError

FORMAT = "seqcnn calls 1"
SYNC_SECONDS = 5.0
_CHECKSUM = 8  # hexadecimal digits
_HEAD = b'{"crc":"'
_BODY_AT = len(_HEAD) + _CHECKSUM + len(b'",')
# A lock holds against other processes only; this holds within one.
_open_here: set[Path] = set()


def digest_of(parts: Mapping[str, Any]) -> str:
    """SHA-256 of settings and inputs: everything that the calls depend on, as JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=os.fspath)
    return hashlib.sha256(text.encode()).hexdigest()


def file_identity(path: Path | str) -> dict[str, Any]:
    """What tells a large file from another without reading it: whole path, size, time."""
    found = os.stat(path)
    whole = str(Path(path).resolve())
    return {"path": whole, "size": found.st_size, "modified": found.st_mtime_ns}


class Journal:
    """The journal at `path`, held by this process alone; made by `Journal.open`.

    `done` are the chunks that need not be made again, `failed` those that could not be made, with
    the reason; a chunk leaves `failed` once it is appended. `notes` say what became of the file
    that was found. Memory is two numbers a chunk: payloads stay in the file.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.failed: dict[str, str] = {}
        self.notes: list[str] = []
        self._key = path.resolve()
        self._descriptor = descriptor
        self._places: dict[str, tuple[int, int]] = {}  # offset and length of a chunk's line
        self._size = 0
        self._synced = -math.inf

    @classmethod
    def open(cls, path: Path | str, digest: str, resume: bool = True) -> Self:
        """Open or begin the journal of the run that `digest` identifies.

        With another digest, or without `resume`, what is there is dropped.

        Raises:
            InputError: another process writes it, it is another kind of file, or the folder or
                disk takes no more.
        """
        path = Path(path)
        if path.resolve() in _open_here:
            raise _busy(path)
        journal = cls(path, _open_locked(path))
        _open_here.add(journal._key)
        try:
            journal._begin(digest, resume)
        except BaseException:
            journal.close()
            raise
        return journal

    @property
    def done(self) -> Set[str]:
        """The chunks that are finished."""
        return self._places.keys()

    def append(self, chunk: str, payload: Any) -> None:
        """Add a finished chunk: `payload` is anything that JSON can hold, tuples become lists.

        Raises:
            InputError: the disk is full; what was written before stays.
        """
        place = self._write({"chunk": chunk, "payload": payload})
        self._places[chunk] = place
        self.failed.pop(chunk, None)

    def append_failure(self, chunk: str, reason: str) -> None:
        """Note that a chunk could not be made; the next run tries it again."""
        self._write({"chunk": chunk, "failed": reason})
        self.failed[chunk] = reason

    def read_in_order(self, chunks: Iterable[str]) -> Iterator[Any]:
        """Yield the payload of each of `chunks`, one in memory at a time.

        Raises:
            KeyError: a chunk is not done.
        """
        for chunk in chunks:
            offset, length = self._places[chunk]
            yield json.loads(os.pread(self._descriptor, length, offset))["payload"]

    def close(self) -> None:
        """Write out what the system still holds and let others open the file."""
        if self._descriptor >= 0:
            _open_here.discard(self._key)
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise self._unwritten(error) from error
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def remove(self) -> None:
        """Delete the file: the output stands."""
        # Removed while still locked, so that nobody else's journal can be hit.
        self.path.unlink(missing_ok=True)
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _begin(self, digest: str, resume: bool) -> None:
        first = self._read_first()
        if resume and first == digest:
            self._read_chunks()
            if self.done:
                self.notes.append(f"{self.path}: going on after {len(self.done):,} finished chunks")
            return
        if resume and first is not None:
            self.notes.append(f"{self.path}: is of other settings or inputs; starting anew")
        os.ftruncate(self._descriptor, 0)
        self._write({"journal": FORMAT, "digest": digest})

    def _reader(self) -> BinaryIO:
        # Closing any other descriptor of the file would drop the lock.
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return open(self._descriptor, "rb", closefd=False)

    def _read_first(self) -> str | None:
        """The digest on the first line, None if there is no whole line of ours."""
        with self._reader() as file:
            line = file.readline(4096)
        entry = _parse(line)
        if entry is not None and entry.get("journal") == FORMAT:
            return str(entry["digest"])
        ours = entry is not None and "journal" in entry
        cut_off = not line.endswith(b"\n") and _HEAD.startswith(line[: len(_HEAD)])
        if not line or ours or cut_off:
            return "" if ours else None
        raise InputError(
            f"{self.path}: is not a journal of seqcnn; move it away or name another output"
        )

    def _read_chunks(self) -> None:
        damaged = 0
        with self._reader() as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                place = (self._size, len(line))
                self._size += len(line)
                entry = _parse(line)
                if entry is None:
                    damaged += 1
                elif "failed" in entry:
                    self.failed[entry["chunk"]] = entry["failed"]
                elif "chunk" in entry:
                    self._places[entry["chunk"]] = place
                    self.failed.pop(entry["chunk"], None)
        os.ftruncate(self._descriptor, self._size)
        if damaged:
            self.notes.append(f"{self.path}: {damaged:,} damaged chunks are called again")

    def _write(self, entry: Mapping[str, Any]) -> tuple[int, int]:
        body = json.dumps(entry, separators=(",", ":"), allow_nan=False).encode()
        line = _HEAD + f"{zlib.crc32(body):0{_CHECKSUM}x}".encode() + b'",' + body[1:] + b"\n"
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._descriptor, line[written:], self._size + written)
            if time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(self._descriptor)
                self._synced = time.monotonic()
        except OSError as error:
            os.ftruncate(self._descriptor, self._size)
            raise self._unwritten(error) from error
        place = (self._size, len(line))
        self._size += len(line)
        return place

    def _unwritten(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path}: could not be written ({error.strerror}); finished chunks are kept: "
            "make room and run the same command again"
        )


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n") or not line.startswith(_HEAD):
        return None
    body = b"{" + line[_BODY_AT:-1]
    if line[len(_HEAD) : len(_HEAD) + _CHECKSUM] != f"{zlib.crc32(body):08x}".encode():
        return None
    entry = json.loads(body)
    return entry if isinstance(entry, dict) else None


def _open_locked(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise InputError(
                f"{path}: cannot write the journal here ({error.strerror}); name another output"
            ) from error
        try:
            # Unlike flock, not inherited by forked workers that may outlive a killed parent.
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                os.close(descriptor)
                raise _busy(path) from error
            # Some network file systems have no locks: then there is no guard, and no harm.
        # The run that held it may have removed it between opening and locking.
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _busy(path: Path) -> InputError:
    return InputError(
        f"{path}: another run is writing this output; wait for it or name another output"
    )

"""Where finished chunks are kept: in memory, or in the journal of a run that can resume."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from seqcnn.calling.call import Called
from seqcnn.calling.journal import Journal
from seqcnn.data.alignments import CorruptRegion
from seqcnn.data.call_regions import Region


class Store(Protocol):
    """Where finished chunks are kept."""

    def has(self, chunk: Region) -> bool: ...

    def add(self, chunk: Region, called: Called) -> None: ...

    def fail(self, chunk: Region, error: CorruptRegion) -> None: ...

    def read(self, chunks: Sequence[Region]) -> Iterator[tuple[Iterable[Any], dict[str, int]]]:
        """Calls and counts of the chunks, in their order."""
        ...


class InMemory:
    def __init__(self) -> None:
        self._called: dict[Region, Called] = {}

    def has(self, chunk: Region) -> bool:
        return chunk in self._called

    def add(self, chunk: Region, called: Called) -> None:
        self._called[chunk] = called

    def fail(self, chunk: Region, error: CorruptRegion) -> None:
        """Nothing is kept of it."""

    def read(self, chunks: Sequence[Region]) -> Iterator[tuple[Iterable[Any], dict[str, int]]]:
        return iter([self._called[chunk] for chunk in chunks])


class InJournal:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def has(self, chunk: Region) -> bool:
        return str(chunk) in self._journal.done

    def add(self, chunk: Region, called: Called) -> None:
        self._journal.append(str(chunk), called)

    def fail(self, chunk: Region, error: CorruptRegion) -> None:
        self._journal.append_failure(str(chunk), str(error))

    def read(self, chunks: Sequence[Region]) -> Iterator[tuple[Iterable[Any], dict[str, int]]]:
        return ((calls, counts) for calls, counts in self._journal.read_in_order(map(str, chunks)))

"""Records of a VCF a block at a time, with the windows to score them by, made ahead of use."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar, cast

import numpy as np

from seqcnn.data.variant_stream import VariantLine, VariantStream
from seqcnn.effects.alleles import AlleleReader, Alleles
from seqcnn.effects.score import NUMBERS, Launched, VariantScorer, exchanged
from seqcnn.effects.windows import Windows, variant_windows

Item = TypeVar("Item")


@dataclass(frozen=True)
class Block:
    """Some records: `lines`, their alleles, and the windows of those that are scored."""

    index: int
    lines: Sequence[VariantLine]
    alleles: Alleles
    windows: Windows
    read: int  # bytes of the file up to its end


@dataclass(frozen=True)
class Scored:
    """A block and `NUMBERS` of each of its alleles (8, n, T), NaN where there is no score."""

    block: Block
    numbers: np.ndarray


@dataclass(frozen=True)
class BlockReader:
    """Cuts a stream into blocks of `size` records and lays out windows of `length` bp.

    An allele with more than a share `max_n` of N in one of its windows is not scored.
    """

    alleles: AlleleReader
    length: int
    shifts: Sequence[int]
    max_n: float
    size: int

    def blocks(self, stream: VariantStream, skip: int = 0) -> Iterator[Block]:
        """The blocks of `stream`, without the first `skip`."""
        return self.blocks_of(stream, stream, skip)

    def blocks_of(
        self, stream: VariantStream, lines: Iterable[VariantLine], skip: int = 0
    ) -> Iterator[Block]:
        """Blocks of some `lines` of `stream`."""
        for index, chunk in enumerate(_chunks(lines, self.size)):
            if index < skip:
                self.alleles.pass_over(stream, chunk)
            else:
                yield self._block(index, chunk, stream)

    def _block(self, index: int, lines: Sequence[VariantLine], stream: VariantStream) -> Block:
        alleles = self.alleles.read(stream, lines)
        windows = variant_windows(self.alleles.genome, alleles.changes, self.length, self.shifts)
        bad = windows.unknown() > self.max_n
        if bad.any():
            status = list(alleles.status)
            for row in alleles.rows[bad].tolist():
                status[row] = "window_n"
            changes = alleles.changes.subset(np.flatnonzero(~bad))
            alleles = replace(
                alleles,
                status=status,
                rows=alleles.rows[~bad],
                changes=changes,
                swapped=alleles.swapped[~bad],
            )
            windows = variant_windows(self.alleles.genome, changes, self.length, self.shifts)
        return Block(index, lines, alleles, windows, stream.read)


def scored_blocks(scorer: VariantScorer, blocks: Iterator[Block]) -> Iterator[Scored]:
    """Each block with its scores, within `scorer.ready()`.

    The device is given a block before the scores of the one before are waited for and used.
    """
    waiting = None
    for block in ahead(blocks):
        launched = (block, scorer.launch(block.windows))
        if waiting is not None:
            yield _finished(*waiting)
        waiting = launched
    if waiting is not None:
        yield _finished(*waiting)


def _finished(block: Block, launched: Launched) -> Scored:
    alleles = block.alleles
    found = launched.numbers()
    if alleles.swapped.any():
        found = exchanged(found, alleles.swapped)
    numbers = np.full((len(NUMBERS), len(alleles), found.shape[2]), np.nan, np.float32)
    numbers[:, alleles.rows] = found
    return Scored(block, numbers)


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    every = iter(items)
    while chunk := list(islice(every, size)):
        yield chunk


def ahead(items: Iterator[Item], depth: int = 2) -> Iterator[Item]:
    """`items`, made by a thread up to `depth` before they are asked for; its errors come here."""
    worker = ThreadPoolExecutor(1, thread_name_prefix="variants")
    end = object()
    waiting = deque(worker.submit(next, items, end) for _ in range(depth))
    try:
        while (item := waiting.popleft().result()) is not end:
            waiting.append(worker.submit(next, items, end))
            yield cast(Item, item)
    finally:
        worker.shutdown(wait=True, cancel_futures=True)

"""Scored blocks turned into text and written by a thread, while the networks read the next."""

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Self

from seqcnn.api.score_variants_part import Part
from seqcnn.effects.variant_blocks import Scored

_WAITING = 2  # blocks; more would only take memory


class BlockWriter:
    """Writes blocks to `part` in the order in which they are added, as `text` tells them.

    Leaving the context waits for what was added. After an error no later block is written, and the
    error is raised by the next `add` or at the end.
    """

    def __init__(self, part: Part, text: Callable[[Scored], str]) -> None:
        self._part, self._text = part, text
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="writing")
        self._waiting: deque[Future[None]] = deque()
        self._sound = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        wait(self._waiting)
        self._worker.shutdown()
        if kind is None:
            for one in self._waiting:
                one.result()

    def add(self, scored: Scored) -> None:
        """Write a block soon; waits where two others wait."""
        while len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._worker.submit(self._write, scored))

    def _write(self, scored: Scored) -> None:
        if self._sound:
            self._sound = False
            self._part.write(self._text(scored))
            self._part.finish_block(Counter(scored.block.alleles.status))
            self._sound = True

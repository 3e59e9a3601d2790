"""The progress of calling: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn

from seqcnn.calling.call import Called
from seqcnn.data.call_regions import Region
from seqcnn.training.bar import Bar

LINE_EVERY = 20.0  # seconds between lines where there is no terminal


class CallingBar:
    """Positions done, calls, and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, chunks: Sequence[Region], left: Sequence[Region], console: Console) -> None:
        self._total = sum(chunk.end - chunk.start for chunk in chunks)
        self._done = self._total - sum(chunk.end - chunk.start for chunk in left)
        self._calls = 0
        self._console = console
        self._progress = Bar(
            TextColumn("calling"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} bp"),
            TextColumn("{task.fields[calls]:,} variants"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task: TaskID | None = None
        self._last_line = time.monotonic()

    def __enter__(self) -> "CallingBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, chunk: Region, called: Called) -> None:
        """Show that a chunk is done."""
        if self._task is None:
            self._task = self._progress.add_task("", total=self._total, calls=0)
            self._progress.start()
        self._done += chunk.end - chunk.start
        self._calls += sum(call.is_variant for call in called.calls)
        self._progress.update(self._task, completed=self._done, calls=self._calls)
        now = time.monotonic()
        if self._progress.disable and now - self._last_line > LINE_EVERY:
            self._last_line = now
            self._console.print(
                f"calling: {self._done:,} of {self._total:,} bp, {self._calls:,} variants"
            )

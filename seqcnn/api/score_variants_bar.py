"""The progress of score-variants: a bar on a terminal, a line now and then elsewhere."""

import time

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn

from seqcnn.training.bar import Bar

LINE_EVERY = 20.0  # seconds between lines where there is no terminal


class ScoringBar:
    """Share of the file that was read, variants, and variants a second."""

    def __init__(self, console: Console, size: int) -> None:
        self._size = size
        self._done = 0
        self._began = self._last_line = time.monotonic()
        self._console = console
        self._progress = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "ScoringBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def background(self, number: int, total: int) -> None:
        """Show that so many variants of the background are done."""
        task = self._task("background", total)
        self._progress.update(task, advance=number)
        self._began = time.monotonic()

    def advance(self, records: int, read: int) -> None:
        """Show that so many records are done, the file being read up to `read` bytes."""
        self._done += records
        now = time.monotonic()
        rate = f"{self._done:,} variants, {self._done / max(now - self._began, 1e-9):,.0f}/s"
        self._progress.update(self._task("scoring", self._size), completed=read, rate=rate)
        if self._progress.disable and now - self._last_line > LINE_EVERY:
            self._last_line = now
            self._console.print(f"scoring: {read / max(self._size, 1):.0%}, {rate}")

    def _task(self, name: str, total: int) -> TaskID:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, rate="")
        return self._tasks[name]

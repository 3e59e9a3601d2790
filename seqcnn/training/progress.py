"""The progress of a run: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from seqcnn.training.bar import Bar

LINE_EVERY = 20.0  # seconds, where there is no terminal


def training_progress(console: Console | None = None) -> Bar:
    """A bar with device, steps, sequences/s, loss and time left, for `fit(progress=...)`."""
    console = console or Console()
    # Where no bar is seen, `Report` prints lines.
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
        TextColumn("{task.fields[speed]:,.0f} seq/s"),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TextColumn("{task.fields[validation]}"),
        TextColumn("{task.fields[left]} left"),
        console=console,
    )


class Report:
    """Tells `progress` where the loop stands; silent without one."""

    def __init__(self, progress: Progress | None, title: str, total: int, step: int) -> None:
        self._progress = progress
        self._title, self._total = title, total
        self._validation = ""
        self._loss = float("nan")
        self._last_line = time.monotonic()
        if progress is not None:
            self._task = progress.add_task(
                title, total=total, completed=step, speed=0.0, loss=self._loss,
                validation="", left="-",
            )  # fmt: skip

    def validated(self, name: str, value: float) -> None:
        """Remember the last value of the monitored metric."""
        self._validation = f"{name} {value:.4f}"

    def advance(self, step: int, loss: float, speed: float, batch_size: int) -> None:
        """Show `step` done at `speed` sequences/s."""
        if self._progress is None:
            return
        seconds = round((self._total - step) * batch_size / speed) if speed > 0 else 0
        left = f"{seconds // 60}:{seconds % 60:02d}"
        self._progress.update(
            self._task, completed=step, speed=speed, loss=loss,
            validation=self._validation, left=left,
        )  # fmt: skip
        if not self._progress.disable:
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY:
            self._last_line = now
            self._progress.console.print(
                f"{self._title} · step {step}/{self._total} · {speed:,.0f} seq/s · "
                f"loss {loss:.4f} · {self._validation or 'not validated yet'} · {left} left",
                highlight=False,
                soft_wrap=True,
            )

    def close(self) -> None:
        """Take the bar off, so that a next member of an ensemble starts its own."""
        if self._progress is not None:
            self._progress.stop_task(self._task)


@contextmanager
def reporting(progress: Progress | None, title: str, total: int, step: int) -> Iterator[Report]:
    """A `Report` for one run, closed at the end."""
    report = Report(progress, title, total, step)
    try:
        yield report
    finally:
        report.close()


class Speed:
    """Sequences a second over stretches of steps, with the pauses for validation left out."""

    def __init__(self, batch_size: int) -> None:
        self.steps = 0
        self._batch_size = batch_size
        self._start = time.perf_counter()
        self._sequences, self._seconds = 0, 0.0

    def rate(self) -> float:
        """Of the stretch under way."""
        return self.steps * self._batch_size / (time.perf_counter() - self._start)

    def pause(self) -> float:
        """End the stretch; its rate."""
        rate = self.rate()
        self._sequences += self.steps * self._batch_size
        self._seconds += time.perf_counter() - self._start
        self.steps = 0
        return rate

    def resume(self) -> None:
        """Begin a stretch."""
        self._start = time.perf_counter()

    def overall(self) -> float:
        """Of all stretches ended."""
        return self._sequences / self._seconds if self._seconds else 0.0

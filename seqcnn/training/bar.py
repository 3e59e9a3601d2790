"""The one bar of all long work: on a terminal by rich, in a notebook an output that updates.

rich shows bars in notebooks through ipywidgets, warns at every refresh where they are missing, and
leaves nothing in a saved notebook where they are there. One output that is replaced needs neither.
"""

import io
import time
from typing import Any

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TaskID

AFTER = 0.5  # seconds of work before a notebook shows a bar
EVERY = 0.2  # seconds between two looks of it
WIDTH = 100  # letters
_LOOK = "<pre style='margin:0;line-height:1.4;overflow-x:auto;background:none'>{code}</pre>"


def shows_bars(console: Console) -> bool:
    """Whether a bar can be seen: on a terminal or in a notebook, unless the console is quiet."""
    return (console.is_terminal or console.is_jupyter) and not console.quiet


class Bar(Progress):
    """rich's `Progress` where bars can be seen, silent elsewhere.

    With `transient` nothing is left at the end.
    """

    def __init__(
        self, *columns: str | ProgressColumn, console: Console, transient: bool = False
    ) -> None:
        super().__init__(
            *columns, console=console, transient=transient, disable=not shows_bars(console)
        )
        self._transient = transient
        self._output: str | None = None  # of a notebook
        self._under_way = False
        self._due = 0.0

    def start(self) -> None:
        """Show the bar."""
        if not self.console.is_jupyter:
            super().start()
        elif not self.disable:
            self._under_way = True
            self._due = time.monotonic() + AFTER

    def stop(self) -> None:
        """Show the end, or take the bar off."""
        if not self.console.is_jupyter:
            super().stop()
        elif self._under_way:
            if not self._transient:
                self._draw()
            elif self._output is not None:
                self._show("", "")
            self._under_way, self._output = False, None

    def refresh(self) -> None:
        """Draw the bar as it now is."""
        if not self.console.is_jupyter:
            super().refresh()
        else:
            self._draw_in_time()

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Change what is known of a task."""
        super().update(task_id, **changes)
        self._draw_in_time()

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Count further steps of a task."""
        super().advance(task_id, advance)
        self._draw_in_time()

    def _draw_in_time(self) -> None:
        if self._under_way and time.monotonic() > self._due:
            self._draw()

    def _draw(self) -> None:
        self._due = time.monotonic() + EVERY
        drawn = Console(
            file=io.StringIO(), record=True, width=WIDTH, force_terminal=True,
            force_jupyter=False, color_system="truecolor", legacy_windows=False,
        )  # fmt: skip
        drawn.print(self.get_renderable())
        html = drawn.export_html(inline_styles=True, code_format=_LOOK, clear=False)
        self._show(html, drawn.export_text())

    def _show(self, html: str, text: str) -> None:
        from IPython.display import display

        content = {"text/html": html, "text/plain": text}
        if self._output is None:
            handle = display(content, raw=True, display_id=True)
            self._output = handle.display_id
        else:  # in place of what stands there
            display(content, raw=True, display_id=self._output, update=True)

"""The bar of long work, on a terminal, in a notebook and elsewhere."""

import io
from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, TextColumn

from seqcnn.training import bar as bars
from seqcnn.training.bar import Bar, shows_bars


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What a notebook is given to show."""
    given = []

    class Handle:
        display_id = "one"

    def display(content: dict[str, str], **how: Any) -> Handle:
        given.append((content, how))
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(bars, "AFTER", 0.0)
    monkeypatch.setattr(bars, "EVERY", 0.0)
    return given


def work(console: Console, steps: int = 5, *, transient: bool = False) -> None:
    with Bar(TextColumn("w <b>"), BarColumn(), console=console, transient=transient) as bar:
        task = bar.add_task("", total=steps)
        for _ in range(steps):
            bar.advance(task)


def test_a_notebook_has_one_output_that_updates(shown):
    work(Console(force_jupyter=True, file=io.StringIO()))
    assert len(shown) == 7  # as it begins, five steps, the end
    assert [how.get("update", False) for _, how in shown] == [False] + [True] * 6
    assert {how["display_id"] for _, how in shown} == {True, "one"}
    content = shown[-1][0]
    assert set(content) == {"text/html", "text/plain"}
    assert "w &lt;b&gt;" in content["text/html"]


def test_a_transient_bar_leaves_nothing_in_a_notebook(shown):
    work(Console(force_jupyter=True, file=io.StringIO()), transient=True)
    assert shown[-1][0] == {"text/html": "", "text/plain": ""}


def test_short_work_shows_no_transient_bar_in_a_notebook(shown, monkeypatch):
    monkeypatch.setattr(bars, "AFTER", 60.0)
    work(Console(force_jupyter=True, file=io.StringIO()), transient=True)
    assert shown == []


@pytest.mark.parametrize("kind", [{"force_jupyter": True}, {"force_terminal": True}])
def test_a_quiet_console_has_no_bar(shown, kind):
    out = io.StringIO()
    console = Console(file=out, quiet=True, **kind)
    assert not shows_bars(console)
    work(console)
    assert (shown, out.getvalue()) == ([], "")


def test_a_terminal_shows_the_bar():
    out = io.StringIO()
    work(Console(file=out, force_terminal=True, force_jupyter=False, width=60))
    assert "w <b>" in out.getvalue()


def test_a_file_gets_no_bar():
    out = io.StringIO()
    work(Console(file=out, force_terminal=False, force_jupyter=False))
    assert out.getvalue() == ""

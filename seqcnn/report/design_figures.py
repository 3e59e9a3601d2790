"""Figures of designed sequences: how outputs move edit by edit, and which bases were changed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqcnn.report.logo import draw_logo
from seqcnn.report.style import BLUE, CYCLE, FAINT, INK, QUIET, shortened

MOST_OUTPUTS = len(CYCLE)
MOST_SEQUENCES = 6
LINE = 100  # bp of a sequence a line, unless all of it is not much more
MOST_LINES = 18
GREY = "#9aa5b1"


def trajectory_figure(
    steps: pd.DataFrame,
    wanted: Mapping[str, int],
    units: Mapping[str, str],
    until: float | None,
    objective: str,
) -> Figure:
    """Objective, and values of outputs (`wanted`: 1 to raise, -1 to lower, 0), over edits.

    Thin lines are the sequences, bold ones their mean; a finished sequence keeps its last value.
    """
    names = list(wanted)[:MOST_OUTPUTS]
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _lines(left, _by_step(steps, "objective"), BLUE, "-", None)
    left.set_ylabel("objective" if objective == "value" else "objective (logit)")
    for colour, name in zip(CYCLE, names, strict=False):
        word, style = {1: ("raise", "-"), -1: ("lower", "--"), 0: ("watched", ":")}[wanted[name]]
        label = f"{shortened(name, 34)} ({word})"
        _lines(right, _by_step(steps, f"{name} value"), colour, style, label)
    shown = {units[name] for name in names}
    right.set_ylabel(" or ".join(sorted(shown)))
    if shown == {"probability"}:
        right.set_ylim(-0.03, 1.03)
    if until is not None:
        goals = {until if sign > 0 else 1 - until for sign in wanted.values() if sign}
        for goal in sorted(goals):
            right.axhline(goal, color=QUIET, lw=0.8, ls=":")
    for axes in (left, right):
        axes.set_xlabel("edits")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=min(2, len(labels)))
    return figure


def _by_step(steps: pd.DataFrame, column: str) -> np.ndarray:
    """Values (N, steps) of N sequences; the last value stays to the end."""
    groups = [rows[column].to_numpy(float) for _, rows in steps.groupby("sequence", sort=False)]
    longest = max(map(len, groups))
    return np.stack([np.pad(row, (0, longest - len(row)), mode="edge") for row in groups])


def _lines(axes: Axes, values: np.ndarray, colour: str, style: str, label: str | None) -> None:
    x = np.arange(values.shape[1])
    marker = "o" if values.shape[1] == 1 else ""
    for row in values[:100]:
        axes.plot(x, row, color=colour, lw=0.7, alpha=0.35, ls=style)
    axes.plot(x, values.mean(axis=0), color=colour, lw=2, ls=style, label=label, marker=marker)


def edits_figure(
    codes: Sequence[np.ndarray],
    starts: Sequence[np.ndarray],
    names: Sequence[str],
) -> Figure:
    """The designed sequences (codes (L,) each), changed bases in colour above those that they
    replaced; of long sequences only lines that hold a change.
    """
    width = len(codes[0]) if len(codes[0]) <= 1.3 * LINE else LINE
    blocks = _blocks(codes, starts, names, width)
    figure = Figure(figsize=(11, 0.35 + 0.62 * len(blocks)), layout="constrained")
    panels = figure.subplots(len(blocks), 1, squeeze=False)[:, 0]
    for axes, (row, first, title) in zip(panels, blocks, strict=True):
        _line(axes, codes[row], starts[row], first, width)
        if title:
            axes.set_title(title, fontsize=8.5, pad=3)
    panels[-1].set_xlabel("position in the window, bp from its start (0-based)")
    return figure


def _blocks(
    codes: Sequence[np.ndarray], starts: Sequence[np.ndarray], names: Sequence[str], width: int
) -> list[tuple[int, int, str]]:
    """(sequence, first base, title of the sequence's first line) of each line that is drawn."""
    blocks = []
    for row in range(min(len(codes), MOST_SEQUENCES)):
        changed = np.flatnonzero(codes[row] != starts[row])
        title = f"{shortened(names[row], 60)}: {len(changed)} bases changed"
        lines = sorted({int(position) // width * width for position in changed}) or [0]
        for first in lines:
            blocks.append((row, first, title))
            title = ""
    return blocks[:MOST_LINES]


def _line(axes: Axes, codes: np.ndarray, start: np.ndarray, first: int, width: int) -> None:
    part, before = codes[first : first + width], start[first : first + width]
    changed = part != before
    letters = (part[None] == np.arange(4)[:, None]).astype(float)
    _letters(axes, letters * ~changed, GREY)
    _letters(axes, letters * changed, None)
    replaced = (before[None] == np.arange(4)[:, None]) * changed
    _letters(axes, replaced * -0.75, QUIET)
    for place in np.flatnonzero(changed):
        axes.axvspan(place - 0.5, place + 0.5, color=FAINT, alpha=0.5, lw=0, zorder=0)
    ticks = np.arange(0, len(part), 10)
    axes.set_xticks(ticks, [str(first + tick) for tick in ticks])
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(-0.85, 1.05)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7.5, labelcolor=INK)


def _letters(axes: Axes, heights: np.ndarray, colour: str | None) -> None:
    """Letters of these heights (4, w), in one colour or in those of the bases."""
    known = len(axes.patches)
    draw_logo(axes, heights, kind="score")
    if colour is not None:
        for patch in axes.patches[known:]:
            patch.set_facecolor(colour)

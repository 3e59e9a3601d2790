"""Figures of training, ranking curves, GC content and filters; they know nothing of HTML."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcnn.report.logo import draw_logo
from seqcnn.report.records import Curves, HistoryRow, Member, Nouns
from seqcnn.report.style import (
    CNN,
    CYCLE,
    INK,
    ORANGE,
    QUIET,
    RED,
    panel,
    shortened,
    styled,
)

_FEW = 6  # curves that can be told apart by colour
_LINES = 20  # curves that can be drawn one by one in grey
_NOUNS = Nouns()


@styled()
def loss_curves(members: Sequence[Member]) -> Figure:
    """Training and validation loss by step, best step marked, learning rate in a strip below."""
    rates = any(row.lr is not None for member in members for row in member.history)
    figure = Figure(figsize=(4.8, 3.8 if rates else 3.2), layout="constrained")
    if rates:
        axes, strip = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        for member in members:
            strip.plot(*_series(member.history, "lr"), color=QUIET, linewidth=1)
        strip.set_ylabel("learning\nrate", fontsize=8)
        highest = max(row.lr or 0.0 for member in members for row in member.history)
        strip.set_yticks([0, highest], ["0", f"{highest:.2g}"], fontsize=8)
        strip.set_ylim(0, highest * 1.1 or 1)
        lowest = strip
    else:
        axes = lowest = figure.subplots()
    alpha = 1.0 if len(members) == 1 else 0.6
    for index, member in enumerate(members):
        train, val = ("training", "validation") if index == 0 else (None, None)
        axes.plot(
            *_series(member.history, "train_loss"), color=ORANGE, alpha=alpha, label=train, lw=1.2
        )
        axes.plot(*_series(member.history, "val_loss"), color=CNN, alpha=alpha, label=val)
        _mark_best(axes, member, "val_loss", first=index == 0)
    axes.set_ylabel("loss")
    axes.legend(loc="upper right")
    _count_steps(lowest)
    return figure


@styled()
def metric_curves(members: Sequence[Member], name: str) -> Figure:
    """The validation metric by step, best step marked; one line a member of the ensemble."""
    figure, axes = panel(4.8, 3.8)
    for index, member in enumerate(members):
        alpha = 1.0 if len(members) == 1 else 0.7
        axes.plot(*_series(member.history, "val_metric"), color=CNN, alpha=alpha)
        _mark_best(axes, member, "val_metric", first=index == 0)
    axes.set_ylabel(name)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")
    _count_steps(axes)
    return figure


def _series(history: Sequence[HistoryRow], column: str) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(row.step, getattr(row, column)) for row in history]
    known = [(step, value) for step, value in pairs if value is not None and np.isfinite(value)]
    return np.array([step for step, _ in known]), np.array([value for _, value in known])


def _mark_best(axes: Axes, member: Member, column: str, *, first: bool) -> None:
    steps, values = _series(member.history, column)
    at = np.flatnonzero(steps == member.best_step)
    if member.best_step is None or not at.size:
        return
    x, y = steps[at[0]], values[at[0]]
    axes.plot(
        [x], [y], "o", color="white", markeredgecolor=INK, markersize=6, markeredgewidth=1.3,
        label="best step, kept" if first else None, zorder=5,
    )  # fmt: skip


def _count_steps(axes: Axes) -> None:
    axes.set_xlabel("optimiser step")
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


@styled()
def roc_curves(curves: Sequence[Curves], nouns: Nouns = _NOUNS) -> Figure:
    """ROC curves: each by its colour when few, best, median and worst over a band when many."""
    figure, axes = panel(4.8, _curve_height(len(curves)))
    lines = [(c.name, c.false_positive_rate, c.true_positive_rate) for c in curves]
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), label="chance")
    _ranked_lines(axes, lines, nouns)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    _legend_below(figure, axes)
    return figure


@styled()
def precision_recall_curves(curves: Sequence[Curves], nouns: Nouns = _NOUNS) -> Figure:
    """Precision-recall curves, drawn like the ROC; chance is the mean share of positives."""
    figure, axes = panel(4.8, _curve_height(len(curves)))
    chance = float(np.mean([c.positive_share for c in curves]))
    label = "chance" if len(curves) == 1 else f"chance (mean {nouns.output})"
    axes.axhline(chance, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), label=label)
    _ranked_lines(axes, [(c.name, c.recall, c.precision) for c in curves], nouns)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(xlabel="recall", ylabel="precision")
    _legend_below(figure, axes)
    return figure


def _curve_height(count: int) -> float:
    """Inches for a square panel with the names of `count` curves below it, two a line."""
    names = 1 + (count if count <= _FEW else 3 if count <= _LINES else 4)
    return 4.55 + 0.19 * (names - names // 2)


def _legend_below(figure: Figure, axes: Axes) -> None:
    """Names below the panel, where they hide no curve."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, columnspacing=1.4)


def _ranked_lines(
    axes: Axes, lines: Sequence[tuple[str, np.ndarray, np.ndarray]], nouns: Nouns
) -> None:
    """Draw (name, x, y) lines, ranked by the area below them."""
    if len(lines) <= _FEW:
        for index, (name, x, y) in enumerate(lines):
            label = shortened(name, 24)
            axes.plot(x, y, color=CYCLE[index], label=label, lw=1.8 if len(lines) == 1 else 1.3)
        return
    ranked = sorted(lines, key=lambda line: abs(float(np.trapezoid(line[2], line[1]))))
    if len(lines) <= _LINES:
        for _, x, y in ranked:
            axes.plot(x, y, color="#aab4bf", linewidth=0.8)
    else:
        grid = np.linspace(0, 1, 201)
        heights = np.array([_resampled(grid, x, y) for _, x, y in ranked])
        low, high = np.quantile(heights, [0.1, 0.9], axis=0)
        label = f"10-90 % of {nouns.outputs}"
        axes.fill_between(grid, low, high, color="#cfd8e1", lw=0, label=label)
    chosen = {"best": -1, "median": len(ranked) // 2, "worst": 0}
    for (word, index), colour in zip(chosen.items(), (CNN, INK, RED), strict=True):
        name, x, y = ranked[index]
        axes.plot(x, y, color=colour, linewidth=1.6, label=f"{word}: {shortened(name, 24)}")


def _resampled(grid: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    order = np.argsort(x, kind="stable")
    return np.interp(grid, np.asarray(x)[order], np.asarray(y)[order])


@styled()
def gc_histogram(positive: np.ndarray, negative: np.ndarray) -> Figure:
    """GC content of positives and negatives, each summing to 100 %."""
    figure, axes = panel(4.8, 3.0)
    edges = np.linspace(0, 1, 41)
    for values, colour, label in ((positive, CNN, "positives"), (negative, ORANGE, "negatives")):
        values = np.asarray(values)[np.isfinite(values)]
        share = 100 * np.histogram(values, edges)[0] / max(1, values.size)
        axes.stairs(share, 100 * edges, color=colour, linewidth=1.5, label=label)
        axes.stairs(share, 100 * edges, color=colour, alpha=0.12, fill=True)
    axes.set(xlabel="GC content (%)", ylabel="sequences (%)", xlim=(0, 100))
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return figure


@styled()
def filter_logo(matrix: np.ndarray, *, top: float, letters: str = "ACGT") -> Figure:
    """One filter as a logo without axes, `top` bits high, so that a grid shares one scale."""
    width = max(1.2, 0.125 * np.asarray(matrix).shape[1])
    figure = Figure(figsize=(width, 0.72))
    axes = figure.add_axes((0, 0.02, 1, 0.96))
    draw_logo(axes, matrix, kind="information", letters=letters)
    axes.set_ylim(0, top)
    axes.set_yticks([])
    axes.set_xticks([])
    axes.grid(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(side == "bottom")
    axes.spines["bottom"].set_color(QUIET)
    return figure

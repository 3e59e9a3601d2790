"""Figures of attributions: logos of sequences, the gate's tests, patterns beside known motifs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcnn.report.logo import draw_logo
from seqcnn.report.style import BLUE, FAINT, INK, ORANGE, QUIET, RED, shortened, styled
from seqcnn.report.words import decimal

WIDTH = 8.6
ZOOM = 100  # bp that a logo shows
ALL_UP_TO = 110  # bp of a window that is shown whole


@dataclass(frozen=True)
class Attributed:
    """One sequence: actual attributions (4, L), its name and the output that they explain."""

    name: str
    actual: np.ndarray
    output: float


@dataclass(frozen=True)
class PatternShown:
    """A pattern's mean attributions (4, w), and the known motif (4, v) like it, whose column
    `offset` lies under the pattern's first."""

    title: str
    contribution: np.ndarray
    match: np.ndarray | None = None
    match_title: str = ""
    offset: int = 0


def attribution_logos(sequences: Sequence[Attributed], *, unit: str) -> Figure:
    """A logo of each sequence; of long ones the part with most, under a track of the whole.

    Positions count from 0, the first base of the window.
    """
    length = sequences[0].actual.shape[1]
    long = length > ALL_UP_TO
    heights = [0.5, 1.05] if long else [1.15]
    with styled():
        figure = Figure(figsize=(WIDTH, len(sequences) * (sum(heights) + 0.62) + 0.3))
        figure.set_layout_engine("constrained", h_pad=0.03, hspace=0.02)
        grid = figure.add_gridspec(
            len(sequences) * len(heights), 1, height_ratios=heights * len(sequences)
        )
        for number, one in enumerate(sequences):
            first = number * len(heights)
            start, end = zoom(np.abs(one.actual).sum(0))
            top = figure.add_subplot(grid[first])
            top.set_title(f"{shortened(one.name, 60)}   {unit} {decimal(one.output, 2)}")
            if long:
                _whole_track(top, one.actual.sum(0), start, end)
            axes = figure.add_subplot(grid[first + 1]) if long else top
            draw_logo(axes, one.actual[:, start:end], kind="score")
            _finish_logo(axes, start, end)
            axes.set_ylabel(f"attribution\n({unit})")
        axes.set_xlabel("position in the window (bp)")
        figure.align_ylabels()
    return figure


def zoom(strength: np.ndarray) -> tuple[int, int]:
    """Start and end of the `ZOOM` positions with the greatest sum; all where they are few."""
    if len(strength) <= ALL_UP_TO:
        return 0, len(strength)
    sums = np.convolve(strength, np.ones(ZOOM), mode="valid")
    start = int(sums.argmax())
    return start, start + ZOOM


def _whole_track(axes: Axes, values: np.ndarray, start: int, end: int) -> None:
    axes.axvspan(start - 0.5, end - 0.5, color=FAINT, alpha=0.6, lw=0)
    axes.fill_between(np.arange(len(values)), values, step="mid", color=BLUE, lw=0, rasterized=True)
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.grid(visible=False)
    axes.tick_params(labelsize=7.5)


def _finish_logo(axes: Axes, start: int, end: int) -> None:
    axes.axhline(0, color=QUIET, lw=0.6)
    step = 10 if end - start > 30 else 5
    ticks = np.arange(-(-start // step) * step, end, step)
    axes.set_xticks(ticks - start, [str(tick) for tick in ticks])
    axes.grid(visible=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))


def gate_figure(
    *,
    expected: np.ndarray,
    summed: np.ndarray | None,
    mutated: np.ndarray,
    attributed: np.ndarray,
    correlation: float,
    randomised: np.ndarray,
    limits: tuple[float, float],
    unit: str,
) -> Figure:
    """The three tests: sums over what they should be, attributions over what mutagenesis finds,
    and likeness to networks with shuffled weights, with its limits. No `summed`, no first panel.
    """
    with styled():
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        parts = figure.subplots(1, 3 if summed is not None else 2, squeeze=False)[0].tolist()
        if summed is not None:
            axes = parts.pop(0)
            _diagonal(axes, expected, summed)
            axes.plot(expected, summed, "o", ms=3, color=BLUE, alpha=0.5, mew=0, rasterized=True)
            axes.set_title("Convergence: one dot a sequence")
            axes.set_xlabel(f"change from the references ({unit})")
            axes.set_ylabel(f"sum of attributions ({unit})")
        axes = parts.pop(0)
        kept = np.isfinite(mutated) & np.isfinite(attributed)
        axes.axhline(0, color=FAINT, lw=0.8)
        axes.axvline(0, color=FAINT, lw=0.8)
        axes.plot(
            mutated[kept],
            attributed[kept],
            "o",
            ms=2.5,
            color=BLUE,
            alpha=0.35,
            mew=0,
            rasterized=True,
        )
        axes.set_title(f"Mutagenesis: one dot a base, r {decimal(correlation, 2)}")
        axes.set_xlabel(f"mean loss when the base changes ({unit})")
        axes.set_ylabel(f"attribution ({unit})")
        _randomised(parts.pop(0), randomised, limits)
    return figure


def _diagonal(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    axes.plot([low, high], [low, high], color=ORANGE, lw=1)


def _randomised(axes: Axes, values: np.ndarray, limits: tuple[float, float]) -> None:
    axes.bar(np.arange(1, len(values) + 1), np.nan_to_num(values), width=0.6, color=BLUE)
    for limit, colour, word in zip(limits, (ORANGE, RED), ("warning", "bad"), strict=True):
        axes.axhline(limit, color=colour, lw=1, ls="--")
        axes.text(
            len(values) + 0.55, limit, f"{word} ", color=INK, ha="right", va="bottom", fontsize=8
        )
    axes.set_ylim(0, max(0.62, float(np.nan_to_num(values).max()) * 1.1))
    axes.set_xlim(0.4, len(values) + 0.6)
    axes.set_xticks(np.arange(1, len(values) + 1))
    axes.set_title("Randomised weights")
    axes.set_xlabel("network with shuffled weights")
    axes.set_ylabel("|Spearman| with the trained one")
    axes.grid(visible=False, axis="x")


def pattern_logos(patterns: Sequence[PatternShown], *, unit: str) -> Figure:
    """Patterns, one a row, the known motif that is most like each on its right."""
    matched = any(one.match is not None for one in patterns)
    with styled():
        width = WIDTH if matched else WIDTH / 2 + 0.4
        figure = Figure(figsize=(width, 1.45 * len(patterns) + 0.3), layout="constrained")
        grid = figure.subplots(len(patterns), 2 if matched else 1, squeeze=False)
        for row, one in zip(grid, patterns, strict=True):
            row[0].set_title(one.title)
            draw_logo(row[0], one.contribution, kind="score")
            _finish_logo(row[0], 0, one.contribution.shape[1])
            row[0].set_ylabel(f"attribution ({unit})", fontsize=8)
            if matched:
                _match(row[1], row[0], one)
        for axes in grid[-1]:
            axes.set_xlabel("position in the pattern (bp)")
    return figure


def _match(axes: Axes, beside: Axes, one: PatternShown) -> None:
    """The known motif, its columns at the places of the pattern's that they lie over."""
    axes.set_title(one.match_title)
    if one.match is None:
        axes.set_axis_off()
        return
    draw_logo(axes, one.match)
    start = min(0, -one.offset)
    end = max(one.contribution.shape[1], one.match.shape[1] - one.offset)
    _finish_logo(axes, start + one.offset, end + one.offset)
    beside.set_xlim(start - 0.5, end - 0.5)
    ticks = np.arange(-(-start // 5) * 5, end, 5)
    beside.set_xticks(ticks)
    axes.set_xticks(ticks + one.offset, [str(tick) for tick in ticks])
    axes.set_xlim(start + one.offset - 0.5, end + one.offset - 0.5)
    axes.set_ylim(0, 2)
    axes.set_ylabel("bits", fontsize=8)

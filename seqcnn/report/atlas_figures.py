"""Figures of an atlas: one point an input, in the colour of its class or of a number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from seqcnn.report.style import BLUE, CYCLE, INK, QUIET, panel, shortened, styled

# From dark blue over grey to orange: lightness rises all the way, also for colour-blind readers.
NUMBERS = LinearSegmentedColormap.from_list(
    "numbers", ["#08306b", "#3b6fa0", "#9aa9b5", "#e0a03a", "#f2b600"]
)
MARKS = "oD^vPX*"
FEW = 400  # points that stay vectors; more are drawn as pixels
MOST_CLASSES = 24  # in a legend


@dataclass(frozen=True)
class Classes:
    """The class of each point: `number` (N,) is an index into `names`."""

    name: str
    number: np.ndarray
    names: Sequence[str]


@dataclass(frozen=True)
class Numbers:
    """A number a point, `values` (N,), in words `name`; probabilities run from 0 to 1."""

    name: str
    values: np.ndarray
    probability: bool = False


def atlas_figure(
    points: np.ndarray, colour: Classes | Numbers, *, axes_names: tuple[str, str], ticks: bool
) -> Figure:
    """Points (N, 2); without `ticks` where distances along the axes have no unit."""
    with styled():
        figure, axes = panel(6.4, 4.4)
        size = float(np.clip(900 / max(len(points), 1), 5, 26))
        if isinstance(colour, Classes):
            _by_class(axes, points, colour, size)
        else:
            _by_number(figure, axes, points, colour, size)
        axes.set_xlabel(axes_names[0])
        axes.set_ylabel(axes_names[1])
        axes.margins(0.04)
        if not ticks:
            axes.set_xticks([])
            axes.set_yticks([])
    return figure


def variance_figure(share: np.ndarray) -> Figure:
    """The share of the variance (n,) of the first principal components, and their sum."""
    with styled():
        figure, axes = panel(3.6, 2.8)
        places = np.arange(1, len(share) + 1)
        axes.bar(places, 100 * share, width=0.7, color=BLUE)
        axes.plot(places, 100 * np.cumsum(share), "o-", color=INK, ms=3, lw=1, label="together")
        axes.set_xlabel("principal component")
        axes.set_ylabel("share of the variance (%)")
        axes.set_ylim(0, 105)
        axes.set_xticks(places)
        axes.legend(loc="center right")
    return figure


def _by_class(axes: Axes, points: np.ndarray, colour: Classes, size: float) -> None:
    generator = np.random.default_rng(0)
    counts = np.bincount(colour.number, minlength=len(colour.names))
    many = len(colour.names) > len(CYCLE)
    looks: dict[int, tuple[str, str]] = {}
    for index in np.flatnonzero(counts) if many else range(len(colour.names)):
        # Two classes differ most in blue and vermilion; more go through the cycle, then marks.
        # Of many classes only those that are there, so that these have colours of their own.
        place = len(looks)
        looks[int(index)] = (CYCLE[place % len(CYCLE)], MARKS[place // len(CYCLE) % len(MARKS)])
    # All classes are mixed, so that the last one does not lie over the others.
    turns = np.array_split(generator.permutation(len(points)), 8)
    for turn in turns:
        for index, (shade, mark) in looks.items():
            rows = turn[colour.number[turn] == index]
            axes.scatter(
                points[rows, 0], points[rows, 1], s=size, color=shade, marker=mark, alpha=0.75,
                linewidths=0, rasterized=len(points) > FEW,
            )  # fmt: skip
    named = [index for index in range(len(colour.names)) if counts[index]][:MOST_CLASSES]
    for index in named:
        label = f"{shortened(str(colour.names[index]), 26)} ({counts[index]:,})"
        shade, mark = looks[index]
        axes.scatter([], [], s=30, color=shade, marker=mark, label=label, linewidths=0)
    axes.legend(
        title=shortened(colour.name, 30), loc="center left", bbox_to_anchor=(1.0, 0.5),
        fontsize=8, title_fontsize=8, alignment="left",
    )  # fmt: skip
    if 2 < len(named) <= 12:
        for index in named:
            middle = np.median(points[colour.number == index], axis=0)
            axes.annotate(
                shortened(str(colour.names[index]), 12), tuple(middle), ha="center", va="center",
                fontsize=8.5, weight="bold", color=INK,
                bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip


def _by_number(
    figure: Figure, axes: Axes, points: np.ndarray, colour: Numbers, size: float
) -> None:
    known = np.isfinite(colour.values)
    low, high = (0.0, 1.0)
    if not colour.probability:
        low, high = np.percentile(colour.values[known], [1, 99]) if known.any() else (0.0, 1.0)
    norm = Normalize(float(low), float(high) if high > low else float(low) + 1)
    order = np.random.default_rng(0).permutation(len(points))
    rows = order[known[order]]
    axes.scatter(points[~known, 0], points[~known, 1], s=size, color=QUIET, linewidths=0)
    axes.scatter(
        points[rows, 0], points[rows, 1], s=size, c=colour.values[rows], cmap=NUMBERS, norm=norm,
        alpha=0.85, linewidths=0, rasterized=len(points) > FEW,
    )  # fmt: skip
    bar = figure.colorbar(ScalarMappable(norm, NUMBERS), ax=axes, pad=0.015, shrink=0.8)
    bar.outline.set_visible(False)
    bar.set_label(shortened(colour.name, 44), fontsize=8.5)
    bar.ax.tick_params(labelsize=7.5)

"""Figures of a comparison: recall and precision by kind of variant, and over thresholds."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcnn.calling.compare_counts import Row
from seqcnn.calling.compare_roc import Roc
from seqcnn.report.style import BLUE, INK, ORANGE, QUIET, RED, panel, styled

MEASURES = (("recall", BLUE, "o"), ("precision", RED, "D"))
POINTS = 2000  # drawn of a curve
# Of precision and recall, up to 1: the least that is shown, and what is shown of perfect calls.
LEAST, OF_PERFECT = 0.002, 0.1


@styled()
def measure_dots(rows: Sequence[Row]) -> Figure:
    """Recall and precision of each row with 95 % intervals, the rows from top to bottom."""
    figure, axes = panel(5.2, 0.75 + 0.34 * len(rows))
    places = np.arange(len(rows))[::-1]
    lowest = 1.0
    for step, (name, colour, mark) in zip((0.13, -0.13), MEASURES, strict=True):
        values = np.array([getattr(row, name) for row in rows], np.float64)
        known = np.isfinite(values[:, 0])
        x, low, high = values[known].T
        if len(x):
            lowest = min(lowest, float(low.min()))
        axes.errorbar(
            x, places[known] + step, xerr=np.maximum([x - low, high - x], 0), fmt=mark, ms=4.5,
            color=colour, elinewidth=1.2, label=name,
        )  # fmt: skip
    axes.set_yticks(places, [_label(row) for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(max(-0.02, lowest - 0.04 * (1 - lowest) - 0.002), 1 + 0.03 * (1 - lowest) + 5e-4)
    axes.grid(False, axis="y")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return figure


def _label(row: Row) -> str:
    return row.name if row.group == "type" else f"{row.type} {row.name}"


@styled()
def precision_recall(curves: Sequence[Roc]) -> Figure:
    """Precision over recall as the threshold falls, the best F1 of each curve ringed."""
    figure, axes = panel(4.8, 3.8)
    for curve, colour in zip(curves, (INK, BLUE, ORANGE), strict=False):
        recall, precision = curve.recall, curve.precision
        shown = np.unique(np.linspace(0, len(recall) - 1, min(len(recall), POINTS)).astype(int))
        axes.plot(recall[shown], precision[shown], color=colour, label=curve.type)
        best = curve.best
        axes.plot(
            recall[best], precision[best], "o", ms=8, mfc="none", mec=colour, mew=1.4, zorder=3
        )
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    _frame(axes, curves)
    axes.legend(loc="lower left")
    return figure


def _frame(axes: Axes, curves: Sequence[Roc]) -> None:
    """Room for the part of the curves that matters: from a little before the best points on."""
    left = min(float(curve.recall[curve.best]) for curve in curves)
    bottom = min(float(curve.precision[-1]) for curve in curves)
    left, bottom = 1 - _shown(2.2 * (1 - left)), 1 - _shown(1.3 * (1 - bottom))
    axes.set_xlim(left - 0.01 * (1 - left), 1 + 0.02 * (1 - left) + 1e-4)
    axes.set_ylim(bottom - 0.02 * (1 - bottom), 1 + 0.03 * (1 - bottom) + 1e-4)
    axes.xaxis.set_major_locator(MaxNLocator(6))  # as many as .9975 has room for


def _shown(wrong: float) -> float:
    """How much of an axis is shown below 1 where so much of it is wrong."""
    return min(1.0, max(LEAST, wrong)) if wrong > 1e-9 else OF_PERFECT


@styled()
def f1_by_threshold(curves: Sequence[Roc]) -> Figure:
    """F1 over the threshold, its best marked."""
    figure, axes = panel(4.8, 3.8)
    for curve, colour in zip(curves, (INK, BLUE, ORANGE), strict=False):
        known = np.isfinite(curve.threshold)
        axes.step(curve.threshold[known], curve.f1[known], color=colour, label=curve.type)
        best = curve.best
        if known[best]:
            axes.plot(
                curve.threshold[best], curve.f1[best], "o", ms=8, mfc="none", mec=colour, mew=1.4
            )
    positive = [curve.threshold[np.isfinite(curve.threshold)] for curve in curves]
    top = max(float(values.max()) for values in positive if len(values))
    if top > 300:
        axes.set_xscale("symlog", linthresh=10)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.axvline(0, color=QUIET, lw=0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"calls with {curves[0].score} of at least")
    axes.set_ylabel("F1")
    axes.legend(loc="lower left")
    return figure

"""Figures over many runs: the metric of each, and how each learned."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seqcnn.report.collected_records import Run
from seqcnn.report.collected_runs import Network, baseline_value
from seqcnn.report.style import CYCLE, FAINT, INK, QUIET, RED, panel, shortened, styled
from seqcnn.report.words import metric_name

WIDTH = 7.2  # inches
MARGIN = 0.04  # of the reach of the numbers


@styled()
def metric_dots(networks: Sequence[Network]) -> Figure:
    """The primary metric of each run with its 95 % interval, by network, baselines as lines."""
    heights = [max(0.36, 0.12 * len(one.runs) + 0.14) for one in networks]
    figure, axes = panel(WIDTH, 0.9 + sum(heights))
    top, ticks = 0.0, []
    for number, (one, height) in enumerate(zip(networks, heights, strict=True)):
        middle = top - height / 2
        ticks.append(middle)
        colour = CYCLE[number % len(CYCLE)]
        inner = height - 0.2
        places = np.linspace(inner / 2, -inner / 2, len(one.runs)) if len(one.runs) > 1 else [0.0]
        for place, run in zip(places, one.runs, strict=True):
            value, low, high = run.value
            axes.plot([low, high], [middle + place] * 2, color=colour, lw=1.1, alpha=0.55)
            axes.plot(value, middle + place, "o", color=colour, ms=4.2)
        reach = [middle - height / 2 + 0.03, middle + height / 2 - 0.03]
        if len(one.runs) > 1:
            axes.plot([one.mean] * 2, reach, color=INK, lw=1.3)
        if np.isfinite(one.baseline):
            axes.plot([one.baseline] * 2, reach, color=RED, lw=1.3, ls=(0, (3, 2)))
        top -= height
    labels = [_label(one) for one in networks]
    axes.set_yticks(ticks, labels)
    axes.set_ylim(top, 0)
    _reach(axes, [run for one in networks for run in one.runs], 1)
    axes.grid(False, axis="y")
    axes.set_xlabel(metric_name(networks[0].runs[0].primary))
    several = any(len(one.runs) > 1 for one in networks)
    _key(axes, several=several, compared=any(np.isfinite(one.baseline) for one in networks))
    return figure


def _label(one: Network) -> str:
    number = len(one.runs)
    return shortened(one.name, 38) + (f" ({number})" if number > 1 else "")


def _reach(axes: Axes, runs: Sequence[Run], reached: int) -> None:
    """Room for all runs and their baselines: `reached` is 1 for values, 3 for intervals too."""
    numbers = [number for run in runs for number in run.value]
    for run in runs:
        numbers += run.baselines.get(run.baseline or "", {}).get(run.primary, ())[:reached]
    known = np.array(numbers, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return
    low, high = float(known.min()), float(known.max())
    room = MARGIN * (high - low) + 1e-4
    axes.set_xlim(low - room, high + room)


def _key(axes: Axes, *, several: bool, compared: bool) -> None:
    handles = [Line2D([], [], color=QUIET, marker="o", ms=4.2, lw=1.1, label="a run, 95 %")]
    if several:
        handles.append(Line2D([], [], color=INK, lw=1.3, label="mean of the runs"))
    if compared:
        dashed = Line2D([], [], color=RED, lw=1.3, ls=(0, (3, 2)), label="best baseline")
        handles.append(dashed)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)


@styled()
def run_dots(runs: Sequence[Run]) -> Figure:
    """The primary metric of runs on data of their own, each beside its best baseline."""
    figure, axes = panel(WIDTH, 0.9 + 0.24 * len(runs))
    for place, run in enumerate(runs):
        value, low, high = run.value
        nothing = (np.nan, np.nan, np.nan)
        baseline = run.baselines.get(run.baseline or "", {}).get(run.primary, nothing)
        axes.plot([low, high], [-place + 0.1] * 2, color=CYCLE[0], lw=1.2, alpha=0.55)
        axes.plot(value, -place + 0.1, "o", color=CYCLE[0], ms=4.5)
        axes.plot(baseline[1:], [-place - 0.14] * 2, color=RED, lw=1.2, alpha=0.4)
        axes.plot(baseline[0], -place - 0.14, "D", color=RED, ms=3.6)
    axes.set_yticks([-place for place in range(len(runs))], [_name(run) for run in runs])
    axes.set_ylim(-len(runs) + 0.4, 0.6)
    _reach(axes, runs, 3)
    axes.grid(False, axis="y")
    axes.set_xlabel(metric_name(runs[0].primary))
    handles = [Line2D([], [], color=CYCLE[0], marker="o", ms=4.5, lw=1.2, label="network, 95 %")]
    if any(np.isfinite(baseline_value(run)) for run in runs):
        best = Line2D([], [], color=RED, marker="D", ms=3.6, lw=1.2, label="best baseline, 95 %")
        handles.append(best)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return figure


def _name(run: Run) -> str:
    return shortened(run.name, 38)


@styled()
def learning_curves(networks: Sequence[Network], what: str) -> Figure:
    """Validation by step of every run, a colour a network; `what` is "metric" or "loss"."""
    figure, axes = panel(4.8, 3.4)
    colours = {one.name: colour for one, colour in zip(networks, CYCLE, strict=False)}
    for one in reversed(networks):
        colour = colours.get(one.name, FAINT)
        for curve in (curve for run in one.runs for curve in run.curves):
            axes.plot(curve.step, getattr(curve, what), color=colour, lw=1.1, alpha=0.85)
    run = networks[0].runs[0]
    axes.set_xlabel("step")
    axes.set_ylabel("validation " + (metric_name(run.monitor) if what == "metric" else "loss"))
    if len(networks) > 1:
        handles = [
            Line2D([], [], color=colour, label=shortened(name, 26))
            for name, colour in colours.items()
        ]
        if len(networks) > len(colours):
            handles.append(Line2D([], [], color=FAINT, label="others"))
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0,
        )  # fmt: skip
    return figure

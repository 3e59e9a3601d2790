"""Figures over many called samples: their numbers side by side, and their accuracy."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcnn.report.collected_records import Sample
from seqcnn.report.collected_samples import Measure, apart
from seqcnn.report.style import BLUE, FAINT, INK, QUIET, RED, panel, shortened, styled

WIDTH = 7.2
ROW = 0.2  # inches a sample
LABELLED = 4  # samples named in a strip, each side


@styled()
def boxes(samples: Sequence[Sample], what: str, title: str) -> Figure:
    """Median, quartiles and 90 % of `depth` or `quality` of each sample, a row each."""
    figure, axes = panel(4.8, 0.7 + ROW * len(samples))
    for place, sample in enumerate(samples):
        found = getattr(sample, what)
        if not found:
            continue
        least, low, middle, high, most = found
        axes.plot([least, most], [-place] * 2, color=BLUE, lw=0.9, alpha=0.6)
        axes.plot([low, high], [-place] * 2, color=BLUE, lw=4.5, alpha=0.45, solid_capstyle="butt")
        axes.plot(middle, -place, "|", color=INK, ms=7, mew=1.6)
    _rows(axes, samples)
    axes.set_xlim(left=0)
    axes.set_xlabel(title)
    return figure


@styled()
def accuracy_dots(samples: Sequence[Sample]) -> Figure:
    """F1 of SNPs and indels of each sample with 95 % intervals, a row each."""
    figure, axes = panel(4.8, 0.95 + (ROW + 0.06) * len(samples))
    lowest = 1.0
    for kind, colour, mark, step in (("SNP", BLUE, "o", 0.14), ("INDEL", RED, "D", -0.14)):
        shown = [(place, one.accuracy[kind].f1) for place, one in enumerate(samples)
                 if kind in one.accuracy and np.isfinite(one.accuracy[kind].f1[0])]  # fmt: skip
        for place, (_, low, high) in shown:
            axes.plot([low, high], [-place + step] * 2, color=colour, lw=1.1, alpha=0.6)
            lowest = min(lowest, low)
        axes.plot(
            [f1[0] for _, f1 in shown], [-place + step for place, _ in shown], mark, ms=4,
            color=colour, label="SNPs" if kind == "SNP" else "indels",
        )  # fmt: skip
    _rows(axes, samples)
    axes.set_xlim(lowest - 0.05 * (1 - lowest) - 0.001, 1 + 0.03 * (1 - lowest) + 5e-4)
    axes.set_xlabel("F1")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return figure


def _rows(axes: Axes, samples: Sequence[Sample]) -> None:
    axes.set_yticks(
        [-place for place in range(len(samples))], [shortened(one.name, 24) for one in samples]
    )
    axes.set_ylim(-len(samples) + 0.4, 0.6)
    axes.grid(False, axis="y")


@styled()
def strips(samples: Sequence[Sample], measures: Sequence[Measure]) -> Figure:
    """Each measure of all samples as a strip of dots, those that stand apart in red and named."""
    figure = Figure(figsize=(WIDTH, 0.2 + 0.78 * len(measures)), layout="constrained")
    for axes, measure in zip(
        np.atleast_1d(figure.subplots(len(measures), 1)), measures, strict=True
    ):
        _strip(axes, samples, measure)
    return figure


def _strip(axes: Axes, samples: Sequence[Sample], measure: Measure) -> None:
    values = np.array([measure.value(one) for one in samples], np.float64)
    if measure.title.endswith("%"):
        values = 100 * values
    sides = np.array(apart(samples, measure))
    # By place, not by chance: the same page each time.
    jitter = 0.32 * np.array([((7 * place) % 11) / 5 - 1 for place in range(len(values))])
    usual = sides == 0
    axes.plot(values[usual], jitter[usual], "o", ms=4, color=BLUE, alpha=0.5, mew=0)
    axes.plot(values[~usual], jitter[~usual], "o", ms=4.5, color=RED, mew=0)
    axes.axvline(float(np.nanmedian(values)), color=INK, lw=1, zorder=0.5)
    for side, align in ((1, "right"), (-1, "left")):
        chosen = [place for place in np.argsort(-side * values) if sides[place] == side]
        for place in chosen[:LABELLED]:
            axes.annotate(
                shortened(samples[place].name, 18), (values[place], jitter[place]),
                (-5 * side, 0), textcoords="offset points", ha=align, va="center", fontsize=7.5,
                color=RED,
            )  # fmt: skip
    axes.set_ylim(-0.75, 0.75)
    axes.set_yticks([0], [measure.title])
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.spines["left"].set_color(FAINT)
    axes.xaxis.label.set_color(QUIET)

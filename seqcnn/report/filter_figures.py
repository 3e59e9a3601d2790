"""Figures of first-layer filters: logos over those of their matches, and what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqcnn.report.logo import draw_logo, letter_heights
from seqcnn.report.style import BLUE, INK, ORANGE, QUIET, SKY, shortened, styled

MOST = 12  # filters on a page
COLUMNS = 2  # of filters
SMALLEST = 0.03  # bits of a letter; smaller ones cannot be read and only cost bytes
LEAST_SPAN = 0.001  # of AUROC either way, so that falls of nothing look like nothing
SPARE = 3  # columns of a match that are drawn beyond the filter, on either side


@dataclass(frozen=True)
class MatchLogo:
    """A motif under a filter: probabilities (4, w) on the strand that fits, its column `offset`
    under the filter's first.
    """

    name: str
    probabilities: np.ndarray
    offset: int
    e: float
    strand: str


@dataclass(frozen=True)
class FilterLogo:
    """A filter as the figures show it: probabilities (4, w), its importance in logits and as a
    share of the margin (0 to 1; NaN where there is none), and the fall of AUROC when it is
    silenced (value, low, high; NaN where it was not).
    """

    name: str
    probabilities: np.ndarray
    sites: int
    logits: float
    share: float
    fall: tuple[float, float, float]
    match: MatchLogo | None = None


@styled()
def filter_page(filters: Sequence[FilterLogo]) -> Figure:
    """Logos in bits of at most 12 filters, in two columns, each over the logo of its match."""
    shown = filters[:MOST]
    matched = any(one.match is not None for one in shown)
    rows = max(-(-len(shown) // COLUMNS), 1)
    each = 1.75 if matched else 1.15  # inches
    height = rows * each + 0.1
    figure = Figure(figsize=(7.6, height))
    width = max((one.probabilities.shape[1] for one in shown), default=1)
    span = (-0.5 - (SPARE if matched else 0), width - 0.5 + (SPARE if matched else 0))
    for index, one in enumerate(shown):
        column, row = index // rows, index % rows
        left, wide = 0.065 + 0.5 * column, 0.42
        top = 1 - (row * each + 0.3) / height
        tall = (0.58 if matched else 0.62) / height
        above = figure.add_axes((left, top - tall, wide, tall))
        _logo(above, one.probabilities, 0, span)
        title = (f"{index + 1}", one.name, _percent(one.share), f"{one.sites:,} sites")
        above.set_title(" · ".join(part for part in title if part), fontsize=8.5, pad=3)
        above.set_ylabel("bits", fontsize=8, labelpad=2)
        if one.match is not None:
            below = figure.add_axes((left, top - 2 * tall - 0.2 / height, wide, tall))
            _logo(below, one.match.probabilities, -one.match.offset, span)
            told = f"{shortened(one.match.name, 28)} ({one.match.strand}) · E {one.match.e:.1g}"
            below.set_title(told, fontsize=8, pad=2, color=QUIET if one.match.e > 0.05 else INK)
    return figure


def _logo(axes: Axes, probabilities: np.ndarray, start: int, span: tuple[float, float]) -> None:
    """A logo whose first column stands at `start`, as far as `span` shows."""
    first = max(int(np.ceil(span[0])) - start, 0)
    last = min(int(np.floor(span[1])) - start + 1, probabilities.shape[1])
    whole = np.zeros((4, int(span[1] - span[0])))
    begin = start + first - int(np.ceil(span[0]))
    if last > first:
        whole[:, begin : begin + last - first] = probabilities[:, first:last]
    heights = letter_heights(whole, "information")
    draw_logo(axes, np.where(heights < SMALLEST, 0, heights), kind="score")
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 1, 2])
    axes.set_xticks([])
    axes.grid(False)
    axes.tick_params(labelsize=7)
    axes.spines["bottom"].set_color(QUIET)


@styled()
def importance_bars(filters: Sequence[FilterLogo], most: int = 20) -> Figure:
    """Share of the margin of each filter, and the fall of AUROC when it alone is silenced."""
    shown = filters[:most]
    height = 0.75 + 0.21 * max(len(shown), 1)
    figure = Figure(figsize=(5.6, height), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    rows = np.arange(len(shown))
    shares = np.array([one.logits for one in shown])
    left.barh(rows, shares, color=BLUE, height=0.66)
    left.set_yticks(rows, [_label(one) for one in shown])
    left.set_xlabel("importance (logits)")
    left.grid(axis="y", visible=False)
    right.grid(axis="y", visible=False)
    tried = [(row, one.fall) for row, one in enumerate(shown) if np.isfinite(one.fall[0])]
    if tried:
        where = np.array([row for row, _ in tried])
        value, low, high = np.array([fall for _, fall in tried]).T
        spread = np.nan_to_num(np.stack([value - low, high - value])).clip(min=0)
        right.errorbar(
            value, where, xerr=spread, fmt="o", color=ORANGE, ecolor=SKY, ms=4, elinewidth=1.6
        )
    right.axvline(0, color=QUIET, lw=0.8)
    right.set_xlabel("fall of AUROC, silenced alone")
    ends = np.array([fall for _, (_, *fall) in tried] or [[0.0, 0.0]])
    ends = np.nan_to_num(ends)
    right.set_xlim(
        1.1 * min(float(ends.min()), -LEAST_SPAN), 1.1 * max(float(ends.max()), LEAST_SPAN)
    )
    right.xaxis.set_major_locator(MaxNLocator(3))
    right.ticklabel_format(axis="x", style="plain", useOffset=False)
    left.set_ylim(len(shown) - 0.4, -0.6)
    return figure


def _label(one: FilterLogo) -> str:
    if one.match is None or one.match.e > 0.05:
        return one.name
    return f"{one.name} · {shortened(one.match.name.split('.')[0].split()[-1], 14)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else ""

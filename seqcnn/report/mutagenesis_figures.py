"""Saturation maps: what every substitution does, under a logo of how much each base matters."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from seqcnn.report.logo import draw_logo
from seqcnn.report.style import BLUE, FAINT, INK, QUIET, RED, shortened, styled

WIDTH = 8.6
ZOOM = 80  # bp that are shown with letters
ALL_UP_TO = 110  # bp that are shown whole
LETTERS = "ACGT"
# Vermilion where a substitution lowers the output, blue where it raises it.
_CHANGES = LinearSegmentedColormap.from_list("changes", ["#8a3200", RED, "white", BLUE, "#003a5c"])


@dataclass(frozen=True)
class SaturationMap:
    """One sequence and track: `effects` (W, 4) of `unit`, `loss` (W,), codes (W,) and where the
    first base lies: on the contig (1-based) or in the sequence (0-based), as `axis` says."""

    title: str
    effects: np.ndarray
    loss: np.ndarray
    codes: np.ndarray
    first: int
    axis: str
    unit: str = "logit"


def saturation_figure(shown: SaturationMap) -> Figure:
    """The map with its logo; of a long sequence the whole in small, and 80 bp of it with letters.

    Dots mark the base that is there.
    """
    length = len(shown.loss)
    limit = float(np.abs(shown.effects).max(initial=0.0)) or 1.0
    norm = Normalize(-limit, limit)
    start, end = zoomed(np.abs(shown.loss))
    long = end - start < length
    with styled():
        heights = [0.75, 0.8, 1.2, 1.05] if long else [1.2, 1.05]
        figure = Figure(figsize=(WIDTH, sum(heights) + (1.55 if long else 0.85)))
        figure.set_layout_engine("constrained", h_pad=0.03, w_pad=0.04, hspace=0.03)
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        panels = [figure.add_subplot(grid[row]) for row in range(len(heights))]
        panels[0].set_title(shortened(shown.title, 100))
        if long:
            _track(panels[0], shown, start, end)
            _map(panels[1], shown, norm, 0, length)
            _positions(panels[1], shown.first, 0, length)
        _letters(panels[-2], shown, start, end)
        _map(panels[-1], shown, norm, start, end)
        _positions(panels[-1], shown.first, start, end)
        panels[-1].set_xlabel(shown.axis)
        bar = figure.colorbar(
            ScalarMappable(norm, _CHANGES), ax=panels, fraction=0.02, pad=0.01, aspect=35
        )
        bar.set_label(f"effect on {shown.unit}")
        bar.outline.set_visible(False)
        figure.align_ylabels(panels)
    return figure


def zoomed(strength: np.ndarray) -> tuple[int, int]:
    """Start and end of the `ZOOM` positions with the greatest sum; all where they are few."""
    if len(strength) <= ALL_UP_TO:
        return 0, len(strength)
    start = int(np.convolve(strength, np.ones(ZOOM), mode="valid").argmax())
    return start, start + ZOOM


def _track(axes: Axes, shown: SaturationMap, start: int, end: int) -> None:
    loss = shown.loss
    axes.axvspan(start - 0.5, end - 0.5, color=FAINT, alpha=0.6, lw=0)
    axes.fill_between(np.arange(len(loss)), loss, step="mid", color=INK, lw=0)
    axes.axhline(0, color=QUIET, lw=0.6)
    axes.set_xlim(-0.5, len(loss) - 0.5)
    axes.set_xticks([])
    axes.set_ylabel(f"mean loss\n({shown.unit})")
    axes.grid(visible=False)


def _letters(axes: Axes, shown: SaturationMap, start: int, end: int) -> None:
    codes = shown.codes[start:end]
    heights = np.where(codes == np.arange(4)[:, None], shown.loss[start:end], 0.0)
    draw_logo(axes, heights, kind="score")
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    axes.axhline(0, color=QUIET, lw=0.6)
    axes.set_xticks([])
    axes.set_ylabel(f"mean loss\n({shown.unit})")
    axes.grid(visible=False)


def _map(axes: Axes, shown: SaturationMap, norm: Normalize, start: int, end: int) -> None:
    axes.imshow(
        shown.effects[start:end].T,
        cmap=_CHANGES,
        norm=norm,
        aspect="auto",
        interpolation="nearest",
        rasterized=True,
    )
    if end - start <= ALL_UP_TO:
        here = np.flatnonzero(shown.codes[start:end] < 4)
        axes.plot(here, shown.codes[start:end][here], ".", color=QUIET, ms=3.5, mew=0)
    axes.set_yticks(range(4), list(LETTERS))
    axes.set_ylabel("changed to")
    axes.grid(visible=False)
    axes.tick_params(left=False)
    for side in axes.spines.values():
        side.set_visible(False)


def _positions(axes: Axes, first: int, start: int, end: int) -> None:
    width = end - start
    step = next((s for s in (5, 10, 20, 50, 100, 200, 500) if width / s <= 12), 1000)
    begin = first + start
    ticks = np.arange(-(-begin // step) * step, begin + width, step)
    axes.set_xticks(ticks - begin, [f"{tick:,}" for tick in ticks])

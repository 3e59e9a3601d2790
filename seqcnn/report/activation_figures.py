"""Figures of what layers make of an input: heat maps along a sequence, and small pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, TwoSlopeNorm, to_rgba
from matplotlib.figure import Figure

from seqcnn.report.logo import draw_logo
from seqcnn.report.style import FAINT, QUIET, shortened, styled

# Lightness falls steadily, and blue and orange are told apart by colour-blind readers.
HEAT = LinearSegmentedColormap.from_list(
    "heat", ["#ffffff", "#c9e3f5", "#56B4E9", "#0072B2", "#04263f"]
)
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#04426b", "#0072B2", "#ffffff", "#D55E00", "#7a3000"]
)
LETTERS_UP_TO = 200  # bp; longer sequences are shown without letters
WIDTH = 8.6
TILE, GAP = 48, 5  # pixels of a small picture, at least, and between two


@dataclass(frozen=True)
class LayerMap:
    """The map of one layer for one input.

    `values` is (rows, P) or (rows, H, W), one row a channel; `note` says what each position sees
    and how many channels there are. `edges` are where the first position begins and the last one
    ends, in input positions.
    """

    name: str
    values: np.ndarray
    note: str
    edges: tuple[float, float] = (0.0, 1.0)


def sequence_maps(layers: Sequence[LayerMap], one_hot: np.ndarray, title: str) -> Figure:
    """Heat maps of several layers, early ones first, over one axis in bp below the sequence.

    `one_hot` is (4, L); the axis counts from 0, the first base of the input.
    """
    length = one_hot.shape[1]
    letters = length <= LETTERS_UP_TO
    tall = [min(1.9, max(0.55, 0.032 * len(one.values) + 0.25)) for one in layers]
    heights = ([0.16] if letters else []) + tall
    with styled():
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.33 * len(layers) + 0.75))
        figure.set_layout_engine("constrained", hspace=0.02, h_pad=0.03)
        grid = figure.add_gridspec(
            len(heights), 2, height_ratios=heights, width_ratios=[1, 0.014], wspace=0.02
        )
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
        if letters:
            strip = figure.add_subplot(grid[0, 0])
            draw_logo(strip, one_hot, kind="probability")
            strip.set_axis_off()
        for number, one in enumerate(layers):
            place = number + (len(heights) - len(layers))
            axes = figure.add_subplot(grid[place, 0])
            _heat(figure, axes, figure.add_subplot(grid[place, 1]), one)
            axes.set_xlim(-0.5, length - 0.5)
            axes.tick_params(labelbottom=number == len(layers) - 1)
        axes.set_xlabel("position in the input (bp)")
    return figure


def picture_maps(
    layers: Sequence[LayerMap], image: np.ndarray | None, title: str, *, columns: int = 12
) -> Figure:
    """Maps of several layers as small pictures, one a channel, beside the input's own pixels.

    `image` is uint8 (H, W, 1 or 3) or, for a pileup, None.
    """
    sheets = [_sheet(one.values, columns) for one in layers]
    inches = [min(4.0, 0.9 * WIDTH * sheet.shape[0] / sheet.shape[1]) for sheet in sheets]
    shown = [1.5] if image is not None else []
    with styled():
        figure = Figure(figsize=(WIDTH, sum(shown) + sum(inches) + 0.33 * len(sheets) + 0.6))
        figure.set_layout_engine("constrained", hspace=0.02, h_pad=0.03)
        grid = figure.add_gridspec(
            len(shown) + len(sheets), 2, height_ratios=shown + inches, width_ratios=[1, 0.014],
            wspace=0.02,
        )  # fmt: skip
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
        if image is not None:
            axes = figure.add_subplot(grid[0, 0])
            axes.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="none")
            axes.set_anchor("W")
            axes.set_axis_off()
        for place, (one, sheet) in enumerate(zip(layers, sheets, strict=True), len(shown)):
            axes = figure.add_subplot(grid[place, 0])
            norm, colours = scale_of(one.values)
            axes.imshow(sheet, interpolation="none")
            axes.set_anchor("W")
            axes.set_title(_heading(one), fontsize=8.5, pad=3)
            axes.set_axis_off()
            _bar(figure, figure.add_subplot(grid[place, 1]), ScalarMappable(norm, colours))
    return figure


def scale_of(values: np.ndarray) -> tuple[Normalize, LinearSegmentedColormap]:
    """Colours from 0 up, or about 0 where values far below it occur; spared from outliers."""
    finite = values[np.isfinite(values)]
    high = float(np.percentile(finite, 99.8)) if finite.size else 0.0
    low = float(np.percentile(finite, 0.2)) if finite.size else 0.0
    # GELU and its like go a little below 0, which says nothing.
    if low < -0.25 * max(high, 0.0) and low < 0:
        reach = max(high, -low)
        return TwoSlopeNorm(0.0, -reach, reach), SIGNED
    return Normalize(0.0, high if high > 0 else 1.0), HEAT


def _heat(figure: Figure, axes: Axes, beside: Axes, one: LayerMap) -> None:
    norm, colours = scale_of(one.values)
    drawn = axes.imshow(
        one.values, cmap=colours, norm=norm, aspect="auto", interpolation="none",
        extent=(one.edges[0], one.edges[1], len(one.values) - 0.5, -0.5),
    )  # fmt: skip
    axes.grid(False)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)
    axes.set_yticks([])
    axes.set_ylabel("channels", fontsize=8)
    axes.set_title(_heading(one), fontsize=8.5, pad=3)
    _bar(figure, beside, drawn)


def _bar(figure: Figure, beside: Axes, drawn: object) -> None:
    bar = figure.colorbar(drawn, cax=beside)  # type: ignore[arg-type]
    bar.outline.set_visible(False)
    bar.set_label("activation", fontsize=7)
    beside.tick_params(labelsize=6.5, length=2, colors=QUIET)
    beside.locator_params(nbins=3)


def _heading(one: LayerMap) -> str:
    return f"{shortened(one.name, 48)}: {one.note}"


def _sheet(maps: np.ndarray, columns: int) -> np.ndarray:
    """Maps (n, H, W) in rows as colours (h, w, 4), each in a thin frame."""
    count, height, width = maps.shape
    norm, colours = scale_of(maps)
    scale = max(1, -(-TILE // max(height, width)))
    tiles = colours(norm(maps)).repeat(scale, axis=1).repeat(scale, axis=2)
    columns = min(columns, count)
    down, across = height * scale + 2 + GAP, width * scale + 2 + GAP
    sheet = np.ones((-(-count // columns) * down - GAP, columns * across - GAP, 4))
    for number, tile in enumerate(tiles):
        top, left = number // columns * down, number % columns * across
        sheet[top : top + down - GAP, left : left + across - GAP] = to_rgba(FAINT)
        sheet[top + 1 : top + down - GAP - 1, left + 1 : left + across - GAP - 1] = tile
    return sheet

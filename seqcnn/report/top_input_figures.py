"""Figures of the inputs that excite channels most: logos, letters, patches, and the way down."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw, ImageFont

from seqcnn.report.logo import COLOURS, draw_logo, letter_heights
from seqcnn.report.style import BLUE, FAINT, INK, ORANGE, QUIET, shortened, styled

MOST_COLUMNS = 64  # of a logo; of wider windows the stretch with most bits is shown
SMALLEST = 0.08  # bits; lower letters cannot be read, and all of them are a megabyte
NARROWEST = 3  # channels side by side that leave room for the title
TALL, WIDE = 14, 16  # pixels of a letter, at most
ACROSS = 600  # pixels of a row of letters
_HEX = [*(COLOURS[letter] for letter in "ACGT"), "#ffffff"]
_STRONG = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in _HEX], np.uint8)
_PALE = np.rint(255 - 0.2 * (255.0 - _STRONG)).astype(np.uint8)


@dataclass(frozen=True)
class WindowRow:
    """One channel: `counts` (4, W) of its aligned windows, the first of them as codes (n, W), those
    above 3 not known, and what is said of it."""

    name: str
    counts: np.ndarray
    codes: np.ndarray
    note: str


@dataclass(frozen=True)
class LayerDepth:
    """What the strongest windows of a layer's channels share: bits, or the class, of each channel,
    and of random windows by `chance`; the `span` of each in bp, and the layer's receptive field
    (bp or pixels), None = the whole input."""

    name: str
    field: int | None
    shared: np.ndarray
    chance: np.ndarray
    span: np.ndarray | None

    @property
    def above(self) -> np.ndarray:
        """Which channels' windows share more than any of the sets of random ones."""
        return np.asarray(self.shared > self.chance.max(initial=-np.inf))


def window_logos(rows: Sequence[WindowRow], title: str) -> Figure:
    """Each channel's logo and its strongest windows as coloured letters, one channel a row."""
    width = rows[0].counts.shape[1]
    shown = [stretch(one.counts) for one in rows]
    top = max(float(letter_heights(row.counts, "information").sum(0).max()) for row in rows)
    with styled():
        wide = min(9.2, 5.2 + 0.1 * min(width, MOST_COLUMNS))
        figure = Figure(figsize=(wide, 0.95 * len(rows) + 0.85))
        figure.set_layout_engine("constrained", h_pad=0.02, w_pad=0.05)
        grid = figure.add_gridspec(len(rows), 2, width_ratios=[1.15, 1])
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
        for number, (one, (first, last)) in enumerate(zip(rows, shown, strict=True)):
            logo = figure.add_subplot(grid[number, 0])
            _logo(logo, one.counts[:, first:last], first, max(0.5, min(2.0, top)))
            logo.set_title(f"{one.name}: {one.note}", fontsize=8, pad=2)
            beside = figure.add_subplot(grid[number, 1])
            _letters(beside, one.codes[:, first:last], first)
            last_row = number == len(rows) - 1
            if last_row:
                part = f", {last - first} of {width} bp shown" if last - first < width else ""
                logo.set_xlabel(f"position in the window (bp){part}")
                beside.set_xlabel("the strongest windows, one a row (bp)")
    return figure


def stretch(counts: np.ndarray, most: int = MOST_COLUMNS) -> tuple[int, int]:
    """First and last column (exclusive) of the `most` neighbouring columns with most bits."""
    width = counts.shape[1]
    if width <= most:
        return 0, width
    bits = letter_heights(counts, "information").sum(0)
    sums = np.convolve(bits, np.ones(most), "valid")
    first = int(sums.argmax())
    return first, first + most


def depth_figure(layers: Sequence[LayerDepth], length: int, *, unit: str, label: str) -> Figure:
    """Receptive field, what windows share, and the length of it, layer by layer."""
    places = np.arange(len(layers))
    spans = [one.span[one.above] for one in layers if one.span is not None]
    with styled():
        figure = Figure(figsize=(9.2, 3.3), layout="constrained")
        fields, shared, *more = figure.subplots(1, 3 if spans else 2)
        seen = [length if one.field is None else one.field for one in layers]
        fields.bar(places, np.minimum(seen, length), width=0.6, color=BLUE)
        fields.axhline(length, color=QUIET, lw=0.8, ls=(0, (3, 2)))
        fields.annotate("the input", (-0.4, length), color=QUIET, fontsize=7.5, va="bottom")
        fields.set_ylabel(f"receptive field ({unit})")
        _spread(shared, places, [one.shared for one in layers], label)
        for place, one in zip(places, layers, strict=True):
            middle = float(np.median(one.chance)) if len(one.chance) else 0.0
            shared.plot([place - 0.35, place + 0.35], [middle] * 2, color=ORANGE, lw=2.2)
        shared.plot([], [], color=ORANGE, lw=2.2, label="random windows")
        shared.legend(loc="upper left", fontsize=7.5)
        shared.set_ylim(0, shared.get_ylim()[1] * 1.18)
        for axes in more:
            _spread(axes, places, spans, "informative stretch (bp)")
        for axes in (fields, shared, *more):
            axes.set_xlim(-0.6, len(layers) - 0.4)
            names = [shortened(one.name, 20) for one in layers]
            axes.set_xticks(places, names, rotation=35, ha="right", fontsize=7.5)
            axes.grid(axis="x", visible=False)
    return figure


def patch_figure(
    patches: Sequence[np.ndarray], names: Sequence[str], *, title: str, columns: int = 6
) -> Figure:
    """The strongest patches of each channel, three by three; each is uint8 (n, h, w, 1 or 3)."""
    columns = min(columns, max(len(patches), NARROWEST))
    rows = -(-len(patches) // columns)
    with styled():
        figure = Figure(figsize=(1.45 * columns + 0.2, 1.62 * rows + 0.4))
        figure.set_layout_engine("constrained", h_pad=0.04, w_pad=0.04)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, weight="bold")
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, tiles, name in zip(grid.flat, patches, names, strict=False):
            axes.imshow(_three_by_three(tiles), interpolation="none")
            axes.set_title(name, fontsize=7.5, pad=2)
    return figure


def _logo(axes: Axes, counts: np.ndarray, first: int, top: float) -> None:
    heights = letter_heights(counts, "information")
    draw_logo(axes, np.where(heights < SMALLEST, 0.0, heights), kind="score")
    axes.set_ylim(0, top)
    axes.set_ylabel("bits", fontsize=8)
    axes.grid(False)
    _ticks(axes, counts.shape[1], first)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=top >= 1.5))


def _letters(axes: Axes, codes: np.ndarray, first: int) -> None:
    count, width = codes.shape
    cells = np.where(codes > 3, 4, codes)
    axes.imshow(
        _lettered(cells),
        aspect="auto",
        interpolation="none",
        extent=(-0.5, width - 0.5, count - 0.5, -0.5),
    )
    axes.grid(False)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    _ticks(axes, width, first)


def _lettered(cells: np.ndarray) -> np.ndarray:
    """Codes (n, W) as pixels (H, W, 3): each its letter on a pale ground of its colour."""
    rows, width = cells.shape
    wide = min(WIDE, ACROSS // width)
    tiles = np.stack([_tile(number, wide) for number in range(5)])
    return tiles[cells].transpose(0, 2, 1, 3, 4).reshape(rows * TALL, width * wide, 3)


@cache
def _tile(number: int, wide: int) -> np.ndarray:
    tile = np.full((TALL, wide, 3), _PALE[number], np.uint8)
    if number > 3:
        return tile
    file = findfont(FontProperties(family="DejaVu Sans", weight="bold"))
    drawn = Image.new("L", (200, 200))
    ImageDraw.Draw(drawn).text((30, 10), "ACGT"[number], 255, ImageFont.truetype(file, 120))
    inner = (wide - 2, TALL - 3)
    letter = drawn.crop(drawn.getbbox()).resize(inner, Image.Resampling.LANCZOS)
    share = np.asarray(letter, float)[..., None] / 255
    middle = tile[2:-1, 1:-1]
    middle[:] = np.rint(share * _STRONG[number] + (1 - share) * middle).astype(np.uint8)
    return tile


def _ticks(axes: Axes, width: int, first: int) -> None:
    step = next(step for step in (5, 10, 20, 50, 100) if width / step <= 10)
    marks = [mark for mark in range(0, first + width, step) if mark >= first]
    axes.set_xticks([mark - first for mark in marks], [str(mark) for mark in marks], fontsize=7)


def _spread(axes: Axes, places: np.ndarray, values: Sequence[np.ndarray], label: str) -> None:
    """Every channel as a dot, the quartiles as a box, over each layer."""
    generator = np.random.default_rng(0)
    for place, one in zip(places, values, strict=True):
        beside = place + generator.uniform(-0.22, 0.22, len(one))
        axes.plot(beside, one, ".", color=BLUE, ms=3, alpha=0.35, mew=0, rasterized=True)
        if len(one):
            low, middle, high = np.percentile(one, [25, 50, 75])
            axes.plot([place] * 2, [low, high], color=INK, lw=1.2)
            axes.plot([place], [middle], "o", color=INK, ms=4.5)
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)


def _three_by_three(tiles: np.ndarray) -> np.ndarray:
    """Patches uint8 (n, h, w, C) as one picture (H, W, 3) with thin frames."""
    count, height, width, channels = tiles.shape
    gap = max(1, round(max(height, width) / 14))
    frame = [int(FAINT[place : place + 2], 16) for place in (1, 3, 5)]
    sheet = np.full((3 * (height + gap) + gap, 3 * (width + gap) + gap, 3), frame, np.uint8)
    for number in range(min(count, 9)):
        top, left = (gap + place * size for place, size in
                     zip(divmod(number, 3), (height + gap, width + gap), strict=True))  # fmt: skip
        tile = tiles[number] if channels == 3 else tiles[number].repeat(3, axis=2)
        sheet[top : top + height, left : left + width] = tile
    return sheet

"""A site's pileup image channel by channel, as the network sees it, its columns and rows named.

The channels of the encoder "compact" have their own colours; any other channel is grey.
"""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Patch

from seqcnn.calling.explained import Explained, place
from seqcnn.report.pileup_channels import BASES, EMPTY, allele_values, known_values
from seqcnn.report.style import FAINT, INK, QUIET, styled

Pixels = npt.NDArray[np.uint8]  # (H, W, C)

DPI = 160
FEWEST_ROWS = 8  # drawn, though fragments may be fewer
# Inches: the figure, and what stands above all panels, below each row of them, and below all.
WIDTH, TOP, BELOW, FOOT = 13.0, 1.12, 0.78, 0.22
LEFT, RIGHT = 0.085, 0.99  # of the width
_SHADES = LinearSegmentedColormap.from_list("shades", ["#eef2f6", "#a3b8cc", "#4b729b"])


class Group(NamedTuple):
    """Rows `[first, last)` of fragments that show the same."""

    name: str
    first: int
    last: int


def pileup_figure(found: Explained, image: int = 0) -> Figure:
    """All channels of one image of the explained site, side by side."""
    pixels = found.drawn.images[image][: found.settings.images.picture_rows]
    names = found.settings.images.channels
    groups = row_groups(found, image)
    rows = max(FEWEST_ROWS, groups[-1].last if groups else 0)
    panels = [i for i, name in enumerate(names) if name != "reference base"]
    lines = -(-len(panels) // 3)
    tall = max(1.5, min(3.4, 0.085 * rows))
    height = TOP + lines * (tall + BELOW) + FOOT
    with styled():
        figure = Figure(figsize=(WIDTH, height), dpi=DPI)
        figure.text(0.012, 1 - 0.3 / height, figure_title(found), fontsize=12, weight="bold")
        strip = figure.add_axes((LEFT, 1 - 0.8 / height, RIGHT - LEFT, 0.27 / height))
        _draw_reference(strip, found, pixels)
        grid = GridSpec(
            lines, 3, figure, left=LEFT, right=RIGHT, top=1 - TOP / height,
            bottom=(FOOT + BELOW) / height, wspace=0.06, hspace=BELOW / tall,
        )  # fmt: skip
        for number, channel in enumerate(panels):
            axes = figure.add_subplot(grid[number // 3, number % 3])
            draw_channel(axes, names[channel], pixels[:rows, :, channel], found, image)
            mark_groups(axes, groups, labelled=number % 3 == 0)
        figure.text(0.012, 0.1 / height, _foot(found, groups, len(pixels)), fontsize=8, color=QUIET)
    return figure


def write_png(figure: Figure, path: Path) -> None:
    """Write the figure, which comes out the same each time."""
    with styled():
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def row_groups(found: Explained, image: int = 0) -> list[Group]:
    """Rows by what their fragments show, from the top; empty rows are in none."""
    names = found.settings.images.channels
    pixels = found.drawn.images[image][: found.settings.images.picture_rows]
    if "allele" not in names:
        used = int(np.flatnonzero(pixels.any((1, 2))).max(initial=-1)) + 1
        return [Group("reads", 0, used)] if used else []
    values = pixels[:, :, names.index("allele")].max(1).tolist()
    told = allele_values(found, image).names
    groups: list[Group] = []
    for row, value in enumerate(values):
        if not value:
            continue
        name = told.get(value, "other")
        if groups and groups[-1].name == name:
            groups[-1] = groups[-1]._replace(last=row + 1)
        else:
            groups.append(Group(name, row, row + 1))
    return groups


def figure_title(found: Explained) -> str:
    """The verdict, cut to one line."""
    return found.verdict if len(found.verdict) < 120 else found.verdict[:119] + "…"


def _foot(found: Explained, groups: list[Group], rows: int) -> str:
    used = groups[-1].last if groups else 0
    return (
        f"{used} of {rows} rows used, sorted by the allele that they show. The frame is "
        f"{place(found.at.contig, found.at.pos)} (of an indel: the base before it); columns are "
        f"counted from it. Model: {found.model}."
    )


def _draw_reference(axes: Axes, found: Explained, pixels: Pixels) -> None:
    """The reference base of every column, as letters on their colours."""
    columns, centre = pixels.shape[1], pixels.shape[1] // 2
    frame(axes, columns, 1)
    for column, at in enumerate(_positions(found, columns)):
        letter = "+"
        if at is not None:
            there = at - found.context_start
            letter = found.context[there] if 0 <= there < len(found.context) else ""
        colour = BASES.get(letter, FAINT if letter else EMPTY)
        axes.axvspan(column - 0.5, column + 0.5, color=colour, alpha=0.35, lw=0)
        axes.text(column, 0, letter, ha="center", va="center", fontsize=8, family="monospace")
    mark_anchor(axes, centre, 1)
    axes.set_xticks([])
    axes.set_yticks([0], ["reference"])
    axes.tick_params(length=0)
    if found.inserted:
        axes.set_title("+ columns of inserted bases", fontsize=8, color=QUIET, loc="right")


def _positions(found: Explained, columns: int) -> list[int | None]:
    """The position of each column; None for those of inserted bases."""
    first = found.at.pos - columns // 2
    before = [*range(first, found.at.pos + 1)]
    after = range(found.at.pos + 1, first + columns - found.inserted)
    return [*before, *[None] * found.inserted, *after]


def draw_channel(axes: Axes, name: str, values: Pixels, found: Explained, image: int) -> None:
    """One channel (rows, W) with its legend."""
    rows, columns = values.shape
    known = known_values(name, found, image)
    frame(axes, columns, rows)
    if known is not None:
        codes = sorted(known.colours)
        colours = ListedColormap([known.colours[code] for code in codes])
        edges = [-0.5, *((a + b) / 2 for a, b in pairwise(codes)), 255.5]
        axes.imshow(
            values, cmap=colours, norm=BoundaryNorm(edges, len(codes)), interpolation="nearest",
            aspect="auto",
        )  # fmt: skip
        _legend(axes, [(text, known.colours[code]) for code, text in known.names.items()])
    else:
        shown = np.ma.masked_equal(values, 0)
        axes.imshow(
            shown, cmap=_SHADES, norm=Normalize(0, 254), interpolation="nearest", aspect="auto"
        )
        most = {"base quality": 40, "mapping quality": 60}.get(name, 254)
        marks = [0, most // 4, most // 2, 3 * most // 4, most]
        _legend(
            axes,
            [(f"{mark}" + "+" * (mark == most), _SHADES(mark / most)) for mark in marks],
        )
    axes.set_title(name, fontsize=9.5, weight="bold", pad=3)
    mark_anchor(axes, columns // 2, rows)
    anchor_ticks(axes, found, columns)


def anchor_ticks(axes: Axes, found: Explained, columns: int) -> None:
    """Marks every 10 bp from the anchor, which has its position."""
    marks = [mark for mark in range(-100, 101, 10) if abs(mark) <= columns // 2]
    places = [columns // 2 + mark + (found.inserted if mark > 0 else 0) for mark in marks]
    inside = [(at, mark) for at, mark in zip(places, marks, strict=True) if at < columns]
    axes.set_xticks(
        [at for at, _ in inside],
        [f"{mark:+d}" if mark else f"{found.at.pos + 1:,}" for _, mark in inside],
        fontsize=7,
    )


def _legend(axes: Axes, entries: list[tuple[str, object]]) -> None:
    patches = [
        Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.4, label=name)  # type: ignore[arg-type]
        for name, colour in entries
        if name not in ("", "-")
    ]
    axes.legend(
        handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.28 / _inches(axes)),
        ncols=len(patches), fontsize=7, handlelength=0.9, handleheight=0.9, columnspacing=0.9,
        handletextpad=0.35, borderaxespad=0.0,
    )  # fmt: skip


def _inches(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    return float(axes.get_position().height * (figure.get_figheight() if figure else 1.0))


def frame(axes: Axes, columns: int, rows: int) -> None:
    """Axes for a picture of so many pixels, the first row on top."""
    axes.grid(False)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)
    axes.set_yticks([])


def mark_anchor(axes: Axes, centre: int, rows: int) -> None:
    """A frame around the anchor's column."""
    axes.plot(
        [centre - 0.5, centre + 0.5, centre + 0.5, centre - 0.5, centre - 0.5],
        [-0.5, -0.5, rows - 0.5, rows - 0.5, -0.5],
        color=INK, lw=0.9,
    )  # fmt: skip


def mark_groups(axes: Axes, groups: list[Group], *, labelled: bool) -> None:
    """Lines between groups of rows, and their names to the left."""
    for group in groups[:-1]:
        axes.axhline(group.last - 0.5, color=INK, lw=0.6, ls=(0, (3, 2)))
    if groups:
        axes.axhline(groups[-1].last - 0.5, color=FAINT, lw=0.6)
    if labelled:
        axes.set_yticks(
            [(group.first + group.last - 1) / 2 for group in groups],
            [f"{group.name} ({group.last - group.first})" for group in groups],
            fontsize=7.5,
        )
        axes.tick_params(axis="y", length=0)

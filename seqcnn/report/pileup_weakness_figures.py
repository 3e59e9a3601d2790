"""Figures of what misleads a caller: changes that flip calls, confidence, and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqcnn.encoders.pileup_choice import NOT_KNOWN, OF_OTHER, OF_REFERENCE, SHOWN, SHOWN_SECOND
from seqcnn.report.pileup_channels import BASES as COLOURS
from seqcnn.report.pileup_channels import EMPTY
from seqcnn.report.style import BLUE, FAINT, GREEN, INK, ORANGE, PINK, QUIET, styled

BASES = {250: "A", 30: "C", 180: "G", 100: "T"}
ALLELES = {
    NOT_KNOWN: "#eceff2", OF_OTHER: PINK, OF_REFERENCE: "#b4bfca", SHOWN_SECOND: ORANGE,
    SHOWN: BLUE,
}  # fmt: skip
SUPPORT = {152: "#b4bfca", 254: BLUE}
LINES = (BLUE, ORANGE, GREEN)


@dataclass(frozen=True)
class Shown:
    """A picture (H, W) of one channel with a line about it, and cells (row, column) to mark."""

    title: str
    values: npt.NDArray[np.uint8]
    channel: str
    marked: Sequence[tuple[int, int]] = ()


def changes_figure(
    numbers: Mapping[str, npt.NDArray[np.float64]], tried: Mapping[str, int]
) -> Figure:
    """Share of calls flipped by at most so many changes of each kind; NaN = not flipped.

    `tried` says after how many a search ended, where it did not go on to the end.
    """
    most = max((np.nanmax(one) for one in numbers.values() if np.isfinite(one).any()), default=1)
    steps = np.arange(int(most) + 1)
    with styled():
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for (name, one), colour in zip(numbers.items(), LINES, strict=False):
            own = steps[: tried.get(name, len(steps)) + 1]
            share = [100 * np.nansum(one <= step) / max(len(one), 1) for step in own]
            axes.step(own, share, where="post", color=colour, label=f"{name} ({len(one)} calls)")
        axes.set(
            xlim=(0, max(most, 1)), ylim=(-2, 102), xlabel="changes", ylabel="calls flipped (%)"
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside upper left", ncols=1)
    return figure


def kinds_figure(
    kinds: Mapping[str, Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]],
) -> Figure:
    """How sure each network is of each kind: every site, raw and calibrated, and the means."""
    rows = sum(len(found) for found in kinds.values())
    with styled():
        figure = Figure(figsize=(6.6, 0.7 + 0.34 * rows + 0.5 * len(kinds)), layout="constrained")
        heights = [len(found) for found in kinds.values()]
        every = figure.subplots(len(kinds), 1, sharex=True, height_ratios=heights, squeeze=False)
        for axes, (network, found) in zip(every[:, 0], kinds.items(), strict=True):
            _kinds(axes, network, found)
        every[-1, 0].set_xlabel("probability of the most probable genotype")
        every[0, 0].legend(
            loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2, borderaxespad=0.1, fontsize=8
        )
    return figure


def _kinds(
    axes: Axes,
    network: str,
    found: Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
) -> None:
    generator = np.random.default_rng(0)
    for place, pair in enumerate(found.values()):
        for values, shift, colour, name in zip(
            pair, (-0.17, 0.17), (QUIET, BLUE), ("raw", "calibrated"), strict=True
        ):
            spread = place + shift + generator.uniform(-0.09, 0.09, len(values))
            axes.plot(values, spread, ".", ms=3, color=colour, alpha=0.5, mew=0)
            axes.plot(
                [values.mean()], [place + shift], "|", ms=9, mew=2, color=colour,
                label=f"{name} (bar: mean)" if place == 0 else None,
            )  # fmt: skip
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(0, 1.01)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"{network} network", fontsize=9.5, weight="bold")


def pictures_figure(shown: Sequence[Shown]) -> Figure:
    """Pictures beside each other, one channel of each, changed cells framed."""
    lines = -(-len(shown) // 3)
    with styled():
        figure = Figure(figsize=(9.6, 2.45 * lines + 0.35), layout="constrained")
        every = figure.subplots(lines, 3, squeeze=False).reshape(-1)
        for axes in every[len(shown) :]:
            axes.set_visible(False)
        for axes, one in zip(every, shown, strict=False):
            _picture(axes, one)
        figure.supxlabel(
            "columns of the picture, its anchor in the middle; rows are fragments. Read bases: "
            "A green, C blue, G orange, T red", fontsize=7.5, color=QUIET,
        )  # fmt: skip
    return figure


def _picture(axes: Axes, one: Shown) -> None:
    colours = _colours(one.channel)
    codes = sorted(colours)
    edges = [-0.5, *((a + b) / 2 for a, b in pairwise(codes)), 255.5]
    axes.imshow(
        one.values, cmap=ListedColormap([colours[code] for code in codes]), aspect="auto",
        norm=BoundaryNorm(edges, len(codes)), interpolation="nearest",
    )  # fmt: skip
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)
    if one.marked:
        rows, columns = zip(*one.marked, strict=True)
        axes.plot(columns, rows, "s", ms=5, mfc="none", mec=INK, mew=1.0)
    axes.set_title(one.title, fontsize=8)


def _colours(channel: str) -> dict[int, str]:
    if channel == "read base":
        return {0: EMPTY, **{code: COLOURS[base] for code, base in BASES.items()}}
    return {0: EMPTY, **(ALLELES if channel == "allele" else SUPPORT)}

"""Integrated gradients of a call as pictures: a map a channel, and bars of the counts."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec

from seqcnn.calling.explain_basis import Basis, Gradients
from seqcnn.calling.explain_neutral import number_groups
from seqcnn.calling.explained import Explained
from seqcnn.encoders.count_features import FEATURES
from seqcnn.report.basis_words import TIERS, start_words
from seqcnn.report.pileup_figure import (
    DPI,
    FEWEST_ROWS,
    anchor_ticks,
    figure_title,
    frame,
    mark_anchor,
    mark_groups,
    row_groups,
)
from seqcnn.report.style import BLUE, INK, ORANGE, PINK, QUIET, styled

WIDTH, TOP, BELOW, FOOT = 13.0, 0.98, 0.68, 0.55  # inches
COLOURS = LinearSegmentedColormap.from_list("shares", [ORANGE, "white", BLUE])
MOST_NUMBERS = 14
BRIGHTEST = 99.8  # percentile of the pixels at which colours end


def gradients_figure(found: Explained, image: int = 0) -> Figure:
    """Integrated gradients of one image of the explained site."""
    basis = found.bases[image]
    shown = [one for one in basis.gradients if one.picture.size]
    if not shown:
        return _numbers_alone(found, basis)
    groups = row_groups(found, image)
    rows = max(FEWEST_ROWS, groups[-1].last if groups else 0)
    names = found.settings.images.channels
    tall = max(1.5, min(2.8, 0.075 * rows))
    lines = -(-(len(names) + 2) // 3)
    height = TOP + lines * (tall + BELOW) + FOOT - BELOW
    picture = shown[0].picture[:rows]
    # One colour scale, so that channels can be compared.
    most = max(float(np.percentile(np.abs(picture), BRIGHTEST)), 1e-6)
    with styled():
        figure = _begin(found, basis, height)
        grid = GridSpec(
            lines, 3, figure, left=0.085, right=0.985, top=1 - TOP / height,
            bottom=FOOT / height, wspace=0.06, hspace=BELOW / tall,
        )  # fmt: skip
        for number, name in enumerate(names):
            axes = figure.add_subplot(grid[number // 3, number % 3])
            _map(axes, picture[:, :, number], name, most, found)
            mark_groups(axes, groups, labelled=number % 3 == 0)
        last = len(names)
        _colour_bar(figure, most, height)
        _channel_sums(_narrowed(figure, grid[last // 3, last % 3], 0.33), names, shown, basis)
        if basis.gradients[0].numbers.size:
            place = grid[(last + 1) // 3, (last + 1) % 3]
            _number_bars(_narrowed(figure, place, 0.47), basis.gradients[0])
    return figure


def _begin(found: Explained, basis: Basis, height: float) -> Figure:
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    figure.text(0.012, 1 - 0.3 / height, figure_title(found), fontsize=12, weight="bold")
    first = basis.gradients[0]
    words = (
        f"Shares in the log-odds {basis.log_odds:+.2f} of {basis.genotype} by {TIERS[basis.tier]} "
        f"(integrated gradients {start_words(first, basis)}): {first.total:+.2f} in all, of "
        f"{first.wanted:+.2f}. Blue holds it, orange speaks against it."
    )
    figure.text(0.012, 1 - 0.56 / height, words, fontsize=9, color=QUIET)
    return figure


def _map(
    axes: Axes, shares: npt.NDArray[np.float32], name: str, most: float, found: Explained
) -> None:
    rows, columns = shares.shape
    frame(axes, columns, rows)
    axes.imshow(
        shares, cmap=COLOURS, norm=Normalize(-most, most), interpolation="nearest", aspect="auto"
    )
    axes.set_title(f"{name} {float(shares.sum()):+.2f}", fontsize=9.5, weight="bold", pad=3)
    mark_anchor(axes, columns // 2, rows)
    anchor_ticks(axes, found, columns)


def _colour_bar(figure: Figure, most: float, height: float) -> None:
    axes = figure.add_axes((0.82, 1 - 0.28 / height, 0.165, 0.11 / height))
    axes.imshow(np.linspace(-1, 1, 101)[None], cmap=COLOURS, aspect="auto")
    axes.grid(False)
    axes.set_yticks([])
    axes.set_xticks([0, 50, 100], [f"{-most:.2g}", "0", f"{most:.2g}"], fontsize=7)
    axes.set_ylabel("a pixel", rotation=0, ha="right", va="center", fontsize=7.5)


def _narrowed(figure: Figure, place: SubplotSpec, share: float) -> Axes:
    """Axes in a cell of the grid without so much of its left, where labels stand."""
    box = place.get_position(figure)
    wide = box.width * (1 - share)
    return figure.add_axes((box.x1 - wide, box.y0, wide, box.height))


def _channel_sums(axes: Axes, names: tuple[str, ...], shown: list[Gradients], basis: Basis) -> None:
    thick = 0.8 / len(shown)
    for number, (one, colour) in enumerate(zip(shown, (INK, PINK), strict=False)):
        places = np.arange(len(names)) + (number - (len(shown) - 1) / 2) * thick
        axes.barh(
            places, one.picture.sum((0, 1)), thick, color=colour, lw=0,
            label=start_words(one, basis),
        )  # fmt: skip
    axes.axvline(0, color=INK, lw=0.6)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share of log-odds")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1.0), fontsize=7, borderaxespad=0.1)


def _number_bars(axes: Axes, gradients: Gradients, most: int = MOST_NUMBERS) -> None:
    order = np.argsort(-np.abs(gradients.numbers), kind="stable")[:most]
    values = gradients.numbers[order]
    axes.barh(
        range(len(order)), values, 0.75, color=np.where(values >= 0, BLUE, ORANGE).tolist(), lw=0
    )
    axes.axvline(0, color=INK, lw=0.6)
    axes.set_yticks(range(len(order)), [FEATURES[i] for i in order], fontsize=7.5)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share of log-odds")
    whole = float(gradients.numbers.sum())
    axes.set_title(f"counts {whole:+.2f}, the {len(order)} largest", fontsize=9.5, weight="bold")


def _numbers_alone(found: Explained, basis: Basis) -> Figure:
    """The counts' shares one by one, and in groups."""
    gradients = basis.gradients[0]
    height = TOP + 4.6 + FOOT
    with styled():
        figure = _begin(found, basis, height)
        low, tall = FOOT / height, 1 - (TOP + FOOT) / height
        _number_bars(figure.add_axes((0.17, low, 0.3, tall)), gradients, 2 * MOST_NUMBERS)
        axes = figure.add_axes((0.69, low, 0.3, tall))
        groups = number_groups()
        sums = {name: float(gradients.numbers[own].sum()) for name, own in groups.items()}
        names = sorted(sums, key=lambda name: -abs(sums[name]))
        values = [sums[name] for name in names]
        axes.barh(
            range(len(names)), values, 0.75, color=[BLUE if v >= 0 else ORANGE for v in values]
        )
        axes.axvline(0, color=INK, lw=0.6)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("share of log-odds")
        axes.set_title("by what they are about", fontsize=9.5, weight="bold")
    return figure

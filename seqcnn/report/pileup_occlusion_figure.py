"""What a call rests on, in one picture: fragments beside their rows, columns below theirs.

Bars are log-odds that the call loses when a part is hidden: those that hold it are blue, those
that speak against it orange.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcnn.calling.explain_basis import Basis, Effect, FragmentEffect
from seqcnn.calling.explained import Explained
from seqcnn.encoders.count_features import FLANK
from seqcnn.report.basis_words import TIERS, summary
from seqcnn.report.pileup_figure import (
    DPI,
    FEWEST_ROWS,
    anchor_ticks,
    draw_channel,
    figure_title,
    mark_groups,
    row_groups,
)
from seqcnn.report.style import BLUE, INK, ORANGE, PINK, QUIET, styled

WIDTH, TOP, PROFILE, FOOT, MIDDLE = 13.0, 0.98, 1.15, 0.55, 0.95  # inches
MOST_BARS = 40  # fragments, where there is no picture to put them beside
UNIT = "log-odds"


def occlusion_figure(found: Explained, image: int = 0) -> Figure:
    """Fragments, columns, channels and counts of one image of the explained site."""
    basis = found.bases[image]
    pictured = found.settings.images.pictures and len(found.drawn.images) > image
    if not pictured:
        return _without_picture(found, basis)
    images = found.settings.images
    pixels = found.drawn.images[image][: images.picture_rows]
    groups = row_groups(found, image)
    rows = max(FEWEST_ROWS, groups[-1].last if groups else 0)
    tall = max(2.2, min(4.6, 0.12 * rows))
    height = TOP + tall + MIDDLE + PROFILE + FOOT
    with styled():
        figure = _begin(found, basis, height)
        top, bottom = 1 - TOP / height, 1 - (TOP + tall) / height
        low = FOOT / height
        picture = figure.add_axes((0.085, bottom, 0.455, top - bottom))
        name = "difference" if "difference" in images.channels else "differs from reference"
        channel = images.channels.index(name)
        draw_channel(picture, name, pixels[:rows, :, channel], found, image)
        mark_groups(picture, groups, labelled=True)
        bars = figure.add_axes((0.552, bottom, 0.15, top - bottom))
        _row_bars(bars, basis.occlusion.fragments, rows)
        profile = figure.add_axes((0.085, low, 0.455, PROFILE / height))
        _column_profile(profile, found, basis)
        side = figure.add_axes((0.845, low, 0.145, top - low))
        _part_bars(side, basis)
    return figure


def _begin(found: Explained, basis: Basis, height: float) -> Figure:
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    figure.text(0.012, 1 - 0.3 / height, figure_title(found), fontsize=12, weight="bold")
    words = (
        f"{basis.genotype} ({_short(basis.alleles)}) by {TIERS[basis.tier]}, log-odds "
        f"{basis.log_odds:+.2f}: {summary(basis)}. Blue holds it, orange speaks against it."
    )
    figure.text(0.012, 1 - 0.56 / height, words, fontsize=9, color=QUIET)
    return figure


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def _row_bars(axes: Axes, fragments: Sequence[FragmentEffect], rows: int) -> None:
    pairs = [(row, one.effect) for one in fragments for row in one.rows if row < rows]
    _bars(axes, [row for row, _ in pairs], [effect for _, effect in pairs], 0.8)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    _span(axes)
    axes.set_title("without the fragment", fontsize=9.5, weight="bold", pad=3)
    rest = sum(not one.rows for one in fragments)
    axes.set_xlabel(f"loss of {UNIT}" + (f"; {rest} more without a row" if rest else ""))


def _column_profile(axes: Axes, found: Explained, basis: Basis) -> None:
    hidden, columns = basis.occlusion, found.settings.images.columns
    centre, inserted = columns // 2, found.inserted
    at = np.arange(columns)
    if len(hidden.columns):
        axes.fill_between(at, hidden.windows, step="mid", color=BLUE, alpha=0.25, lw=0)
        axes.step(
            at, hidden.windows, where="mid", color=BLUE, lw=1.2, label=f"{hidden.window} columns"
        )
        axes.step(at, hidden.columns, where="mid", color=INK, lw=0.9, label="one column")
    if len(hidden.around):
        offsets = np.arange(-FLANK, FLANK + 1)
        places = offsets + centre + np.where(offsets > 0, inserted, 0)
        axes.plot(places, hidden.around, ".", ms=4, color=PINK, label="count of what differs there")
    axes.axhline(0, color=INK, lw=0.6)
    axes.axvline(centre, color=INK, lw=0.6, ls=(0, (3, 2)))
    axes.set_xlim(-0.5, columns - 0.5)
    anchor_ticks(axes, found, columns)
    axes.set_xlabel("position (bp from the anchor)")
    axes.set_ylabel(f"loss of {UNIT}")
    _at_least(axes, 0.1)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=7.5, borderaxespad=0.1
        )


def _part_bars(axes: Axes, basis: Basis) -> None:
    """Channels above, groups of counts below; the strongest first."""
    hidden = basis.occlusion
    parts: list[Effect | None] = list(hidden.channels)
    if hidden.channels and hidden.numbers:
        parts.append(None)
    parts += list(hidden.numbers)
    places = [place for place, one in enumerate(parts) if one is not None]
    effects = [one.effect for one in parts if one is not None]
    _bars(axes, places, effects, 0.72)
    axes.set_yticks(places, [one.name for one in parts if one is not None], fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(parts), 6) - 0.4, -0.6)
    axes.set_xlabel(f"loss of {UNIT}")
    what = [
        name for name, there in (("channels", hidden.channels), ("counts", hidden.numbers)) if there
    ]
    axes.set_title(f"without {' and '.join(what)}", fontsize=9.5, weight="bold", pad=3, loc="right")
    _widen(axes, places, effects)


def _without_picture(found: Explained, basis: Basis) -> Figure:
    """Fragments as bars by effect, beside the groups of counts and their positions."""
    fragments = sorted(basis.occlusion.fragments, key=lambda one: -one.effect)
    kept = fragments[:MOST_BARS]
    height = TOP + max(2.6, 0.13 * len(kept)) + FOOT
    with styled():
        figure = _begin(found, basis, height)
        low, tall = FOOT / height, 1 - (TOP + FOOT) / height
        axes = figure.add_axes((0.1, low, 0.16, tall))
        _bars(axes, range(len(kept)), [one.effect for one in kept], 0.8)
        axes.set_ylim(max(len(kept), FEWEST_ROWS) - 0.5, -0.5)
        axes.set_yticks(range(len(kept)), [_short(one.shows) for one in kept], fontsize=6.5)
        _span(axes)
        axes.set_xlabel(f"loss of {UNIT}")
        more = f" ({len(kept)} of {len(fragments)})" if len(kept) < len(fragments) else ""
        axes.set_title(f"without the fragment{more}", fontsize=9.5, weight="bold", pad=3)
        _part_bars(figure.add_axes((0.4, low, 0.16, tall)), basis)
        around = figure.add_axes((0.625, low, 0.365, tall))
        offsets = np.arange(-FLANK, FLANK + 1)
        if len(basis.occlusion.around):
            _bars_up(around, offsets, basis.occlusion.around)
        around.set_xlabel(f"position (bp from {found.at.pos + 1:,})")
        around.set_ylabel(f"loss of {UNIT}")
        around.set_title("without the count of what differs there", fontsize=9.5, weight="bold")
        _at_least(around, 0.1)
    return figure


def _bars(axes: Axes, places: Sequence[int], effects: Sequence[float], thickness: float) -> None:
    colours = [BLUE if effect >= 0 else ORANGE for effect in effects]
    axes.barh(list(places), list(effects), thickness, color=colours, lw=0)
    axes.axvline(0, color=INK, lw=0.6)
    axes.grid(axis="y", visible=False)


def _bars_up(axes: Axes, places: npt.NDArray[np.int64], effects: npt.NDArray[np.float64]) -> None:
    axes.bar(places, effects, 0.8, color=np.where(effects >= 0, BLUE, ORANGE).tolist(), lw=0)
    axes.axhline(0, color=INK, lw=0.6)


def _at_least(axes: Axes, least: float) -> None:
    """No noise blown up: the axis spans that much either way."""
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -least), max(high, least))


def _span(axes: Axes) -> None:
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -0.02), max(high, 0.08))


def _widen(axes: Axes, places: Sequence[int], effects: Sequence[float]) -> None:
    """Numbers behind the bars need room."""
    span = max(0.1, *(abs(effect) for effect in effects), 0.1)
    low, high = min(0.0, *effects, 0.0), max(0.0, *effects, 0.0)
    axes.set_xlim(low - (0.5 * span if low < 0 else 0.04 * span), high + 0.34 * span)
    for place, effect in zip(places, effects, strict=True):
        side = 0.03 * span if effect >= 0 else -0.03 * span
        axes.text(
            effect + side, place, f"{effect:+.2f}",
            ha="left" if effect >= 0 else "right", va="center", fontsize=7.5,
        )  # fmt: skip

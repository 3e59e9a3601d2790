"""Figures of marginalisation: effects with intervals, by copies, by position, by spacing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcnn.report.style import BLUE, CYCLE, INK, ORANGE, QUIET, RED, shortened

MOST_TRACKS = 6
MOST_ROWS = 24
MOST_LINES = len(CYCLE)
LOGIT = "effect on the logit"
SIGN_WORDS = {"+": "", "-": " (reverse)"}


def telling_tracks(table: pd.DataFrame, column: str, limit: int = MOST_TRACKS) -> list[str]:
    """The `limit` tracks with the largest `column` in size, in the order of the table."""
    largest = table[column].abs().groupby(table["track"], sort=False).max()
    chosen = set(largest.sort_values(ascending=False, kind="stable").index[:limit])
    return [str(track) for track in largest.index if track in chosen]


def row_name(row: pd.Series) -> str:
    """A motif with its orientation and number of copies."""
    copies = f"{row['copies']} x " if row["copies"] > 1 else ""
    return f"{copies}{shortened(str(row['motif']), 22)}{SIGN_WORDS[row['orientation']]}"


def effect_figure(table: pd.DataFrame, units: dict[str, str]) -> Figure:
    """A row a motif: its effect on the logit beside that of its scrambled bases, and the value
    without and with it; a line of panels a track.
    """
    tracks = telling_tracks(table, "effect")
    rows = min(int((table["track"] == tracks[0]).sum()), MOST_ROWS)
    height = 0.85 + 0.27 * rows
    figure = Figure(figsize=(8.6, height * len(tracks) + 0.3), layout="constrained")
    axes = figure.subplots(len(tracks), 2, squeeze=False, sharey="row")
    for (left, right), track in zip(axes, tracks, strict=True):
        shown = table[table["track"] == track].iloc[:MOST_ROWS]
        _effect_rows(left, shown)
        _value_rows(right, shown, units[track])
        left.set_title(shortened(track, 60))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def _effect_rows(axes: Axes, shown: pd.DataFrame) -> None:
    y = np.arange(len(shown))
    axes.axvline(0, color=QUIET, lw=0.8)
    for names, colour, mark, moved, label in (
        (("scrambled", "scrambled_low", "scrambled_high"), QUIET, "s", 0.17, "its bases scrambled"),
        (("effect", "effect_low", "effect_high"), BLUE, "o", -0.12, "the motif"),
    ):
        value, low, high = (shown[name].to_numpy(float) for name in names)
        axes.hlines(y + moved, low, high, color=colour, lw=1.6)
        axes.plot(value, y + moved, mark, color=colour, ms=4.5, label=label)
    axes.set_yticks(y, [row_name(row) for _, row in shown.iterrows()])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"{LOGIT}, mean and 95 % interval")


def _value_rows(axes: Axes, shown: pd.DataFrame, unit: str) -> None:
    y = np.arange(len(shown))
    before, after = (shown[name].to_numpy(float) for name in ("value_without", "value_with"))
    axes.hlines(y, before, after, color=QUIET, lw=1)
    axes.plot(before, y, "o", mfc="white", mec=INK, ms=5, label="without")
    axes.plot(after, y, "o", color=BLUE, ms=5, label="with the motif")
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"mean {unit}")
    if unit == "probability":
        axes.set_xlim(-0.03, 1.03)


def copies_figure(table: pd.DataFrame) -> Figure:
    """The effect by number of copies, a line a motif and orientation, a panel a track."""
    return _line_panels(
        table, "copies", "copies", f"{LOGIT}", marker="o", whole=True, key=["motif", "orientation"]
    )


def profile_figure(table: pd.DataFrame) -> Figure:
    """The effect by position, a line a motif and orientation with its interval, a panel a track."""
    label = "middle of the motif, bp from the middle of the sequence"
    return _line_panels(table, "offset", label, LOGIT, key=["motif", "orientation"])


def _line_panels(
    table: pd.DataFrame,
    x: str,
    x_label: str,
    y_label: str,
    *,
    key: Sequence[str],
    marker: str = "",
    whole: bool = False,
) -> Figure:
    tracks = telling_tracks(table, "effect")
    across = min(len(tracks), 2)
    down = -(-len(tracks) // across)
    size = (8.6 if across == 2 or not whole else 5.0, 2.5 * down + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for axes in panels.flat[len(tracks) :]:
        axes.set_visible(False)
    for axes, track in zip(panels.flat, tracks, strict=False):
        shown = table[table["track"] == track]
        axes.axhline(0, color=QUIET, lw=0.8)
        groups = list(shown.groupby(list(key), sort=False))[:MOST_LINES]
        for colour, ((motif, sign), line) in zip(CYCLE, groups, strict=False):
            label = shortened(str(motif), 22) + SIGN_WORDS[str(sign)]
            _band(axes, line, x, ("effect", "effect_low", "effect_high"), colour, label, marker)
        axes.set_title(shortened(track, 60))
        if whole:
            axes.set_xticks(sorted(shown[x].unique()))
    for axes in panels[-1]:
        axes.set_xlabel(x_label)
    for axes in panels[:, 0]:
        axes.set_ylabel(y_label)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 4))
    return figure


def spacing_figure(table: pd.DataFrame, track: str) -> Figure:
    """Of one track, by spacing: the pair beside the sum of its parts, and their difference; a
    column for each pair of orientations.
    """
    table = table[table["track"] == track]
    signs = list(dict.fromkeys(table["orientations"]))
    figure = Figure(figsize=(max(6.4, 2.5 * len(signs) + 0.8), 4.6), layout="constrained")
    panels = figure.subplots(2, len(signs), squeeze=False, sharex=True, sharey="row")
    for column, sign in enumerate(signs):
        above, below = panels[:, column]
        shown = table[table["orientations"] == sign]
        for axes in (above, below):
            axes.axhline(0, color=QUIET, lw=0.8)
        x = shown["spacing"].to_numpy(float)
        _band(above, shown, "spacing", ("both", "both_low", "both_high"), BLUE, "both", "")
        above.plot(x, shown["first"] + shown["second"], color=ORANGE, lw=1.3, label="sum of alone")
        names = ("interaction", "interaction_low", "interaction_high")
        _band(below, shown, "spacing", names, RED, "", "")
        first, second = (shown[name].iloc[0] for name in ("first_motif", "second_motif"))
        width = 40 if len(signs) == 1 else 12
        pair = [
            f"{shortened(str(m), width)} {s}" for m, s in zip((first, second), sign, strict=True)
        ]
        above.set_title(", ".join(pair), fontsize=8.5)
        below.set_xlabel("bp between the motifs")
    panels[0, 0].set_ylabel(LOGIT)
    panels[1, 0].set_ylabel("interaction\n(both less the sum)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, title=shortened(track, 80))
    return figure


def _band(
    axes: Axes,
    line: pd.DataFrame,
    x: str,
    names: tuple[str, str, str],
    colour: str,
    label: str,
    marker: str,
) -> None:
    places = line[x].to_numpy(float)
    value, low, high = (line[name].to_numpy(float) for name in names)
    axes.fill_between(places, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(places, value, color=colour, lw=1.4, marker=marker, ms=4, label=label or None)

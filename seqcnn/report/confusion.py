"""Which classes are taken for which: the matrix of few classes, the worst pairs of any."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from seqcnn.report.records import Table
from seqcnn.report.style import INK, QUIET, panel, shortened, styled
from seqcnn.report.words import percent, whole

_RIGHT = LinearSegmentedColormap.from_list("right", ["#f2f7fb", "#7fb8dd", "#0072B2"])
_WRONG = LinearSegmentedColormap.from_list("wrong", ["#fdf1ea", "#f0a06b", "#c04f00"])
_EMPTY = (0.975, 0.98, 0.985, 1.0)
_DARK = 0.45  # of a row's share, from which numbers are white


@styled()
def confusion_matrix(counts: np.ndarray, names: Sequence[str]) -> Figure:
    """Counts (classes, classes) in their cells, coloured by their share of the row.

    Rows are the true class, columns the class called; blue is right, orange wrong. Shares of
    wrong calls are drawn on a square-root scale, so that rare ones are seen.
    """
    counts = np.asarray(counts)
    number = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colours = _WRONG(np.sqrt(shares))
    colours[np.eye(number, dtype=bool)] = _RIGHT(np.diag(shares))
    colours[counts == 0] = _EMPTY
    labels = [shortened(name, 18) for name in names]
    longest = max(len(label) for label in labels)
    cell = min(0.42, max(0.31, 4.2 / number))
    figure, axes = panel(1.0 + 0.07 * longest + cell * number, 0.8 + 0.05 * longest + cell * number)
    axes.grid(False)
    axes.pcolormesh(colours, edgecolors="white", linewidth=1)
    size = 8.5 if number <= 12 else 7
    for row, column in zip(*np.nonzero(counts), strict=True):
        share = shares[row, column] if row == column else np.sqrt(shares[row, column])
        axes.text(
            column + 0.5, row + 0.5, str(int(counts[row, column])), ha="center", va="center",
            fontsize=size if counts[row, column] < 1000 else size - 2,
            color="white" if share > _DARK + (0.2 if row == column else 0.25) else INK,
        )  # fmt: skip
    places = np.arange(number) + 0.5
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(places, labels)
    if longest > 3:
        for text in axes.get_xticklabels():
            text.set(rotation=45, ha="left", rotation_mode="anchor")
    axes.set_yticks(places, labels)
    axes.set(xlabel="called class", ylabel="true class", aspect="equal")
    axes.set_ylim(number, 0)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set(visible=False, color=QUIET)
    return figure


def confused_pairs(counts: np.ndarray, names: Sequence[str], most: int) -> Table | None:
    """The wrong calls that happen most often, at most so many; None where all calls are right."""
    wrong = np.array(counts)
    of = wrong.sum(axis=1)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(place), len(wrong)) for place in order]
    rows = [
        (
            names[row],
            names[column],
            f"{whole(wrong[row, column])} of {whole(of[row])}",
            percent(wrong[row, column] / of[row]),
        )
        for row, column in pairs
        if wrong[row, column]
    ]
    return Table(("True class", "Called", "Times", "Share"), rows) if rows else None

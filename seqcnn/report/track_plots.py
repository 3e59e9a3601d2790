"""Figures that set the CNN beside its baselines, track by track."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqcnn.report.records import Interval, Track
from seqcnn.report.style import (
    CNN,
    FAINT,
    QUIET,
    RED,
    baseline_marks,
    panel,
    shortened,
    styled,
)

MOST_ROWS = 30
METRIC_LABELS = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "mcc": "MCC",
    "f1": "F1",
    "accuracy": "Accuracy",
    "top1_error": "Top-1 error",
    "top5_error": "Top-5 error",
    "pearson": "Pearson",
    "spearman": "Spearman",
}
UNKNOWN: Interval = (np.nan, np.nan, np.nan)


def metric_label(metric: str) -> str:
    """The metric's name as a reader knows it."""
    return METRIC_LABELS.get(metric, metric)


def best_baseline(track: Track, metric: str) -> float:
    """The highest baseline value of `metric`, NaN where there is none."""
    values = [metrics.get(metric, UNKNOWN)[0] for metrics in track.baselines.values()]
    known = [value for value in values if np.isfinite(value)]
    return max(known) if known else np.nan


def gain(track: Track, metric: str) -> float:
    """CNN less best baseline; the paired estimate where the track brings one."""
    if track.gain is not None:
        return track.gain[0]
    return track.metrics.get(metric, UNKNOWN)[0] - best_baseline(track, metric)


def most_telling(tracks: Sequence[Track], metric: str, most: int = MOST_ROWS) -> list[Track]:
    """The tracks from the largest gain to the smallest; of many, those at the two ends.

    Tracks without the metric are left out. Without baselines the metric itself is ranked.
    """
    known = [track for track in tracks if np.isfinite(track.metrics.get(metric, UNKNOWN)[0])]
    compared = any(np.isfinite(gain(track, metric)) for track in known)

    def rank(track: Track) -> float:
        value = gain(track, metric) if compared else track.metrics[metric][0]
        return -value if np.isfinite(value) else np.inf

    ranked = sorted(known, key=rank)
    if len(ranked) <= most:
        return ranked
    return ranked[: most // 2] + ranked[-(most - most // 2) :]


@styled()
def track_intervals(tracks: Sequence[Track], metric: str) -> Figure:
    """Dot and interval of the CNN and its baselines, one row a track, in the order given."""
    if len(tracks) == 1:
        return _one_track(tracks[0], metric)
    figure, axes = panel(5.0, 0.9 + 0.25 * len(tracks))
    rows = np.arange(len(tracks))
    names = list(dict.fromkeys(name for track in tracks for name in track.baselines))
    for name, (colour, marker) in baseline_marks(names).items():
        values = [track.baselines.get(name, {}).get(metric, UNKNOWN) for track in tracks]
        _dots(axes, rows, values, colour=colour, marker=marker, size=3.8, label=name, hollow=True)
    values = [track.metrics.get(metric, UNKNOWN) for track in tracks]
    _dots(axes, rows, values, colour=CNN, marker="o", size=5.5, label="CNN")
    axes.set_yticks(rows, [shortened(track.name, 26) for track in tracks])
    axes.set_ylim(len(tracks) - 0.4, -0.6)
    axes.set_xlabel(f"{metric_label(metric)} on the test split")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="outside upper center",
        ncols=len(labels),
        columnspacing=1.2,
    )
    return figure


def _one_track(track: Track, metric: str) -> Figure:
    """The same for one track: a row for each model."""
    rows = {"CNN": track.metrics, **track.baselines}
    figure, axes = panel(5.0, 0.7 + 0.36 * len(rows))
    marks = {"CNN": (CNN, "o"), **baseline_marks(list(track.baselines))}
    for index, (name, metrics) in enumerate(rows.items()):
        colour, marker = marks[name]
        value = [metrics.get(metric, UNKNOWN)]
        _dots(axes, np.array([index]), value, colour=colour, marker=marker, size=6, label=name)
    axes.set_yticks(range(len(rows)), [shortened(name) for name in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(f"{metric_label(metric)} on the test split")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def _dots(
    axes: Axes,
    rows: np.ndarray,
    values: Sequence[Interval],
    *,
    colour: str,
    marker: str,
    size: float,
    label: str,
    hollow: bool = False,
) -> None:
    value, low, high = np.asarray(values, dtype=float).T
    axes.hlines(rows, low, high, color=colour, linewidth=1.6 if not hollow else 1.0, alpha=0.55)
    face = "white" if hollow else colour
    axes.plot(value, rows, marker, color=colour, markersize=size, label=label, markerfacecolor=face)


@styled()
def gain_scatter(tracks: Sequence[Track], metric: str) -> Figure:
    """One mark a track: best baseline along x, CNN along y; above the diagonal the CNN wins."""
    figure, axes = panel(4.5, 4.2)
    x = np.array([best_baseline(track, metric) for track in tracks])
    y = np.array([track.metrics.get(metric, UNKNOWN)[0] for track in tracks])
    known = np.isfinite(x) & np.isfinite(y)
    wins = known & (y > x)
    loses = known & ~wins
    both = np.concatenate([x[known], y[known], [0.0] if not known.any() else []])
    edge = max(0.02, 0.06 * float(np.ptp(both)))
    limits = (float(both.min()) - edge, float(both.max()) + edge)
    axes.plot(limits, limits, color=QUIET, linewidth=0.8, zorder=1)
    axes.fill_between(limits, limits, limits[0], color=FAINT, alpha=0.35, linewidth=0, zorder=0)
    size = 34 if len(tracks) < 40 else 18
    axes.scatter(x[wins], y[wins], size, color=CNN, alpha=0.75, linewidths=0, label="CNN better")
    if loses.any():
        marks = axes.scatter(x[loses], y[loses], size, marker="v", label="baseline better")
        marks.set(facecolor="white", edgecolor=RED)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set_xlabel(f"{metric_label(metric)} of the best baseline")
    axes.set_ylabel(f"{metric_label(metric)} of the CNN")
    axes.legend(loc="upper left", handletextpad=0.3)
    return figure


@styled()
def gain_histogram(tracks: Sequence[Track], metric: str) -> Figure:
    """How many tracks gain how much; the bins meet at zero."""
    figure, axes = panel(4.5, 2.7)
    gains = np.array([gain(track, metric) for track in tracks])
    gains = gains[np.isfinite(gains)]
    reach = max(float(np.abs(gains).max(initial=0.0)), 1e-3)
    step = float(np.ptp(gains)) / 20 or reach / 10
    edges = step * np.arange(np.floor(gains.min() / step), np.ceil(gains.max() / step) + 1)
    counts = np.histogram(gains, np.append(edges, edges[-1] + step))[0]
    colours = [CNN if edge > -step / 2 else RED for edge in edges]
    axes.bar(edges, counts, width=0.92 * step, align="edge", color=colours, alpha=0.85)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    axes.set_xlabel(f"gain in {metric_label(metric)}")
    axes.set_ylabel("tracks")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(axis="x", visible=False)
    return figure

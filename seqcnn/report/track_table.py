"""The per-track table as text, worked out before the page lays it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.report.records import Interval, Metrics, ReportData, Track
from seqcnn.report.track_plots import METRIC_LABELS, UNKNOWN, gain, metric_label
from seqcnn.report.words import decimal, percent

_VISIBLE = 0.0005  # a smaller difference prints as .000
_ERRORS = ("top1_error", "top5_error")  # the lower the better, in percent as is the custom
_MOST_CLASSES = 200  # more are cut to the hardest
_HARDEST = 100
_PRIMARY = ("auprc", "pearson", "auroc", "mcc")


@dataclass(frozen=True)
class Cell:
    """One number: `sort` orders the column, `interval` is "" where it is not known."""

    text: str
    interval: str
    sort: float
    best: bool = False


@dataclass(frozen=True)
class Row:
    """One track: cells by metric, CNN first, then the baselines in the table's order.

    `outcome` is "win" or "loss" where the gain, or its whole interval, is off zero.
    """

    track: Track
    cells: Sequence[Sequence[Cell]]
    gain: Cell | None
    outcome: str


@dataclass(frozen=True)
class TrackTable:
    """Columns and rows; `mean` stays below the rows when these are sorted.

    `gains` says whether any track has a gain; `hardest` names the metric by which the rows are the
    lowest of all tracks, "" where they are all.
    """

    metrics: Sequence[str]
    models: Sequence[str]
    primary: str
    rows: Sequence[Row]
    same_n: int | None  # of test sequences, where all rows agree
    mean: Row | None
    gains: bool = True
    hardest: str = ""


def primary_metric(data: ReportData) -> str:
    """The metric named in the data, else the first known one that the tracks have."""
    have = _metrics_of([*data.tracks, *([data.mean] if data.mean else [])])
    return data.primary or next((name for name in _PRIMARY if name in have), (have or [""])[0])


def track_table(data: ReportData) -> TrackTable:
    """All tracks and their mean in the metrics that tracks have, the best model of each marked.

    Of many classes only the hardest are rows.
    """
    metrics = _metrics_of(data.tracks)
    baselines = _baselines_of(data)
    primary = primary_metric(data)
    tracks, hardest = list(data.tracks), ""
    if data.kind == "multiclass" and len(tracks) > _MOST_CLASSES and metrics:
        hardest = metrics[-1]
        tracks.sort(key=lambda track: np.nan_to_num(track.metrics.get(hardest, UNKNOWN)[0], nan=9))
        tracks = tracks[:_HARDEST]
    rows = [_row(track, metrics, baselines, primary) for track in tracks]
    mean = _row(data.mean, metrics, baselines, primary) if data.mean else None
    return TrackTable(
        [metric_label(name) for name in metrics],
        ["CNN", *baselines],
        metric_label(primary),
        rows,
        data.tracks[0].n if len({track.n for track in data.tracks}) == 1 else None,
        mean,
        bool(baselines) and any(np.isfinite(gain(track, primary)) for track in data.tracks),
        metric_label(hardest),
    )


def whole_table(data: ReportData) -> TrackTable | None:
    """What only all tracks together have, such as the accuracy of classes: one row, the mean's."""
    if data.mean is None:
        return None
    primary, by_track = primary_metric(data), _metrics_of(data.tracks)
    metrics = [name for name in _metrics_of([data.mean]) if name not in by_track]
    if not metrics:
        return None
    metrics.sort(key=lambda name: name != primary)
    baselines = _baselines_of(data)
    row = _row(data.mean, metrics, baselines, primary)
    labels = [metric_label(name) for name in metrics]
    return TrackTable(labels, ["CNN", *baselines], "", [row], data.mean.n, None)


def _baselines_of(data: ReportData) -> list[str]:
    every = [*data.tracks, *([data.mean] if data.mean else [])]
    return list(dict.fromkeys(name for track in every for name in track.baselines))


def _metrics_of(tracks: Sequence[Track]) -> list[str]:
    """Known metrics in their usual order, then any others."""
    have = dict.fromkeys(name for track in tracks for name in track.metrics)
    return [name for name in METRIC_LABELS if name in have] + [
        name for name in have if name not in METRIC_LABELS
    ]


def _row(track: Track, metrics: Sequence[str], baselines: Sequence[str], primary: str) -> Row:
    models: list[Metrics] = [track.metrics, *(track.baselines.get(name, {}) for name in baselines)]
    cells = [_cells([model.get(metric, UNKNOWN) for model in models], metric) for metric in metrics]
    difference = gain(track, primary)
    low, high = track.gain[1:] if track.gain else (np.nan, np.nan)
    sign = "+" if difference >= _VISIBLE else ""
    text = Cell(sign + decimal(difference), _interval(low, high), _key(difference))
    bounds = (low, high) if track.gain else (difference, difference)
    outcome = "win" if bounds[0] >= _VISIBLE else "loss" if bounds[1] <= -_VISIBLE else ""
    return Row(track, cells, text if baselines else None, outcome)


def _cells(values: Sequence[Interval], metric: str) -> list[Cell]:
    known = [value for value, _, _ in values if np.isfinite(value)]
    best = min if metric in _ERRORS else max
    # Two models whose printed numbers agree are both in bold: the reader sees no difference.
    top = number(metric, best(known)) if known and len(values) > 1 else None
    cells = []
    for value in values:
        text = number(metric, value[0])
        cells.append(Cell(text, reach({metric: value}, metric), _key(value[0]), text == top))
    return cells


def number(metric: str, value: float) -> str:
    """A metric as it is printed."""
    return percent(value) if metric in _ERRORS else decimal(value)


def _interval(low: float, high: float) -> str:
    known = np.isfinite(low) and np.isfinite(high)
    between = "\N{EN DASH}" if low >= 0 else " to "
    return f"{decimal(low)}{between}{decimal(high)}" if known else ""


def _key(value: float) -> float:
    return float(value) if np.isfinite(value) else -9.0


def reach(metrics: Mapping[str, Interval], name: str) -> str:
    """The interval of one metric in words, "" where it is not known."""
    low, high = metrics.get(name, UNKNOWN)[1:]
    text = _interval(low, high)
    if not text or name not in _ERRORS:
        return text
    return f"{percent(low).removesuffix(' %')}\N{EN DASH}{percent(high)}"

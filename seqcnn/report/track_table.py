"""The per-track table as text, worked out before the page lays it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.report.records import Interval, Metrics, ReportData, Track
from seqcnn.report.track_plots import METRIC_LABELS, UNKNOWN, gain, metric_label
from seqcnn.report.words import decimal

_VISIBLE = 0.0005  # a smaller difference prints as .000
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
    """Columns and rows; `mean` stays below the rows when these are sorted."""

    metrics: Sequence[str]
    models: Sequence[str]
    primary: str
    rows: Sequence[Row]
    same_n: int | None  # of test sequences, where all rows agree
    mean: Row | None


def primary_metric(data: ReportData) -> str:
    """The metric named in the data, else the first known one that the tracks have."""
    have = _metrics_of(data)
    return data.primary or next((name for name in _PRIMARY if name in have), (have or [""])[0])


def track_table(data: ReportData) -> TrackTable:
    """All tracks and their mean, the best model of each metric marked."""
    every = [*data.tracks, *([data.mean] if data.mean else [])]
    metrics = _metrics_of(data)
    baselines = list(dict.fromkeys(name for track in every for name in track.baselines))
    primary = primary_metric(data)
    rows = [_row(track, metrics, baselines, primary) for track in data.tracks]
    mean = _row(data.mean, metrics, baselines, primary) if data.mean else None
    return TrackTable(
        [metric_label(name) for name in metrics],
        ["CNN", *baselines],
        metric_label(primary),
        rows,
        data.tracks[0].n if len({track.n for track in data.tracks}) == 1 else None,
        mean,
    )


def _metrics_of(data: ReportData) -> list[str]:
    """Known metrics in their usual order, then any others."""
    every = [*data.tracks, *([data.mean] if data.mean else [])]
    have = dict.fromkeys(name for track in every for name in track.metrics)
    return [name for name in METRIC_LABELS if name in have] + [
        name for name in have if name not in METRIC_LABELS
    ]


def _row(track: Track, metrics: Sequence[str], baselines: Sequence[str], primary: str) -> Row:
    models: list[Metrics] = [track.metrics, *(track.baselines.get(name, {}) for name in baselines)]
    cells = [_cells([model.get(metric, UNKNOWN) for model in models]) for metric in metrics]
    difference = gain(track, primary)
    low, high = track.gain[1:] if track.gain else (np.nan, np.nan)
    sign = "+" if difference >= _VISIBLE else ""
    text = Cell(sign + decimal(difference), _interval(low, high), _key(difference))
    bounds = (low, high) if track.gain else (difference, difference)
    outcome = "win" if bounds[0] >= _VISIBLE else "loss" if bounds[1] <= -_VISIBLE else ""
    return Row(track, cells, text if baselines else None, outcome)


def _cells(values: Sequence[Interval]) -> list[Cell]:
    known = [value for value, _, _ in values if np.isfinite(value)]
    # Two models whose printed numbers agree are both in bold: the reader sees no difference.
    top = decimal(max(known)) if known and len(values) > 1 else None
    return [
        Cell(decimal(value), _interval(low, high), _key(value), decimal(value) == top)
        for value, low, high in values
    ]


def _interval(low: float, high: float) -> str:
    known = np.isfinite(low) and np.isfinite(high)
    between = "\N{EN DASH}" if low >= 0 else " to "
    return f"{decimal(low)}{between}{decimal(high)}" if known else ""


def _key(value: float) -> float:
    return float(value) if np.isfinite(value) else -9.0


def reach(metrics: Mapping[str, Interval], name: str) -> str:
    """The interval of one metric in words, "" where it is not known."""
    return _interval(*metrics.get(name, UNKNOWN)[1:])

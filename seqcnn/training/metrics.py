"""How good predictions are: per track and on average, each with a bootstrap interval.

Neighbouring windows are not independent, so whole groups of rows are drawn again (see
`bootstrap`). All tracks see the same resample, which makes the interval of their mean right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.training.bootstrap import (
    Interval,
    dense_groups,
    interval,
    mean_over_tracks,
    resample,
)
from seqcnn.training.curves import (
    Reliability,
    best_thresholds,
    pr_points,
    reliability_bins,
    roc_points,
)
from seqcnn.training.points import auprc, auroc, mcc, pearson, spearman
from seqcnn.training.scorers import (
    REGRESSION,
    SHARED,
    Scorer,
    as_columns,
    binary_scorer,
    multiclass_scorer,
    regression_scorer,
)

__all__ = [
    "Interval",
    "Metrics",
    "Reliability",
    "auprc",
    "auroc",
    "best_thresholds",
    "classification_metrics",
    "compare",
    "mcc",
    "multiclass_metrics",
    "pearson",
    "pr_points",
    "regression_metrics",
    "reliability_bins",
    "roc_points",
    "spearman",
]


@dataclass(frozen=True)
class Metrics:
    """Intervals per track and of the mean over tracks, with what they rest on.

    `counts` has the measured rows of each track (and its positives), `rows` and `groups` are of
    the whole set, `notes` say in a sentence each what is not defined and why.
    """

    tracks: list[dict[str, Interval]]
    mean: dict[str, Interval]
    counts: list[dict[str, int]]
    names: tuple[str, ...]
    rows: int
    groups: int
    replicates: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain lists and numbers for JSON; an undefined number is None."""
        return {
            "names": list(self.names),
            "tracks": [_plain(track) for track in self.tracks],
            "mean": _plain(self.mean),
            "counts": [dict(count) for count in self.counts],
            "rows": self.rows,
            "groups": self.groups,
            "replicates": self.replicates,
            "notes": list(self.notes),
        }


def classification_metrics(
    probabilities: np.ndarray,
    targets: np.ndarray,
    *,
    thresholds: np.ndarray | float = 0.5,
    groups: np.ndarray | None = None,
    seed: int = 0,
    replicates: int = 500,
    names: Sequence[str] | None = None,
) -> Metrics:
    """AUROC, AUPRC (average precision), MCC, F1, accuracy, balanced accuracy of binary tracks.

    `probabilities` and `targets` are `(N, T)`; a NaN target is left out of its track. A row is
    called positive from its track's threshold on. Rows of one group are drawn together; without
    groups each row is drawn alone. `names` are the tracks' names in the notes.
    """
    group, number = dense_groups(groups, len(targets))
    tracks = _names(names, as_columns(probabilities).shape[1])
    scorer = binary_scorer(probabilities, targets, thresholds, group, tracks)
    return _measure(scorer, tracks, len(targets), number, seed, replicates)


def regression_metrics(
    predicted: np.ndarray,
    targets: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
    replicates: int = 500,
    names: Sequence[str] | None = None,
) -> Metrics:
    """Pearson, Spearman and mean squared error of signal tracks `(N, T)`.

    Values are compared as they come: give log1p of a signal where the logarithm is meant.
    """
    group, number = dense_groups(groups, len(targets))
    tracks = _names(names, as_columns(predicted).shape[1])
    scorer = regression_scorer(predicted, targets, group, tracks)
    return _measure(scorer, tracks, len(targets), number, seed, replicates)


def multiclass_metrics(
    probabilities: np.ndarray,
    classes: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
    replicates: int = 500,
    names: Sequence[str] | None = None,
) -> Metrics:
    """Accuracy, multi-class MCC and macro AUROC, AUPRC, F1 of one class a row.

    `probabilities` are `(N, C)`, `classes` are numbers `(N,)`; a negative or NaN class is left
    out. `tracks` are the classes against the rest, `mean` is macro.
    """
    group, number = dense_groups(groups, len(classes))
    tracks = _names(names, probabilities.shape[1])
    scorer = multiclass_scorer(probabilities, classes, group, tracks)
    return _measure(scorer, tracks, len(classes), number, seed, replicates, SHARED)


def compare(
    metric: str,
    a: np.ndarray,
    b: np.ndarray,
    targets: np.ndarray,
    *,
    thresholds: tuple[np.ndarray | float, np.ndarray | float] = (0.5, 0.5),
    groups: np.ndarray | None = None,
    seed: int = 0,
    replicates: int = 500,
) -> Interval:
    """Metric of `a` minus metric of `b` on the same rows, mean over tracks, paired bootstrap.

    An interval above 0 says that `a` is better (for `mse` below 0). `metric` is a name that the
    metrics above give; classes `(N,)` against scores `(N, C)` mean one class a row.

    Raises:
        ValueError: the metric is not known for such targets.
    """
    group, number = dense_groups(groups, len(targets))
    values = []
    for scores, threshold in zip((a, b), thresholds, strict=True):
        scores = as_columns(scores)
        tracks = _names(None, scores.shape[1])
        if metric in REGRESSION:
            scorer = regression_scorer(scores, targets, group, tracks)
        elif scores.shape[1] > 1 and np.ndim(targets) == 1:
            scorer = multiclass_scorer(scores, targets, group, tracks)
        else:
            scorer = binary_scorer(scores, targets, threshold, group, tracks)
        if metric not in scorer.metrics:
            raise ValueError(f"unknown metric '{metric}'; known: {', '.join(scorer.metrics)}")
        column = scorer.metrics.index(metric)
        values.append(resample(scorer.statistic, number, seed, replicates)[:, :, column])
    return interval(mean_over_tracks(values[0] - values[1]))


def _measure(
    scorer: Scorer,
    names: Sequence[str],
    rows: int,
    groups: int,
    seed: int,
    replicates: int,
    shared: tuple[str, ...] = (),
) -> Metrics:
    values = resample(scorer.statistic, groups, seed, replicates)
    columns = list(enumerate(scorer.metrics))
    tracks = [
        {metric: interval(values[:, t, m]) for m, metric in columns if metric not in shared}
        for t in range(len(names))
    ]
    mean = {metric: interval(mean_over_tracks(values[:, :, m])) for m, metric in columns}
    sparse = [
        f"{name}: positives or negatives are in too few groups for an interval"
        for name, track in zip(names, tracks, strict=True)
        if any(math.isfinite(found.value) and math.isnan(found.low) for found in track.values())
    ]
    notes = (*scorer.notes, *sparse)
    return Metrics(tracks, mean, scorer.counts, tuple(names), rows, groups, replicates, notes)


def _names(names: Sequence[str] | None, number: int) -> tuple[str, ...]:
    return tuple(names) if names is not None else tuple(f"output {t}" for t in range(number))


def _plain(intervals: dict[str, Interval]) -> dict[str, list[float | None]]:
    return {
        metric: [number if math.isfinite(number) else None for number in values]
        for metric, values in intervals.items()
    }

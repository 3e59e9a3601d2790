"""What is measured on one resample: values per track and metric from weights by group.

A scorer sorts and sums once; calling it with weights `(G,)` gives `(T, M)`, one row a track and
one column a metric, NaN where a metric is not defined.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.training.ranked import (
    PairedTrack,
    RankedTrack,
    confusion,
    confusion_scores,
    multiclass_scores,
    pair_track,
    paired_scores,
    rank_track,
    ranked_scores,
)

BINARY = ("auroc", "auprc", "mcc", "f1", "accuracy", "balanced_accuracy")
REGRESSION = ("pearson", "spearman", "mse")
# Top-5: the class is among the five of the highest probability (it is where there are five).
MULTICLASS = ("auroc", "auprc", "f1", "mcc", "accuracy", "top5_accuracy")
# Of all classes together, so the same for each class.
SHARED = ("mcc", "accuracy", "top5_accuracy")


@dataclass(frozen=True)
class Scorer:
    """Metric names, the statistic, and what was counted and could not be measured."""

    metrics: tuple[str, ...]
    statistic: Callable[[np.ndarray], np.ndarray]
    counts: list[dict[str, int]]
    notes: list[str]


def as_columns(values: np.ndarray) -> np.ndarray:
    """A view with one column a track: `(N,)` becomes `(N, 1)`."""
    values = np.asarray(values)
    return values[:, None] if values.ndim == 1 else values


def paired_columns(scores: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as `(N, T)`.

    Raises:
        ValueError: their shapes differ.
    """
    scores, targets = as_columns(scores), as_columns(targets)
    if scores.shape != targets.shape:
        raise ValueError(f"scores have shape {scores.shape}, targets {targets.shape}")
    return scores, targets


def _usable(
    scores: np.ndarray, measured: np.ndarray, name: str, notes: list[str]
) -> np.ndarray:  # bool (N,)
    if not measured.any():
        notes.append(f"{name}: no row has a target, nothing can be measured")
    if np.isfinite(scores[measured]).all():
        return measured
    notes.append(f"{name}: predictions are not finite, nothing can be measured")
    return np.zeros_like(measured)


def binary_scorer(
    probabilities: np.ndarray,
    targets: np.ndarray,
    thresholds: np.ndarray | float,
    group: np.ndarray,
    names: Sequence[str],
) -> Scorer:
    """Scorer of binary tracks `(N, T)`; a target over 0.5 is positive, NaN is not measured."""
    probabilities, targets = paired_columns(probabilities, targets)
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float64), probabilities.shape[1:])
    tracks: list[RankedTrack] = []
    counts: list[dict[str, int]] = []
    notes: list[str] = []
    for t, name in enumerate(names):
        scores = probabilities[:, t].astype(np.float64)
        keep = _usable(scores, np.isfinite(targets[:, t]), name, notes)
        scores, labels = scores[keep], targets[keep, t] > 0.5
        tracks.append(rank_track(scores, labels, scores >= limits[t], group[keep]))
        rows, positives = len(labels), int(labels.sum())
        counts.append({"rows": rows, "positives": positives})
        if rows and positives in (0, rows):
            notes.append(
                f"{name}: all {rows} rows are {'positive' if positives else 'negative'}, "
                "so no score is defined"
            )

    def statistic(weights: np.ndarray) -> np.ndarray:
        values = np.empty((len(tracks), len(BINARY)))
        for t, track in enumerate(tracks):
            auroc, auprc, matrix = ranked_scores(*track, weights)
            values[t] = (auroc, auprc, *confusion_scores(matrix).values())
        return values

    return Scorer(BINARY, statistic, counts, notes)


def multiclass_scorer(
    probabilities: np.ndarray, classes: np.ndarray, group: np.ndarray, names: Sequence[str]
) -> Scorer:
    """Scorer of one class a row: probabilities `(N, C)`, classes `(N,)`; negative = not measured.

    Raises:
        ValueError: a class number has no column.
    """
    number = probabilities.shape[1]
    truth = np.nan_to_num(np.asarray(classes).reshape(-1), nan=-1).astype(np.int64)
    if len(truth) and truth.max() >= number:
        raise ValueError(f"class {truth.max()} has no column among {number}")
    notes: list[str] = []
    finite = np.where(np.isfinite(probabilities).all(1), 0.0, np.nan)
    keep = _usable(finite, truth >= 0, "all classes", notes)
    truth, group, probabilities = truth[keep], group[keep], probabilities[keep]
    called = probabilities.argmax(1) if len(truth) else truth
    among_five = _rank_of(probabilities, truth) < 5
    tracks: list[RankedTrack] = []
    counts: list[dict[str, int]] = []
    for c, name in enumerate(names):
        labels = truth == c
        scores = probabilities[:, c].astype(np.float64)
        tracks.append(rank_track(scores, labels, called == c, group))
        counts.append({"rows": len(truth), "positives": int(labels.sum())})
        if len(truth) and not labels.any():
            notes.append(f"{name}: no row is of this class, so it has no score")

    def statistic(weights: np.ndarray) -> np.ndarray:
        whole = multiclass_scores(confusion(truth, called, group, weights, number))
        drawn = weights[group]
        top5 = float(drawn @ among_five / drawn.sum()) if drawn.sum() else np.nan
        values = np.empty((number, len(MULTICLASS)))
        for c, track in enumerate(tracks):
            auroc, auprc, matrix = ranked_scores(*track, weights)
            f1 = confusion_scores(matrix)["f1"]
            values[c] = (auroc, auprc, f1, whole["mcc"], whole["accuracy"], top5)
        return values

    return Scorer(MULTICLASS, statistic, counts, notes)


def _rank_of(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Rank (n,), from 0, of each row's true class; of equal ones the first column leads."""
    own = np.take_along_axis(probabilities, truth[:, None], axis=1)
    before = np.arange(probabilities.shape[1]) < truth[:, None]
    rank: np.ndarray = ((probabilities > own) | ((probabilities == own) & before)).sum(1)
    return rank


def regression_scorer(
    predicted: np.ndarray, targets: np.ndarray, group: np.ndarray, names: Sequence[str]
) -> Scorer:
    """Scorer of signal tracks `(N, T)`; a NaN target is not measured."""
    predicted, targets = paired_columns(predicted, targets)
    tracks: list[PairedTrack] = []
    counts: list[dict[str, int]] = []
    notes: list[str] = []
    for t, name in enumerate(names):
        keep = _usable(predicted[:, t], np.isfinite(targets[:, t]), name, notes)
        x, y = predicted[keep, t].astype(np.float64), targets[keep, t].astype(np.float64)
        for side, values in (("predictions", x), ("targets", y)):
            if len(x) and (values == values[0]).all():
                notes.append(f"{name}: all {side} are equal, so no correlation is defined")
        counts.append({"rows": len(x)})
        tracks.append(pair_track(x, y, group[keep]))

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.array([paired_scores(*track, weights) for track in tracks])

    return Scorer(REGRESSION, statistic, counts, notes)


def called_counts(probabilities: np.ndarray, targets: np.ndarray, threshold: float) -> np.ndarray:
    """Confusion counts (4,) of one track `(n,)`, in the order of `ranked_scores`."""
    called, positive = probabilities >= threshold, targets > 0.5
    pairs = ((called, positive), (called, ~positive), (~called, positive), (~called, ~positive))
    return np.array([np.count_nonzero(one & other) for one, other in pairs])

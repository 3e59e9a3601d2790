"""Curves for plots (ROC, precision-recall, reliability) and thresholds to call positives."""

from typing import NamedTuple

import numpy as np

from seqcnn.training.ranked import last_of_ties


class Reliability(NamedTuple):
    """Equal-count bins of predicted probability, rising: the mean predicted, the share seen.

    `error` is the expected calibration error, the mean of |predicted - seen| weighted by rows.
    """

    predicted: np.ndarray  # float64 (bins,)
    seen: np.ndarray  # float64 (bins,)
    rows: np.ndarray  # int64 (bins,)
    error: float


def roc_points(
    scores: np.ndarray, targets: np.ndarray, points: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rate of one track `(N,)`, from (0, 0) to (1, 1), decimated.

    Empty when a class is absent.
    """
    _, hits, false_alarms = _cumulative(scores, targets)
    if not len(hits) or not hits[-1] or not false_alarms[-1]:
        return np.empty(0), np.empty(0)
    x = np.concatenate([[0.0], false_alarms / false_alarms[-1]])
    y = np.concatenate([[0.0], hits / hits[-1]])
    chosen = _spread(x, y, points)
    return x[chosen], y[chosen]


def pr_points(
    scores: np.ndarray, targets: np.ndarray, points: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision of one track `(N,)` by falling score, decimated.

    Empty when a class is absent.
    """
    _, hits, false_alarms = _cumulative(scores, targets)
    if not len(hits) or not hits[-1] or not false_alarms[-1]:
        return np.empty(0), np.empty(0)
    x = hits / hits[-1]
    y = hits / (hits + false_alarms)
    chosen = _spread(x, np.zeros_like(x), points)
    return x[chosen], y[chosen]


def best_thresholds(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The threshold of each track with the highest MCC, float64 `(T,)`, for validation rows.

    It lies midway between two scores that occur. 0.5 where no threshold has an MCC above 0.
    """
    probabilities, targets = np.atleast_2d(probabilities.T), np.atleast_2d(targets.T)
    return np.array([_best_threshold(p, y) for p, y in zip(probabilities, targets, strict=True)])


def _best_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    values, hits, false_alarms = _cumulative(probabilities, targets)
    if not len(hits) or not hits[-1] or not false_alarms[-1]:
        return 0.5
    positives, negatives = hits[-1], false_alarms[-1]
    called = hits + false_alarms
    scale = np.sqrt(called * (positives + negatives - called) * positives * negatives)
    numerator = hits * (negatives - false_alarms) - false_alarms * (positives - hits)
    mcc = np.divide(numerator, scale, out=np.zeros_like(scale), where=scale > 0)
    best = int(mcc.argmax())
    if mcc[best] <= 0:
        return 0.5
    # The last score calls everything and has MCC 0, so a lower one exists.
    return float((values[best] + values[best + 1]) / 2)


def reliability_bins(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> Reliability:
    """Bins of equal count over one track `(N,)`; equal probabilities share a bin."""
    keep = np.isfinite(targets) & np.isfinite(probabilities)
    order = np.argsort(probabilities[keep], kind="stable")
    ordered = probabilities[keep][order].astype(np.float64)
    seen = targets[keep][order].astype(np.float64)
    if not len(ordered):
        return Reliability(np.empty(0), np.empty(0), np.empty(0, np.int64), float("nan"))
    starts = np.linspace(0, len(ordered), bins + 1)[:-1].astype(np.int64)
    starts = np.unique(np.searchsorted(ordered, ordered[starts], side="left"))
    count = np.diff(np.append(starts, len(ordered)))
    predicted = np.add.reduceat(ordered, starts) / count
    share = np.add.reduceat(seen, starts) / count
    error = float((np.abs(predicted - share) * count).sum() / len(ordered))
    return Reliability(predicted, share, count, error)


def _cumulative(
    scores: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each score that occurs, falling, with the positives and negatives from it on, float64."""
    keep = np.isfinite(targets) & np.isfinite(scores)
    scores, labels = scores[keep].astype(np.float64), targets[keep] > 0.5
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(last_of_ties(scores[order]))
    hits = np.cumsum(labels[order])[ends].astype(np.float64)
    return scores[order][ends], hits, ends + 1 - hits


def _spread(x: np.ndarray, y: np.ndarray, points: int) -> np.ndarray:
    """Indices of at most `points` points, evenly along the curve, both ends among them."""
    if len(x) <= points:
        return np.arange(len(x))
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    chosen = np.searchsorted(length, np.linspace(0, length[-1], points))
    chosen = np.unique(np.clip(chosen, 0, len(x) - 1))
    chosen[0], chosen[-1] = 0, len(x) - 1
    return chosen

"""Exact metrics of each track without intervals, fast enough for validation during training."""

import numpy as np

from seqcnn.training.ranked import confusion_scores, rank_track, ranked_scores
from seqcnn.training.scorers import (
    REGRESSION,
    as_columns,
    called_counts,
    paired_columns,
    regression_scorer,
)


def auroc(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each track, float64 `(T,)`; NaN with one class only."""
    return _ranked(scores, targets, 0)


def auprc(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Average precision of each track, float64 `(T,)`; NaN with one class only."""
    return _ranked(scores, targets, 1)


def mcc(
    probabilities: np.ndarray, targets: np.ndarray, thresholds: np.ndarray | float = 0.5
) -> np.ndarray:
    """Matthews correlation of each track at its threshold, float64 `(T,)`."""
    probabilities, targets = paired_columns(probabilities, targets)
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float64), probabilities.shape[1:])
    keep = np.isfinite(targets)
    return np.array(
        [
            confusion_scores(called_counts(p[k].astype(np.float64), y[k], float(limit)))["mcc"]
            for p, y, k, limit in zip(probabilities.T, targets.T, keep.T, limits, strict=True)
        ]
    )


def pearson(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Pearson correlation of each track, float64 `(T,)`; NaN when a side is constant."""
    return _correlation(predicted, targets, "pearson")


def spearman(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Spearman correlation of each track, float64 `(T,)`; NaN when a side is constant."""
    return _correlation(predicted, targets, "spearman")


def _correlation(predicted: np.ndarray, targets: np.ndarray, metric: str) -> np.ndarray:
    group = np.zeros(len(targets), dtype=np.int32)
    names = [""] * as_columns(predicted).shape[1]
    scorer = regression_scorer(predicted, targets, group, names)
    return scorer.statistic(np.ones(1, np.int64))[:, REGRESSION.index(metric)]


def _ranked(scores: np.ndarray, targets: np.ndarray, which: int) -> np.ndarray:
    scores, targets = paired_columns(scores, targets)
    one = np.ones(1, dtype=np.int64)
    values = np.full(scores.shape[1], np.nan)
    for t in range(scores.shape[1]):
        keep = np.isfinite(targets[:, t])
        track = scores[keep, t]
        if np.isfinite(track).all():
            none = np.zeros(len(track), dtype=np.int32)
            ranked = rank_track(track, targets[keep, t] > 0.5, none, none)
            values[t] = ranked_scores(*ranked, one)[which]
    return values

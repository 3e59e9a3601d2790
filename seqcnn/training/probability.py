"""How well probabilities mean what they say: log-loss, Brier score, calibration error."""

from typing import Any

import numpy as np

from seqcnn.training.curves import reliability_bins


def log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log-likelihood of 0/1 labels `(n,)`, probabilities kept 1e-15 off 0 and 1."""
    p = np.clip(probabilities, 1e-15, 1 - 1e-15)
    return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean()) if len(y) else float("nan")


def quality(probabilities: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Calibration error, Brier score, log-loss and reliability points of one track `(N,)`."""
    keep = np.isfinite(targets) & np.isfinite(probabilities)
    p, y = probabilities[keep], targets[keep].astype(np.float64)
    brier = float(((p - y) ** 2).mean()) if len(y) else float("nan")
    return _figures(p, y, brier, log_loss(p, y))


def class_quality(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """The same of class probabilities `(N, C)` and class numbers `(N,)`.

    The points are about the called class, the Brier score sums over classes.
    """
    right = probabilities.argmax(1) == truth
    one_hot = np.eye(probabilities.shape[1])[truth]
    brier = float(((probabilities - one_hot) ** 2).sum(1).mean())
    chosen = np.clip(probabilities[np.arange(len(truth)), truth], 1e-15, 1.0)
    called = probabilities.max(1)
    return _figures(called, right.astype(np.float64), brier, float(-np.log(chosen).mean()))


def _figures(p: np.ndarray, y: np.ndarray, brier: float, loss: float) -> dict[str, Any]:
    bins = reliability_bins(p, y)
    return {
        "ece": bins.error,
        "brier": brier,
        "log_loss": loss,
        "predicted": bins.predicted.tolist(),
        "seen": bins.seen.tolist(),
        "count": bins.rows.tolist(),
    }

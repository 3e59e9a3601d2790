"""Which calibration the validation rows can carry: none, a line or a curve, and why."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from seqcnn.training.monotone import Knots, Line, apply_map, fit_knots, fit_line
from seqcnn.training.probability import log_loss

Kind = Literal["none", "temperature", "isotonic"]
# Fewer rows of either class than this say nothing about a scale, or a curve.
LINE_ROWS = 20
CURVE_ROWS = 200
FOLDS = 5


@dataclass(frozen=True)
class TrackCalibration:
    """The map of one track: None, a line or knots on the logit; `why` says how it was chosen."""

    kind: Kind
    mapping: Line | Knots | None
    why: str


def fit_track(x: np.ndarray, y: np.ndarray, fold: np.ndarray, kind: str) -> TrackCalibration:
    """Calibration of one binary track from logits, 0/1 labels and folds, all `(n,)`."""
    fewest = int(min(y.sum(), len(y) - y.sum()))
    if kind == "none":
        return TrackCalibration("none", None, "not asked for")
    if fewest < (LINE_ROWS if kind == "auto" else 1):
        why = f"only {fewest} validation rows of the rarer class; too few to calibrate"
        return TrackCalibration("none", None, why)
    line = fit_line(x, y)
    if line.scale <= 0:
        why = "validation logits do not rise with the target, so any scale would reverse them"
        return TrackCalibration("none", None, why)
    if kind == "temperature":
        return TrackCalibration("temperature", line, "asked for")
    if kind == "isotonic":
        if fewest < LINE_ROWS:
            why = f"isotonic was asked for, but the rarer class has only {fewest} validation rows"
            return TrackCalibration("temperature", line, why)
        return _curve(x, y, line, "asked for")
    return _choose(x, y, fold, line, fewest)


def _curve(x: np.ndarray, y: np.ndarray, line: Line, why: str) -> TrackCalibration:
    knots = fit_knots(x, y, line.scale)
    if len(knots.x) < 2:
        return TrackCalibration("temperature", line, "isotonic found no rise in the share")
    return TrackCalibration("isotonic", knots, why)


def _choose(
    x: np.ndarray, y: np.ndarray, fold: np.ndarray, line: Line, fewest: int
) -> TrackCalibration:
    """The kind with the lowest cross-validated log-loss; isotonic only by a clear margin."""
    losses: dict[str, list[float]] = {"none": [], "temperature": [], "isotonic": []}
    for held in range(FOLDS):
        test = fold == held
        train = ~test
        if not test.any() or len(np.unique(y[train])) < 2:
            continue
        part = fit_line(x[train], y[train])
        curve = fit_knots(x[train], y[train], max(part.scale, 0.0))
        for name, mapping in (("none", None), ("temperature", part), ("isotonic", curve)):
            losses[name].append(log_loss(apply_map(mapping, x[test]), y[test]))
    if len(losses["none"]) < 2:
        why = "too few independent groups to choose by cross-validation"
        return TrackCalibration("none", None, why)
    mean = {name: float(np.mean(values)) for name, values in losses.items()}
    figures = ", ".join(f"{name} {value:.4f}" for name, value in mean.items())
    shown = f"cross-validated log-loss: {figures}"
    gain = np.subtract(losses["temperature"], losses["isotonic"])
    clear = gain.mean() > gain.std(ddof=1) / len(gain) ** 0.5
    if fewest >= CURVE_ROWS and clear and mean["isotonic"] < mean["none"]:
        return _curve(x, y, line, shown)
    if fewest < CURVE_ROWS:
        shown += f"; isotonic needs {CURVE_ROWS} rows of each class, the rarer has {fewest}"
    if mean["temperature"] < mean["none"]:
        return TrackCalibration("temperature", line, shown)
    return TrackCalibration("none", None, shown)


def fit_classes(
    logits: np.ndarray, classes: np.ndarray, fold: np.ndarray, kind: str
) -> TrackCalibration:
    """One scale for the softmax of logits `(N, C)`, from class numbers and folds `(N,)`."""
    truth, keep = class_rows(classes)
    logits, fold = logits[keep], fold[keep]
    if kind == "none" or len(truth) < LINE_ROWS:
        why = "not asked for" if kind == "none" else f"only {len(truth)} validation rows"
        return TrackCalibration("none", None, why)
    line = Line(_softmax_scale(logits, truth), 0.0)
    if kind != "auto":
        note = "; isotonic is for binary tracks only" if kind == "isotonic" else ""
        return TrackCalibration("temperature", line, f"asked for{note}")
    if (logits.argmax(1) == truth).all():
        # The larger the scale the better it looks, without end.
        why = "every validation row is called right, which says nothing about a scale"
        return TrackCalibration("none", None, why)
    before, after = [], []
    for held in range(FOLDS):
        test = fold == held
        if test.any() and not test.all():
            scale = _softmax_scale(logits[~test], truth[~test])
            before.append(_class_loss(logits[test], truth[test], 1.0))
            after.append(_class_loss(logits[test], truth[test], scale))
    if len(before) < 2:
        why = "too few independent groups to choose by cross-validation"
        return TrackCalibration("none", None, why)
    none, temperature = float(np.mean(before)), float(np.mean(after))
    why = f"cross-validated log-loss: none {none:.4f}, temperature {temperature:.4f}"
    if temperature < none:
        return TrackCalibration("temperature", line, why)
    return TrackCalibration("none", None, why)


def _softmax_scale(logits: np.ndarray, truth: np.ndarray) -> float:
    found = minimize_scalar(
        lambda log_scale: _class_loss(logits, truth, float(np.exp(log_scale))),
        bounds=(-5.0, 5.0),
        method="bounded",
    )
    return float(np.exp(found.x))


def _class_loss(logits: np.ndarray, truth: np.ndarray, scale: float) -> float:
    return float(-log_softmax(scale * logits, axis=1)[np.arange(len(truth)), truth].mean())


def class_rows(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers of the rows that have one, and which rows these are; NaN counts as none."""
    numbers = np.nan_to_num(np.asarray(classes).reshape(-1), nan=-1).astype(np.int64)
    return numbers[numbers >= 0], numbers >= 0

"""Which calibration the validation rows can carry: none, a line or a curve, and why."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from seqcnn.training.monotone import Knots, Line, Shifts, apply_map, fit_knots, fit_line
from seqcnn.training.probability import log_loss

Kind = Literal["none", "temperature", "isotonic", "shifts"]
# Fewer rows of either class than this say nothing about a scale, or a curve.
LINE_ROWS = 20
CURVE_ROWS = 200
FOLDS = 5


@dataclass(frozen=True)
class TrackCalibration:
    """The map of one track: None, a line or knots on the logit; `why` says how it was chosen.

    Of classes it is a line without bias, or a scale with a shift for each class.
    """

    kind: Kind
    mapping: Line | Knots | Shifts | None
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
    """One scale for the softmax of logits `(N, C)`, from class numbers and folds `(N,)`.

    "shifts" adds a bias for each class, which undoes draws that made rare classes common.
    """
    truth, keep = class_rows(classes)
    logits, fold = logits[keep], fold[keep]
    if kind == "none" or len(truth) < LINE_ROWS:
        why = "not asked for" if kind == "none" else f"only {len(truth)} validation rows"
        return TrackCalibration("none", None, why)
    if kind == "shifts":
        return TrackCalibration("shifts", fit_shifts(logits, truth), "asked for")
    line = Line(_softmax_scale(logits, truth), 0.0)
    if kind != "auto":
        note = "; isotonic is for binary tracks only" if kind == "isotonic" else ""
        return TrackCalibration("temperature", line, f"asked for{note}")
    if (logits.argmax(1) == truth).all():
        # The larger the scale the better it looks, without end.
        why = "every validation row is called right, which says nothing about a scale"
        return TrackCalibration("none", None, why)
    return _choose_classes(logits, truth, fold, line)


def _choose_classes(
    logits: np.ndarray, truth: np.ndarray, fold: np.ndarray, line: Line
) -> TrackCalibration:
    """The kind with the lowest cross-validated log-loss; shifts only by a clear margin."""
    losses: dict[str, list[float]] = {"none": [], "temperature": [], "shifts": []}
    for held in range(FOLDS):
        test = fold == held
        if test.any() and not test.all():
            scale = _softmax_scale(logits[~test], truth[~test])
            shifts = fit_shifts(logits[~test], truth[~test])
            losses["none"].append(_class_loss(logits[test], truth[test]))
            losses["temperature"].append(_class_loss(scale * logits[test], truth[test]))
            losses["shifts"].append(_class_loss(shifted(shifts, logits[test]), truth[test]))
    if len(losses["none"]) < 2:
        why = "too few independent groups to choose by cross-validation"
        return TrackCalibration("none", None, why)
    mean = {name: float(np.mean(values)) for name, values in losses.items()}
    figures = ", ".join(f"{name} {value:.4f}" for name, value in mean.items())
    why = f"cross-validated log-loss: {figures}"
    gain = np.subtract(losses["temperature"], losses["shifts"])
    clear = gain.mean() > gain.std(ddof=1) / len(gain) ** 0.5
    if clear and mean["shifts"] < mean["none"]:
        return TrackCalibration("shifts", fit_shifts(logits, truth), why)
    if mean["temperature"] < mean["none"]:
        return TrackCalibration("temperature", line, why)
    return TrackCalibration("none", None, why)


def shifted(mapping: Shifts, logits: np.ndarray) -> np.ndarray:
    """Calibrated logits `(N, C)` of logits `(N, C)`."""
    moved: np.ndarray = mapping.scale * logits + np.array(mapping.biases)
    return moved


def fit_shifts(logits: np.ndarray, truth: np.ndarray) -> Shifts:
    """Scale and biases of the lowest log-loss, biases held to 0 as if one row more said so.

    The scale stays within a factor of e^5 of 1, so that rows all called right give a finite one.
    """
    number = logits.shape[1]
    truly = np.eye(number)[truth]

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        scale, biases = float(np.exp(x[0])), x[1:]
        logs = log_softmax(scale * logits + biases, axis=1)
        wrong = np.exp(logs) - truly
        slope = np.append((wrong * logits).sum() * scale, wrong.sum(0) + biases)
        value = -(logs * truly).sum() + 0.5 * float(biases @ biases)
        return value / len(truth), slope / len(truth)

    start = np.zeros(1 + number)
    bounds = [(-5.0, 5.0)] + [(None, None)] * number
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Shifts(float(np.exp(found[0])), tuple(float(value) for value in found[1:]))


def _softmax_scale(logits: np.ndarray, truth: np.ndarray) -> float:
    found = minimize_scalar(
        lambda log_scale: _class_loss(float(np.exp(log_scale)) * logits, truth),
        bounds=(-5.0, 5.0),
        method="bounded",
    )
    return float(np.exp(found.x))


def _class_loss(logits: np.ndarray, truth: np.ndarray) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(truth)), truth].mean())


def class_rows(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers of the rows that have one, and which rows these are; NaN counts as none."""
    numbers = np.nan_to_num(np.asarray(classes).reshape(-1), nan=-1).astype(np.int64)
    return numbers[numbers >= 0], numbers >= 0

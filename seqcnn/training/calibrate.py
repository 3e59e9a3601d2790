"""Calibration: logits to probabilities that mean what they say, fitted on validation rows."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from seqcnn.errors import InputError
from seqcnn.training.bootstrap import dense_groups
from seqcnn.training.curves import reliability_bins
from seqcnn.training.monotone import Knots, Line, apply_map, fit_knots, fit_line
from seqcnn.training.scorers import paired_columns

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


@dataclass(frozen=True)
class Calibration:
    """Calibration of binary tracks, or of one class a row (`classes`: scale over the softmax)."""

    tracks: tuple[TrackCalibration, ...]
    classes: bool = False

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities float64 `(N, T)` of logits `(N, T)`; their order in a track is kept."""
        logits = np.asarray(logits)
        if self.classes:
            mapping = self.tracks[0].mapping
            scale = mapping.scale if isinstance(mapping, Line) else 1.0
            whole: np.ndarray = softmax(scale * logits.astype(np.float64), axis=1)
            return whole
        if logits.ndim != 2 or logits.shape[1] != len(self.tracks):
            raise ValueError(f"logits {logits.shape} do not have {len(self.tracks)} tracks")
        columns = [apply_map(t.mapping, logits[:, i]) for i, t in enumerate(self.tracks)]
        return np.stack(columns, axis=1)

    def report(self, logits: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Per track: kind, why, and before and after: ece, brier, log_loss, reliability points.

        Targets `(N, T)`, or classes `(N,)`, where the one entry is about the called class and
        its Brier score sums over classes. NaN targets and negative classes are left out.
        """
        plain = uncalibrated(len(self.tracks), classes=self.classes)
        before, after = plain.apply(logits), self.apply(logits)
        if self.classes:
            truth, keep = _class_rows(targets)
            pair = [_class_quality(p[keep], truth) for p in (before, after)]
            return [_entry(self.tracks[0], *pair)]
        _, targets = paired_columns(logits, targets)
        return [
            _entry(track, _quality(before[:, t], y), _quality(after[:, t], y))
            for t, (track, y) in enumerate(zip(self.tracks, targets.T, strict=True))
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, exact through JSON."""
        tracks = []
        for track in self.tracks:
            entry: dict[str, Any] = {"kind": track.kind, "why": track.why}
            if track.mapping is not None:
                entry |= {
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in track.mapping._asdict().items()
                }
            tracks.append(entry)
        return {"classes": self.classes, "tracks": tracks}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Calibration":
        """The inverse of `to_dict`.

        Raises:
            InputError: the dictionary is not one that `to_dict` made.
        """
        try:
            tracks = tuple(_track_from(entry) for entry in saved["tracks"])
            return cls(tracks, bool(saved["classes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"the calibration in this bundle cannot be read ({error!r}); train it again"
            ) from None


def uncalibrated(tracks: int, *, classes: bool = False, why: str = "not asked for") -> Calibration:
    """The plain sigmoid of each track, or the plain softmax."""
    return Calibration((TrackCalibration("none", None, why),) * (1 if classes else tracks), classes)


def fit_calibration(
    logits: np.ndarray,
    targets: np.ndarray,
    *,
    kind: Literal["auto", "none", "temperature", "isotonic"] = "auto",
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Calibration:
    """Calibration fitted on validation logits `(N, T)` and targets `(N, T)`, or classes `(N,)`.

    "temperature" is Platt's scale and bias on the logit (for classes: one scale). "auto" takes
    what has the lowest log-loss in 5-fold cross-validation over whole `groups`; isotonic must
    win by more than one standard error. A kind that the rows cannot carry falls back to a
    simpler one and says so in `why`.

    Raises:
        InputError: the kind is not known.
    """
    if kind != "auto" and kind not in get_args(Kind):
        raise InputError(
            f"calibration '{kind}' is not known; use auto, {', '.join(get_args(Kind))}"
        )
    group, number = dense_groups(groups, len(logits))
    # Groups are dealt to folds in random order, so folds are even and do not depend on names.
    fold = (np.random.default_rng(seed).permutation(number) % FOLDS)[group]
    logits = np.asarray(logits, dtype=np.float64)
    if np.ndim(targets) == 1 and logits.ndim == 2 and logits.shape[1] > 1:
        return Calibration((_fit_classes(logits, targets, fold, kind),), classes=True)
    logits, targets = paired_columns(logits, targets)
    tracks = []
    for x, y in zip(logits.T, targets.T, strict=True):
        keep = np.isfinite(y) & np.isfinite(x)
        tracks.append(_fit_track(x[keep], (y[keep] > 0.5).astype(np.float64), fold[keep], kind))
    return Calibration(tuple(tracks))


def _fit_track(x: np.ndarray, y: np.ndarray, fold: np.ndarray, kind: str) -> TrackCalibration:
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
            losses[name].append(_log_loss(apply_map(mapping, x[test]), y[test]))
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


def _fit_classes(
    logits: np.ndarray, classes: np.ndarray, fold: np.ndarray, kind: str
) -> TrackCalibration:
    truth, keep = _class_rows(classes)
    logits, fold = logits[keep], fold[keep]
    if kind == "none" or len(truth) < LINE_ROWS:
        why = "not asked for" if kind == "none" else f"only {len(truth)} validation rows"
        return TrackCalibration("none", None, why)
    line = Line(_softmax_scale(logits, truth), 0.0)
    if kind != "auto":
        note = "; isotonic is for binary tracks only" if kind == "isotonic" else ""
        return TrackCalibration("temperature", line, f"asked for{note}")
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


def _class_rows(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.nan_to_num(np.asarray(classes).reshape(-1), nan=-1).astype(np.int64)
    return numbers[numbers >= 0], numbers >= 0


def _log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    p = np.clip(probabilities, 1e-15, 1 - 1e-15)
    return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean()) if len(y) else float("nan")


def _quality(probabilities: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    keep = np.isfinite(targets) & np.isfinite(probabilities)
    p, y = probabilities[keep], targets[keep].astype(np.float64)
    brier = float(((p - y) ** 2).mean()) if len(y) else float("nan")
    return _with_points(p, y, brier, _log_loss(p, y))


def _class_quality(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    right = probabilities.argmax(1) == truth
    one_hot = np.eye(probabilities.shape[1])[truth]
    brier = float(((probabilities - one_hot) ** 2).sum(1).mean())
    chosen = np.clip(probabilities[np.arange(len(truth)), truth], 1e-15, 1.0)
    called = probabilities.max(1)
    return _with_points(called, right.astype(np.float64), brier, float(-np.log(chosen).mean()))


def _with_points(p: np.ndarray, y: np.ndarray, brier: float, log_loss: float) -> dict[str, Any]:
    bins = reliability_bins(p, y)
    return {
        "ece": bins.error,
        "brier": brier,
        "log_loss": log_loss,
        "predicted": bins.predicted.tolist(),
        "seen": bins.seen.tolist(),
        "count": bins.count.tolist(),
    }


def _entry(
    track: TrackCalibration, before: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    return {"kind": track.kind, "why": track.why, "before": before, "after": after}


def _track_from(entry: dict[str, Any]) -> TrackCalibration:
    kind = entry["kind"]
    mapping: Line | Knots | None = None
    if kind == "temperature":
        mapping = Line(float(entry["scale"]), float(entry["bias"]))
    elif kind == "isotonic":
        x, y = (tuple(float(value) for value in entry[name]) for name in ("x", "y"))
        mapping = Knots(x, y, float(entry["slope"]))
    elif kind != "none":
        raise ValueError(f"kind {kind!r}")
    return TrackCalibration(kind, mapping, str(entry["why"]))

"""Calibration: logits to probabilities that mean what they say, fitted on validation rows."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import softmax

from seqcnn.errors import InputError
from seqcnn.training.bootstrap import dense_groups
from seqcnn.training.calibration_choice import (
    FOLDS,
    Kind,
    TrackCalibration,
    class_rows,
    fit_classes,
    fit_track,
    shifted,
)
from seqcnn.training.monotone import Knots, Line, Shifts, apply_map
from seqcnn.training.probability import class_quality, quality
from seqcnn.training.scorers import paired_columns


@dataclass(frozen=True)
class Calibration:
    """Calibration of binary tracks, or of one class a row.

    With `classes` it is of the softmax: one scale, or one scale and a shift for each class.
    """

    tracks: tuple[TrackCalibration, ...]
    classes: bool = False

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities float64 `(N, T)` of logits `(N, T)`; their order in a track is kept."""
        logits = np.asarray(logits)
        if self.classes:
            mapping = self.tracks[0].mapping
            moved = logits.astype(np.float64)
            if isinstance(mapping, Shifts):
                moved = shifted(mapping, moved)
            elif isinstance(mapping, Line):
                moved = mapping.scale * moved
            whole: np.ndarray = softmax(moved, axis=1)
            return whole
        if logits.ndim != 2 or logits.shape[1] != len(self.tracks):
            raise ValueError(f"logits {logits.shape} do not have {len(self.tracks)} tracks")
        maps = [None if isinstance(t.mapping, Shifts) else t.mapping for t in self.tracks]
        columns = [apply_map(mapping, logits[:, i]) for i, mapping in enumerate(maps)]
        return np.stack(columns, axis=1)

    def report(self, logits: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Per track: kind, why, and before and after: ece, brier, log_loss, reliability points.

        Targets `(N, T)`, or classes `(N,)`, where the one entry is about the called class and
        its Brier score sums over classes. NaN targets and negative classes are left out.
        """
        plain = uncalibrated(len(self.tracks), classes=self.classes)
        before, after = plain.apply(logits), self.apply(logits)
        if self.classes:
            truth, keep = class_rows(targets)
            pair = [class_quality(p[keep], truth) for p in (before, after)]
            return [_entry(self.tracks[0], *pair)]
        _, targets = paired_columns(logits, targets)
        return [
            _entry(track, quality(before[:, t], y), quality(after[:, t], y))
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
    kind: Literal["auto", "none", "temperature", "isotonic", "shifts"] = "auto",
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Calibration:
    """Calibration fitted on validation logits `(N, T)` and targets `(N, T)`, or classes `(N,)`.

    "temperature" is Platt's scale and bias on the logit (for classes: one scale; "shifts" adds a
    bias for each). "auto" takes what has the lowest log-loss in 5-fold cross-validation over whole
    `groups`; isotonic, or shifts, must win by more than one standard error. A kind that the rows
    cannot carry falls back to a simpler one and says so in `why`.

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
        return Calibration((fit_classes(logits, targets, fold, kind),), classes=True)
    logits, targets = paired_columns(logits, targets)
    tracks = []
    for x, y in zip(logits.T, targets.T, strict=True):
        keep = np.isfinite(y) & np.isfinite(x)
        tracks.append(fit_track(x[keep], (y[keep] > 0.5).astype(np.float64), fold[keep], kind))
    return Calibration(tuple(tracks))


def _entry(
    track: TrackCalibration, before: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    return {"kind": track.kind, "why": track.why, "before": before, "after": after}


def _track_from(entry: dict[str, Any]) -> TrackCalibration:
    kind = entry["kind"]
    mapping: Line | Knots | Shifts | None = None
    if kind == "shifts":
        mapping = Shifts(float(entry["scale"]), tuple(float(one) for one in entry["biases"]))
    elif kind == "temperature":
        mapping = Line(float(entry["scale"]), float(entry["bias"]))
    elif kind == "isotonic":
        x, y = (tuple(float(value) for value in entry[name]) for name in ("x", "y"))
        mapping = Knots(x, y, float(entry["slope"]))
    elif kind != "none":
        raise ValueError(f"kind {kind!r}")
    return TrackCalibration(kind, mapping, str(entry["why"]))

"""What a network's outputs mean: their loss, the numbers they become and how these are measured."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.training import metrics
from seqcnn.training.calibrate import Calibration
from seqcnn.training.metrics import Metrics

# (outputs (B, K), targets (B, T)) -> one value a sequence (B,)
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Target(ABC):
    """One way to read outputs; `tracks` are tracks or classes, T of them."""

    name: str
    monitor: str  # validation metric, larger is better
    baselines: Literal["binary", "multiclass", "regression"]
    probabilities: bool  # values are probabilities, which calibration may mend

    @property
    def primary(self) -> str:
        """The metric by which networks and baselines are compared."""
        return {"regression": "pearson", "multiclass": "mcc"}.get(self.baselines, "auroc")

    @property
    def compared(self) -> tuple[str, ...]:
        """All metrics in which networks and baselines are compared, the primary one first."""
        return ("auroc", "auprc", "mcc") if self.baselines == "binary" else (self.primary,)

    def columns(self, tracks: tuple[str, ...]) -> tuple[str, ...]:
        """Names of the predicted columns for so many tracks."""
        return tracks

    def parts(self, tracks: int) -> tuple[tuple[slice, "Target"], ...]:
        """The columns of each kind of number, where a network predicts several kinds."""
        return ((slice(0, tracks), self),)

    def fitted(self, targets: np.ndarray) -> "Target":
        """This target with what it must know of the training targets (N, columns)."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """What a bundle keeps of it."""
        return asdict(self)

    @abstractmethod
    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        """Biases float32 (K,) of an output layer that begin at the mean of the targets."""

    @abstractmethod
    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        """Training loss, a value a sequence; `targets` are all training targets, for weights."""

    @abstractmethod
    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        """Predictions (N, T) in the user's units from logits (N, K)."""

    @abstractmethod
    def comparable(self, values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and targets on the scale on which they are measured."""

    @abstractmethod
    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        """Validation metrics without intervals, `monitor` among them."""

    @abstractmethod
    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
    ) -> Metrics:
        """Metrics of each track with 95 % intervals."""


@dataclass(frozen=True)
class MultiLabel(Target):
    """Independent yes/no tracks: sigmoid, cross-entropy. One track is a binary problem."""

    name: str = "multilabel"
    monitor: str = "auprc"
    baselines: Literal["binary", "multiclass", "regression"] = "binary"
    probabilities: bool = True

    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        share = _mean_target(targets, sampling).clip(1e-4, 1 - 1e-4)
        return np.log(share / (1 - share)).astype(np.float32)

    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        positive_weight = _positive_weight(targets, settings.positive_weight)
        smoothing = settings.label_smoothing

        def loss(outputs: Tensor, targets: Tensor) -> Tensor:
            smooth = targets * (1 - smoothing) + smoothing / 2
            each = functional.binary_cross_entropy_with_logits(
                outputs, smooth, pos_weight=positive_weight.to(outputs.device), reduction="none"
            )
            return each.mean(1)

        return loss

    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        if calibration is not None:
            return calibration.apply(logits)
        return _sigmoid(logits)

    def comparable(self, values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values, targets

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        return {
            "loss": float(np.mean(np.logaddexp(0, logits) - logits * targets)),
            "auroc": _mean_of(metrics.auroc(logits, targets)),
            "auprc": _mean_of(metrics.auprc(logits, targets)),
        }

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
    ) -> Metrics:
        return metrics.classification_metrics(
            values, targets, thresholds=thresholds, groups=groups, seed=seed
        )


@dataclass(frozen=True)
class MultiClass(Target):
    """One class of several: softmax, cross-entropy; the target (N, 1) is the class's index."""

    name: str = "multiclass"
    monitor: str = "accuracy"
    baselines: Literal["binary", "multiclass", "regression"] = "multiclass"
    probabilities: bool = True

    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        count = np.bincount(targets[:, 0].astype(int), weights=sampling)
        return np.log((count + 1) / (count + 1).sum()).astype(np.float32)

    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        smoothing = settings.label_smoothing

        def loss(outputs: Tensor, targets: Tensor) -> Tensor:
            return functional.cross_entropy(
                outputs, targets[:, 0].long(), label_smoothing=smoothing, reduction="none"
            )

        return loss

    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        if calibration is not None:
            return calibration.apply(logits)
        return _softmax(logits)

    def comparable(self, values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values, targets[:, 0].astype(int)

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        classes = targets[:, 0].astype(int)
        chosen = np.log(np.maximum(_softmax(logits)[np.arange(len(logits)), classes], 1e-12))
        return {
            "loss": float(-chosen.mean()),
            "accuracy": float(np.mean(logits.argmax(1) == classes)),
        }

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
    ) -> Metrics:
        classes = targets[:, 0].astype(int)
        return metrics.multiclass_metrics(values, classes, groups=groups, seed=seed)


@dataclass(frozen=True)
class Signal(Target):
    """A signal of 0 or more: squared error of log(1 + x), or Poisson; metrics on log(1 + x).

    The network's outputs are standardised by `mean` and `spread` (T,) of log(1 + x) in the training
    examples, so that tracks of any scale are learnt at one pace; Poisson has no spread.
    """

    name: str = "signal"
    monitor: str = "pearson"
    baselines: Literal["binary", "multiclass", "regression"] = "regression"
    probabilities: bool = False
    poisson: bool = False
    mean: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()

    def fitted(self, targets: np.ndarray) -> "Signal":
        logarithm = np.log1p(targets.astype(np.float64))
        spread = np.ones(targets.shape[1]) if self.poisson else logarithm.std(axis=0).clip(1e-3)
        mean = np.log(targets.mean(axis=0).clip(1e-4)) if self.poisson else logarithm.mean(axis=0)
        return replace(self, mean=tuple(mean.tolist()), spread=tuple(spread.tolist()))

    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        return np.zeros(targets.shape[1], np.float32)

    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        mean, spread = torch.tensor(self.mean), torch.tensor(self.spread)

        def log_loss(outputs: Tensor, targets: Tensor) -> Tensor:
            middle, scale = mean.to(outputs.device), spread.to(outputs.device)
            return (outputs - (torch.log1p(targets) - middle) / scale).square().mean(1)

        def poisson_loss(outputs: Tensor, targets: Tensor) -> Tensor:
            rate = outputs + mean.to(outputs.device)
            return functional.poisson_nll_loss(rate, targets, reduction="none").mean(1)

        return poisson_loss if self.poisson else log_loss

    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        logarithm = logits * np.asarray(self.spread) + np.asarray(self.mean)
        raised = np.exp(np.minimum(logarithm, 30.0))
        return raised if self.poisson else np.maximum(raised - 1, 0)

    def comparable(self, values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.log1p(values), np.log1p(targets)

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        predicted = np.log1p(self.values(logits, None))
        return {
            "loss": float(np.mean(np.square(predicted - np.log1p(targets)))),
            "pearson": _mean_of(metrics.pearson(predicted, np.log1p(targets))),
        }

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
    ) -> Metrics:
        predicted, observed = self.comparable(values, targets)
        return metrics.regression_metrics(predicted, observed, groups=groups, seed=seed)


@dataclass(frozen=True)
class OpenAndSignal(Target):
    """Open/closed and the signal of the same tracks from one network, so that each helps the other.

    Outputs and targets are (N, 2T): T open/closed tracks, then the signals of the same T.
    """

    name: str = "open+signal"
    monitor: str = "score"
    baselines: Literal["binary", "multiclass", "regression"] = "binary"
    probabilities: bool = True
    signal_weight: float = 0.1  # of the standardised squared error, beside the cross-entropy
    softness: float = 0.5  # of the labels in training, in units of the signal's logarithm
    mean: tuple[float, ...] = ()  # of the signals, as in Signal
    spread: tuple[float, ...] = ()

    @property
    def signal(self) -> Signal:
        """How the second half of the outputs is read."""
        return Signal(mean=self.mean, spread=self.spread)

    def fitted(self, targets: np.ndarray) -> "OpenAndSignal":
        signal = self.signal.fitted(targets[:, targets.shape[1] // 2 :])
        return replace(self, mean=signal.mean, spread=signal.spread)

    def columns(self, tracks: tuple[str, ...]) -> tuple[str, ...]:
        return (*tracks, *(f"{track} signal" for track in tracks))

    def parts(self, tracks: int) -> tuple[tuple[slice, Target], ...]:
        return (slice(0, tracks), MultiLabel()), (slice(tracks, 2 * tracks), self.signal)

    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        half = targets.shape[1] // 2
        return np.concatenate(
            [
                MultiLabel().first_bias(targets[:, :half], sampling),
                self.signal.first_bias(targets[:, half:], sampling),
            ]
        )

    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        half = targets.shape[1] // 2
        open_loss = MultiLabel().loss(targets[:, :half], settings)
        threshold = float(np.log(settings.open_above + 1e-4))
        signal_loss = self.signal.loss(targets[:, half:], settings)

        def loss(outputs: Tensor, targets: Tensor) -> Tensor:
            signal = targets[:, half:]
            # A window just over the threshold teaches less than one far above it.
            soft = torch.sigmoid((torch.log(signal + 1e-4) - threshold) / self.softness)
            error = signal_loss(outputs[:, half:], signal)
            return open_loss(outputs[:, :half], soft) + self.signal_weight * error

        return loss

    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        half = logits.shape[1] // 2
        return np.concatenate(
            [
                MultiLabel().values(logits[:, :half], calibration),
                self.signal.values(logits[:, half:], None),
            ],
            axis=1,
        )

    def comparable(self, values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError("compare its parts")

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        half = logits.shape[1] // 2
        opened = MultiLabel().quick(logits[:, :half], targets[:, :half])
        signal = self.signal.quick(logits[:, half:], targets[:, half:])
        return {
            "loss": opened["loss"] + self.signal_weight * signal["loss"],
            "auroc": opened["auroc"],
            "auprc": opened["auprc"],
            "pearson": signal["pearson"],
            "score": (opened["auroc"] + opened["auprc"] + signal["pearson"]) / 3,
        }

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
    ) -> Metrics:
        half = values.shape[1] // 2
        opened = MultiLabel().measure(
            values[:, :half], targets[:, :half], thresholds=thresholds, groups=groups, seed=seed
        )
        signal = self.signal.measure(
            values[:, half:], targets[:, half:], thresholds=thresholds, groups=groups, seed=seed
        )
        pairs = zip(opened.tracks, signal.tracks, strict=True)
        return replace(
            opened,
            tracks=[{**one, **other} for one, other in pairs],
            mean={**opened.mean, **signal.mean},
            notes=(*opened.notes, *signal.notes),
        )


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        MultiLabel(),
        MultiClass(),
        Signal(),
        Signal(name="counts", poisson=True),
        OpenAndSignal(),
    )
}


def _mean_target(targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
    mean: np.ndarray = np.average(targets.astype(np.float64), axis=0, weights=sampling)
    return mean


def _positive_weight(targets: np.ndarray, wanted: str) -> Tensor:
    if wanted == "balanced":
        share = np.nanmean(targets, axis=0).clip(1e-6, 1)
        return torch.from_numpy(((1 - share) / share).clip(1, 50).astype(np.float32))
    try:
        return torch.full((targets.shape[1],), float(wanted))
    except ValueError:
        raise InputError(
            f"--positive-weight: expected a number or 'balanced', got '{wanted}'"
        ) from None


def _mean_of(each: Any) -> float:
    known = np.asarray(each)[~np.isnan(each)]
    return float(known.mean()) if len(known) else float("nan")


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -60, 60)))


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def target_from(saved: dict[str, Any]) -> Target:
    """The inverse of `to_dict`.

    Raises:
        InputError: it is not one that `to_dict` made.
    """
    try:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in saved.items()
        }
        return replace(TARGETS[saved["name"]], **values)
    except (KeyError, TypeError):
        raise InputError(f"the bundle's target {saved!r} is not known to this seqcnn") from None

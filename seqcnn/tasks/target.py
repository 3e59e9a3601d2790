"""What a network's outputs mean: their loss, the numbers they become and how these are measured."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
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
    """One way to read outputs; `tracks` below are tracks or classes, T of them."""

    name: str
    monitor: str  # validation metric, larger is better
    baselines: Literal["binary", "multiclass", "regression"]
    probabilities: bool  # values are probabilities, which calibration may mend

    @abstractmethod
    def width(self, tracks: int) -> int:
        """Network outputs for so many tracks."""

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

    def width(self, tracks: int) -> int:
        return tracks

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

    def width(self, tracks: int) -> int:
        return tracks

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
    """A signal of 0 or more: squared error of log(1 + x), or Poisson; metrics on log(1 + x)."""

    name: str = "signal"
    monitor: str = "pearson"
    baselines: Literal["binary", "multiclass", "regression"] = "regression"
    probabilities: bool = False
    poisson: bool = False

    def width(self, tracks: int) -> int:
        return tracks

    def loss(self, targets: np.ndarray, settings: TrainSettings) -> Loss:
        # Squared errors of tracks of any scale count the same.
        spread = torch.from_numpy(np.log1p(targets).std(0).clip(1e-3).astype(np.float32))

        def log_loss(outputs: Tensor, targets: Tensor) -> Tensor:
            error = (outputs - torch.log1p(targets)) / spread.to(outputs.device)
            return error.square().mean(1)

        def poisson_loss(outputs: Tensor, targets: Tensor) -> Tensor:
            each = functional.poisson_nll_loss(outputs, targets, reduction="none")
            return each.mean(1)

        return poisson_loss if self.poisson else log_loss

    def values(self, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
        raised = np.exp(np.minimum(logits, 30.0))
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


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (MultiLabel(), MultiClass(), Signal(), Signal(name="counts", poisson=True))
}


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

"""Targets that are labels: yes or no in each track, or one class of several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.tasks.target import Loss, Target, mean_of, mean_target
from seqcnn.training import metrics
from seqcnn.training.calibrate import Calibration
from seqcnn.training.metrics import Interval, Metrics


@dataclass(frozen=True)
class MultiLabel(Target):
    """Independent yes/no tracks: sigmoid, cross-entropy. One track is a binary problem."""

    name: str = "multilabel"
    monitor: str = "auprc"
    baselines: Literal["binary", "multiclass", "regression"] = "binary"
    probabilities: bool = True

    def first_bias(self, targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
        share = mean_target(targets, sampling).clip(1e-4, 1 - 1e-4)
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
            "auroc": mean_of(metrics.auroc(logits, targets)),
            "auprc": mean_of(metrics.auprc(logits, targets)),
        }

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        *,
        thresholds: np.ndarray,
        groups: np.ndarray | None,
        seed: int,
        names: Sequence[str] | None = None,
    ) -> Metrics:
        return metrics.classification_metrics(
            values, targets, thresholds=thresholds, groups=groups, seed=seed, names=names
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
        names: Sequence[str] | None = None,
    ) -> Metrics:
        classes = targets[:, 0].astype(int)
        return metrics.multiclass_metrics(values, classes, groups=groups, seed=seed, names=names)


@dataclass(frozen=True)
class ImageClass(MultiClass):
    """One class of several, measured as ImageNet is: top-1 and top-5 error."""

    name: str = "image class"

    @property
    def primary(self) -> str:
        return "accuracy"

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        found = super().quick(logits, targets)
        return {**found, "top1_error": 1 - found["accuracy"]}

    def measure(
        self,
        values: np.ndarray,
        targets: np.ndarray,
        **how: Any,
    ) -> Metrics:
        found = super().measure(values, targets, **how)
        errors = {}
        for error, metric in (("top1_error", "accuracy"), ("top5_error", "top5_accuracy")):
            right = found.mean[metric]
            # A share may be over 1 by rounding; NaN, where nothing is defined, stays NaN.
            value, most, least = (max(1 - share, 0.0) for share in right)
            errors[error] = Interval(value, least, most)
        return replace(found, mean={**errors, **found.mean})


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


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -60, 60)))


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)

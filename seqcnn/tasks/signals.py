"""Targets that are a signal, alone or beside its open/closed labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.settings import TrainSettings
from seqcnn.tasks.labels import MultiLabel
from seqcnn.tasks.target import Loss, Target, mean_of
from seqcnn.training import metrics
from seqcnn.training.calibrate import Calibration
from seqcnn.training.metrics import Metrics


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
            "pearson": mean_of(metrics.pearson(predicted, np.log1p(targets))),
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
        predicted, observed = self.comparable(values, targets)
        return metrics.regression_metrics(
            predicted, observed, groups=groups, seed=seed, names=names
        )


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
        names: Sequence[str] | None = None,
    ) -> Metrics:
        half = values.shape[1] // 2
        opened = MultiLabel().measure(
            values[:, :half],
            targets[:, :half],
            thresholds=thresholds,
            groups=groups,
            seed=seed,
            names=names,
        )
        signal = self.signal.measure(
            values[:, half:],
            targets[:, half:],
            thresholds=thresholds,
            groups=groups,
            seed=seed,
            names=names,
        )
        pairs = zip(opened.tracks, signal.tracks, strict=True)
        return replace(
            opened,
            tracks=[{**one, **other} for one, other in pairs],
            mean={**opened.mean, **signal.mean},
            notes=(*opened.notes, *signal.notes),
        )

"""What a network's outputs mean: their loss, the numbers they become and how these are measured."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from torch import Tensor

from seqcnn.settings import TrainSettings
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

    @property
    def lasting(self) -> bool:
        """Whether outputs of one name mean the same whatever the data, so that the output layer of
        one training can start another."""
        return False

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
        names: Sequence[str] | None = None,
    ) -> Metrics:
        """Metrics of each track, called by `names`, with 95 % intervals."""


def part_targets(targets: np.ndarray, columns: slice) -> np.ndarray:
    """The targets of a part, by its columns; a class's index stands in the only column."""
    return targets if targets.shape[1] == 1 else targets[:, columns]


def mean_target(targets: np.ndarray, sampling: np.ndarray | None) -> np.ndarray:
    """Mean of each column of targets (N, T), by draws where they differ."""
    mean: np.ndarray = np.average(targets.astype(np.float64), axis=0, weights=sampling)
    return mean


def mean_of(each: Any) -> float:
    """Mean over tracks, without those where the metric is not defined."""
    known = np.asarray(each)[~np.isnan(each)]
    return float(known.mean()) if len(known) else float("nan")

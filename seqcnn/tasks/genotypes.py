"""The genotype of a candidate site, one class of three or six."""

from dataclasses import dataclass

import numpy as np

from seqcnn.tasks.labels import MultiClass
from seqcnn.training.calibrate import fit_calibration


@dataclass(frozen=True)
class Genotype(MultiClass):
    """One class of several, where rare ones and hard examples are drawn more often in training.

    Validation is at natural frequency: its loss is measured after the scale and shifts that
    calibration would choose, so that it does not depend on how examples are drawn.
    """

    name: str = "genotype"
    monitor: str = "calibrated_loss"

    @property
    def lasting(self) -> bool:
        return True

    def quick(self, logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        classes = targets[:, 0].astype(int)
        calibration = fit_calibration(logits, classes, kind="shifts")
        chosen = calibration.apply(logits)[np.arange(len(classes)), classes]
        return {
            **super().quick(logits, targets),
            "calibrated_loss": float(-np.log(np.maximum(chosen, 1e-12)).mean()),
        }

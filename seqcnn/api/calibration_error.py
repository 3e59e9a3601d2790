"""How far calibrated probabilities are from what is seen, for results.json."""

import numpy as np

from seqcnn.tasks.target import part_targets
from seqcnn.tasks.task import TaskData
from seqcnn.training.calibrate import Calibration


def calibration_error(
    data: TaskData, targets: np.ndarray, logits: np.ndarray, calibration: Calibration | None
) -> dict[str, float] | None:
    """Expected calibration error `before` and `after`, the mean over tracks; None without
    one, or where no track could be measured.

    `logits` (N, K) are the mean of the networks', `targets` (N, columns) those of the same rows.
    """
    if calibration is None:
        return None
    columns, part = data.target.parts(len(data.outputs))[0]
    kept = logits[:, columns]
    _, observed = part.comparable(kept, part_targets(targets, columns))
    found = calibration.report(kept, observed)
    errors = {when: np.array([one[when]["ece"] for one in found]) for when in ("before", "after")}
    if not all(np.isfinite(one).any() for one in errors.values()):
        return None
    return {when: float(np.nanmean(one)) for when, one in errors.items()}

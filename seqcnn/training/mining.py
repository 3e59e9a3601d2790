"""Hard examples: the last part of training draws those more often that are not yet decided.

After a first stage the loss of every training example is looked at, and a second stage draws
what is settled rarely (skip-easy; after Shrivastava, Gupta and Girshick, CVPR 2016, arXiv
1604.03540, but by sampling). Both stages are whole runs of `seqcnn.training.fit`, each with a
checkpoint of its own.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import log_softmax

from seqcnn.settings import FitSettings
from seqcnn.training.fit import FitResult

FOLDER = "mined"  # of the second stage, inside that of the first
FLOOR = 0.1  # how often a settled example is drawn, for one that is not
UNDECIDED = 0.1  # probability missing from the true class, from which an example counts in full


def stages(settings: FitSettings, share: float) -> tuple[FitSettings, FitSettings]:
    """The settings of both stages; the second has this share of the steps, a third of the rate."""
    last = max(1, round(settings.max_steps * share))
    first = max(1, settings.max_steps - last)

    def part(steps: int, **other: Any) -> FitSettings:
        return settings.model_copy(
            update={
                "max_steps": steps,
                "validate_every": max(1, min(settings.validate_every, steps)),
                "warmup_steps": min(settings.warmup_steps, max(1, steps // 10)),
                "patience": settings.max_steps,
                **other,
            }
        )

    return part(first), part(last, lr=settings.lr / 3, seed=settings.seed + 1_000_003)


def missing(examples: Any, logits: np.ndarray) -> np.ndarray:
    """Probability (n,) that logits (n, K) do not give to an example's class."""
    classes = examples.targets[:, 0].astype(np.int64)
    chosen = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(classes)), classes]
    return -np.expm1(chosen)


def harder(examples: Any, logits: np.ndarray) -> Any:
    """The same examples, drawn by how undecided they are beside what `sampling` says already."""
    weights = FLOOR + (1 - FLOOR) * np.minimum(missing(examples, logits) / UNDECIDED, 1.0)
    before = np.ones(len(examples)) if examples.sampling is None else examples.sampling
    return replace(examples, sampling=before * weights)


def told(examples: Any, logits: np.ndarray) -> str:
    """What the second stage does, in words."""
    open_ones = int((missing(examples, logits) > UNDECIDED).sum())
    return (
        f"mining: {open_ones:,} of {len(examples):,} training examples are undecided and drawn up "
        f"to {1 / FLOOR:.0f} times as often"
    )


def joined(first: FitResult, last: FitResult) -> FitResult:
    """Both stages as one run; the weights are the second's best."""
    shift = first.steps
    later = [{**row, "step": row["step"] + shift} for row in last.history]
    return replace(
        last,
        history=[*first.history, *later],
        best_step=last.best_step + shift,
        steps=last.steps + shift,
        seconds=first.seconds + last.seconds,
        seconds_before=first.seconds_before + last.seconds_before,
    )

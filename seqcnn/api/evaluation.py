"""What a trained network is worth on a split, beside trivial baselines on the same rows."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqcnn.data.examples import Examples
from seqcnn.tasks.target import Target
from seqcnn.tasks.task import TaskData
from seqcnn.training import metrics
from seqcnn.training.baselines import Baseline, run_baselines
from seqcnn.training.calibrate import Calibration
from seqcnn.training.curves import best_thresholds
from seqcnn.training.metrics import Interval, Metrics

CNN = "CNN"


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the network and of each baseline, and the paired differences between them.

    `values` are the network's predictions (N, T), `gains` the network less the baseline in
    `primary`, on the mean over tracks.
    """

    split: str
    primary: str
    metrics: Metrics
    values: np.ndarray
    targets: np.ndarray
    baselines: dict[str, Metrics] = field(default_factory=dict)
    gains: dict[str, Interval] = field(default_factory=dict)
    baseline_notes: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Numbers for results.json and the card."""
        return {
            "split": self.split,
            "primary": self.primary,
            CNN: self.metrics.to_dict(),
            "baselines": {name: found.to_dict() for name, found in self.baselines.items()},
            "gain over": {name: list(gain) for name, gain in self.gains.items()},
            "baseline notes": self.baseline_notes,
        }

    def verdicts(self) -> list[tuple[str, str]]:
        """(good, warning or bad; a sentence) for each baseline, plainly."""
        sentences = []
        for name, gain in self.gains.items():
            difference = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] {self.primary}"
            if gain.low > 0:
                sentences.append(("good", f"The CNN beats {name}: {difference}."))
            elif gain.high < 0:
                sentences.append(
                    ("bad", f"The CNN is worse than {name}: {difference}. Use the baseline.")
                )
            else:
                sentences.append(
                    (
                        "warning",
                        f"The CNN is not shown to beat {name}: {difference} includes 0.",
                    )
                )
        return sentences


def evaluate_values(
    data: TaskData,
    split: str,
    values: np.ndarray,
    *,
    thresholds: np.ndarray,
    seed: int,
    baselines: bool,
) -> Evaluation:
    """Measure predictions `values` (N, T) of a split, and baselines trained on `train`."""
    examples, target = data.splits[split], data.target
    groups = examples.groups()
    measured = target.measure(
        values, examples.targets, thresholds=thresholds, groups=groups, seed=seed
    )
    primary = primary_metric(target)
    found: dict[str, Metrics] = {}
    gains: dict[str, Interval] = {}
    notes: dict[str, str] = {}
    if baselines and "train" in data.splits and "val" in data.splits:
        ours, observed = target.comparable(values, examples.targets)
        for name, baseline in _baselines(data, examples, seed).items():
            chosen = thresholds
            if target.name == "multilabel":
                rows = baseline.validation_rows
                chosen = best_thresholds(baseline.validation, data.splits["val"].targets[rows])
            found[name] = target.measure(
                baseline.scores, examples.targets, thresholds=chosen, groups=groups, seed=seed
            )
            theirs, _ = target.comparable(baseline.scores, examples.targets)
            gains[name] = metrics.compare(primary, ours, theirs, observed, groups=groups, seed=seed)
            told = ", ".join(f"{key} {value}" for key, value in baseline.settings.items())
            notes[name] = f"{told}; {baseline.seconds:.1f} s"
    return Evaluation(split, primary, measured, values, examples.targets, found, gains, notes)


def primary_metric(target: Target) -> str:
    """The metric by which networks and baselines are compared."""
    return {"regression": "pearson", "multiclass": "mcc"}.get(target.baselines, "auroc")


def _baselines(data: TaskData, test: Examples, seed: int) -> dict[str, Baseline]:
    """Baselines fitted on `train`, tuned on `val`, scoring `test`, in the network's own units."""
    train, val, target = data.splits["train"], data.splits["val"], data.target
    made = run_baselines(
        train.sequences,
        target.comparable(train.targets, train.targets)[1],
        val.sequences,
        target.comparable(val.targets, val.targets)[1],
        test.sequences,
        target.comparable(test.targets, test.targets)[1],
        kind=target.baselines,
        seed=seed,
        stranded=data.encoder["stranded"],
        classes=len(data.outputs) if target.name == "multiclass" else None,
    )
    if target.baselines != "regression":
        return made
    # Ridge regression predicts log(1 + signal).
    return {
        name: replace(found, scores=np.expm1(found.scores.clip(0))) for name, found in made.items()
    }


def calibrated(target: Target, logits: np.ndarray, calibration: Calibration | None) -> np.ndarray:
    """Predictions in the user's units from logits (members, N, K), averaged over members."""
    return target.values(logits.mean(axis=0), calibration)

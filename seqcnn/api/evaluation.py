"""What a trained network is worth on a split, beside trivial baselines on the same rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqcnn.data import notebook
from seqcnn.report.words import metric_name
from seqcnn.tasks.encoding import Dataset
from seqcnn.tasks.target import part_targets
from seqcnn.tasks.task import TaskData
from seqcnn.training import metrics
from seqcnn.training.baselines import Baseline, sample_rows
from seqcnn.training.curves import best_thresholds
from seqcnn.training.knn import knn_baselines
from seqcnn.training.metrics import Interval, Metrics

CNN = "CNN"
NOTHING = (np.nan, np.nan, np.nan)
EMBEDDED = 20_000  # training examples among which the nearest features are sought


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the network and of each baseline, and the paired differences between them.

    `values` are the network's predictions (N, columns). `gains[baseline][metric]` is the network
    less the baseline, on the mean over tracks.
    """

    split: str
    metrics: Metrics
    values: np.ndarray
    targets: np.ndarray
    baselines: dict[str, Metrics] = field(default_factory=dict)
    gains: dict[str, dict[str, Interval]] = field(default_factory=dict)
    baseline_notes: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Numbers for results.json and the card."""
        return {
            "split": self.split,
            CNN: self.metrics.to_dict(),
            "baselines": {name: found.to_dict() for name, found in self.baselines.items()},
            "gains": {
                name: {metric: list(gain) for metric, gain in gains.items()}
                for name, gains in self.gains.items()
            },
            "baseline_notes": self.baseline_notes,
        }

    def __repr__(self) -> str:
        names = ", ".join((CNN, *self.baselines))
        return f"Evaluation({self.split}: {len(self.values):,} examples; {names})"

    def _repr_html_(self) -> str:
        return notebook.shown(f"{self.split}: {len(self.values):,} examples", *self.html_parts())

    def html_parts(self) -> list[str]:
        """A table of the network and its baselines, means over tracks, and the verdicts."""
        metrics = list(self.metrics.mean)
        rows = [
            [name, *(notebook.interval(found.mean.get(one, NOTHING)) for one in metrics)]
            for name, found in ((CNN, self.metrics), *self.baselines.items())
        ]
        columns = ["model", *(metric_name(name) for name in metrics)]
        said = [
            notebook.text(sentence) if level == "good" else notebook.warning(sentence)
            for level, sentence in self.verdicts()
        ]
        return [notebook.grid(columns, rows), *said]

    def headline(self, data: TaskData) -> str:
        """The metrics that matter, of all tracks together, in words."""
        parts = [part for _, part in data.target.parts(len(data.outputs))]
        names = ["top1_error", "top5_error", *(name for part in parts for name in part.compared)]
        return ", ".join(
            f"{metric_name(name)} {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
            for name, found in ((name, self.metrics.mean.get(name)) for name in names)
            if found is not None
        )

    def verdicts(self) -> list[tuple[str, str]]:
        """(good, warning or bad; a sentence) for each baseline and metric, plainly."""
        return [
            _verdict(name, metric, gain)
            for name, gains in self.gains.items()
            for metric, gain in gains.items()
            if len(gains) == 1 or metric != "mcc"
        ]


def _verdict(name: str, metric: str, gain: Interval) -> tuple[str, str]:
    metric = metric_name(metric)
    difference = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] in {metric}"
    if gain.low > 0:
        return "good", f"The CNN beats {name}: {difference}."
    if gain.high < 0:
        return "bad", f"The CNN is worse than {name}: {difference}. Use the baseline."
    return "warning", f"The CNN is not shown to beat {name}: {difference} includes 0."


def evaluate_values(
    data: TaskData,
    split: str,
    values: np.ndarray,
    *,
    thresholds: np.ndarray,
    seed: int,
    baselines: bool,
    embed: Callable[[Dataset], np.ndarray] | None = None,
) -> Evaluation:
    """Measure predictions `values` of a split, and baselines fitted on `train`, tuned on `val`.

    With `embed` (examples to features) nearest neighbours are among the baselines, of the raw
    examples and of their features.
    """
    examples, target = data.splits[split], data.target
    groups = examples.groups()

    def measure(values: np.ndarray, thresholds: np.ndarray) -> Metrics:
        return target.measure(
            values,
            examples.targets,
            thresholds=thresholds,
            groups=groups,
            seed=seed,
            names=data.outputs,
        )

    found: dict[str, Metrics] = {}
    gains: dict[str, dict[str, Interval]] = {}
    notes: dict[str, str] = {}
    if baselines and "train" in data.splits and "val" in data.splits:
        for name, scored in fit_baselines(data, examples, seed, embed).items():
            found[name] = measure(scored.values, scored.thresholds)
            notes[name] = scored.note
            gains[name] = {}
            for columns, part in target.parts(len(data.outputs)):
                ours, observed = part.comparable(
                    values[:, columns], part_targets(examples.targets, columns)
                )
                theirs, _ = part.comparable(
                    scored.values[:, columns], part_targets(examples.targets, columns)
                )
                for metric in part.compared:
                    gains[name][metric] = metrics.compare(
                        metric,
                        ours,
                        theirs,
                        observed,
                        thresholds=(thresholds, scored.thresholds),
                        groups=groups,
                        seed=seed,
                    )
    return Evaluation(
        split, measure(values, thresholds), values, examples.targets, found, gains, notes
    )


@dataclass(frozen=True)
class Scored:
    """A baseline's predictions (N, columns), in the network's own units."""

    values: np.ndarray
    thresholds: np.ndarray
    note: str


def fit_baselines(
    data: TaskData,
    test: Dataset,
    seed: int,
    embed: Callable[[Dataset], np.ndarray] | None = None,
) -> dict[str, Scored]:
    """Every baseline, fitted on `train`, tuned on `val`, on the rows of `test`."""
    train, val = data.splits["train"], data.splits["val"]
    features = _features(embed, (train, val, test), seed) if embed else None
    scores: dict[str, list[np.ndarray]] = {}
    thresholds: dict[str, np.ndarray] = {}
    notes: dict[str, list[str]] = {}
    for columns, part in data.target.parts(len(data.outputs)):
        observed = [part_targets(e.targets, columns) for e in (train, val, test)]
        targets = [part.comparable(one, one)[1] for one in observed]
        made = data.encoding.baselines(
            (train, val, test),
            targets,
            part,
            outputs=len(data.outputs),
            neighbours=embed is not None,
            seed=seed,
        )
        if features is not None:
            made |= _neighbours_of_features(features, targets[0], part.baselines, len(data.outputs))
        for name, found in made.items():
            told = ", ".join(f"{key} {value}" for key, value in found.settings.items())
            notes.setdefault(name, []).append(f"{told}; {found.seconds:.1f} s")
            if part.baselines == "binary":
                thresholds[name] = best_thresholds(
                    found.validation, targets[1][found.validation_rows]
                )
            # Ridge regression predicts log(1 + signal).
            in_units = part.baselines != "regression"
            scores.setdefault(name, []).append(
                found.scores if in_units else np.expm1(found.scores.clip(0))
            )
    half = np.full(len(data.outputs), 0.5)
    return {
        name: Scored(
            np.concatenate(scores[name], axis=1),
            thresholds.get(name, half),
            "; ".join(notes[name]),
        )
        for name in scores
    }


@dataclass(frozen=True)
class _Features:
    """Features (n, D) of rows of train and validation, and of all rows of test."""

    rows: tuple[np.ndarray, np.ndarray]
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def _features(
    embed: Callable[[Dataset], np.ndarray], parts: tuple[Any, Any, Any], seed: int
) -> _Features:
    random = np.random.default_rng(seed)
    rows = [sample_rows(len(part), EMBEDDED, random) for part in parts[:2]]
    train, val = (embed(part.subset(chosen)) for part, chosen in zip(parts, rows, strict=False))
    return _Features((rows[0], rows[1]), train, val, embed(parts[2]))


def _neighbours_of_features(
    features: _Features, train_targets: np.ndarray, kind: Any, outputs: int
) -> dict[str, Baseline]:
    return knn_baselines(
        features.train,
        train_targets[features.rows[0]],
        features.val,
        features.rows[1],
        features.test,
        kind=kind,
        classes=outputs if kind == "multiclass" else None,
        metric="cosine",
        name="embeddings",
    )

"""What a report shows of classes and images: confusion, the worst mistakes, first-layer kernels."""

from pathlib import Path

import numpy as np
from torch import nn

from seqcnn.api import report_sites
from seqcnn.api.evaluation import Evaluation
from seqcnn.interpret.kernels import kernel_pictures
from seqcnn.report.records import Kernels, Mistake
from seqcnn.tasks.encoding import Dataset
from seqcnn.tasks.task import TaskData

MOST_MISTAKES = 12


def confusion(data: TaskData, evaluation: Evaluation) -> np.ndarray | None:
    """Counts (classes, classes), rows the true class, columns the most probable one."""
    if data.target.baselines != "multiclass":
        return None
    number = len(data.outputs)
    _, true, called = _calls(evaluation)
    return np.bincount(number * true + called, minlength=number**2).reshape(number, number)


def mistakes(data: TaskData, evaluation: Evaluation) -> list[Mistake]:
    """The images called wrongly with the highest probabilities, the highest first."""
    if data.encoding.kind == "pileup":
        return report_sites.mistakes(data, evaluation)
    if data.encoding.kind != "image" or data.target.baselines != "multiclass":
        return []
    rows, true, called = _calls(evaluation)
    given = evaluation.values[rows, called]
    wrong = np.flatnonzero(true != called)
    worst = wrong[np.argsort(-given[wrong], kind="stable")][:MOST_MISTAKES]
    if not len(worst):
        return []
    images = data.splits[evaluation.split]
    held = images.subset(rows[worst])
    pixels = held.take(np.arange(len(held)))
    names = [Path(name).name for name in held.locations()] if held.files else [""] * len(held)
    return [
        Mistake(
            pixels[place],
            names[place],
            data.outputs[true[row]],
            data.outputs[called[row]],
            float(given[row]),
            float(evaluation.values[rows[row], true[row]]),
        )
        for place, row in enumerate(worst)
    ]


def _calls(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of a known class, their classes, and the classes called."""
    rows = np.flatnonzero(evaluation.targets[:, 0] >= 0)
    return rows, evaluation.targets[rows, 0].astype(np.int64), evaluation.values[rows].argmax(1)


def kernels(data: TaskData, network: nn.Module) -> Kernels | None:
    """The first layer's kernels of an image network, where they are large enough to show."""
    if data.encoding.kind != "image":
        return None
    found = kernel_pictures(network, len(data.encoding.channels))
    return Kernels(found.pictures, found.total) if found else None


def per_class(data: TaskData, examples: Dataset) -> str:
    """How many examples each class has, in words."""
    known = examples.targets[examples.targets[:, 0] >= 0, 0].astype(np.int64)
    counts = np.bincount(known, minlength=len(data.outputs))
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"

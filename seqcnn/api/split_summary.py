"""What the examples of a split are, in numbers, and what to think of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqcnn.data.check import Finding
from seqcnn.data.examples import Examples
from seqcnn.encoders.dna import LETTERS
from seqcnn.tasks.target import part_targets
from seqcnn.tasks.task import TaskData
from seqcnn.training.points import auroc

CHUNK = 8192  # sequences looked at together
FEW_EXAMPLES = 100  # of a held-out split: its intervals will be wide
FEW_POSITIVES = 20  # with fewer, probabilities are not calibrated and AUPRC jumps
MUCH_UNKNOWN = 0.05  # share of N
TOLD_BY_GC = 0.65  # AUROC of GC content alone
G, C, N = (LETTERS.index(letter) for letter in "GCN")


@dataclass(frozen=True)
class TrackSummary:
    """One output in one split: how many are positive, or the mean of a signal; and the AUROC of GC
    content alone, where it can be had."""

    name: str
    positives: int | None
    mean: float
    gc_auroc: float | None


@dataclass(frozen=True)
class SplitSummary:
    """One split: examples, contigs that it lies on, share of G and C among known bases and of
    unknown ones (None where examples are no sequences), and its tracks."""

    name: str
    examples: int
    contigs: int | None
    gc: float | None
    unknown: float | None
    tracks: tuple[TrackSummary, ...]


def summarise(data: TaskData, split: str) -> SplitSummary:
    """The numbers of one split; reads all its sequences."""
    examples = data.splits[split]
    sequences = isinstance(examples, Examples)
    gc, unknown = composition(examples) if sequences else (None, None)
    contig = getattr(examples, "contig", None)
    return SplitSummary(
        name=split,
        examples=len(examples),
        contigs=None if contig is None else len(np.unique(contig)),
        gc=None if gc is None or np.isnan(gc).all() else float(np.nanmean(gc)),
        unknown=None if unknown is None else float(unknown.mean()),
        tracks=tuple(_tracks(data, examples, gc)),
    )


def composition(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Of each sequence, the share of G and C among its A, C, G and T (NaN without any), and of N:
    two float arrays (N,)."""
    gc, unknown = np.empty(len(examples)), np.empty(len(examples))
    for first in range(0, len(examples), CHUNK):
        rows = np.arange(first, min(first + CHUNK, len(examples)))
        codes = examples.take(rows)
        known = (codes < N).sum(axis=1)
        strong = ((codes == G) | (codes == C)).sum(axis=1)
        gc[rows] = np.where(known > 0, strong / np.maximum(known, 1), np.nan)
        unknown[rows] = (codes == N).mean(axis=1)
    return gc, unknown


def _tracks(data: TaskData, examples: Any, gc: np.ndarray | None) -> list[TrackSummary]:
    tracks = []
    names = data.target.columns(data.outputs)
    for columns, part in data.target.parts(len(data.outputs)):
        targets = part_targets(examples.targets, columns)
        for number, name in enumerate(names[columns]):
            column = targets[:, 0 if part.baselines == "multiclass" else number]
            known = np.isfinite(column)
            if part.baselines == "regression":
                tracks.append(TrackSummary(name, None, _mean(column[known]), None))
                continue
            positive = column == number if part.baselines == "multiclass" else column > 0
            count, share = int(positive[known].sum()), _mean(positive[known])
            told = _auroc(gc, np.where(known, positive, np.nan))
            tracks.append(TrackSummary(name, count, share, told))
    return tracks


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _auroc(gc: np.ndarray | None, positive: np.ndarray) -> float | None:
    """That of GC content; None where it or a class is missing."""
    if gc is None:
        return None
    found = float(auroc(np.nan_to_num(gc), np.where(np.isnan(gc), np.nan, positive))[0])
    return None if np.isnan(found) else found


def findings_of(summaries: list[SplitSummary]) -> list[Finding]:
    """What in the numbers will make training, calibration or measuring hard."""
    found = []
    for split in summaries:
        if split.name != "train" and split.examples < FEW_EXAMPLES:
            found.append(_warning(split, f"{split.examples} examples: intervals will be wide"))
        if split.unknown is not None and split.unknown > MUCH_UNKNOWN:
            found.append(_warning(split, f"{split.unknown:.0%} of the bases are N"))
        scarce = [
            f"{track.name} {track.positives}"
            for track in split.tracks
            if track.positives is not None and track.positives < FEW_POSITIVES
        ]
        if scarce:
            said = "too few to learn from" if split.name == "train" else "too few to measure well"
            found.append(_warning(split, f"few positives ({_some(scarce)}): {said}"))
    train = next(split for split in summaries if split.name == "train")
    told = [
        f"{track.name} {track.gc_auroc:.2f}"
        for track in train.tracks
        if track.gc_auroc is not None and abs(track.gc_auroc - 0.5) > TOLD_BY_GC - 0.5
    ]
    if told:
        said = (
            f"GC content alone tells positives from negatives (AUROC {_some(told)}): a network "
            "must beat that baseline, and negatives of the same GC would be fairer"
        )
        found.append(_warning(train, said))
    return found


def _warning(split: SplitSummary, said: str) -> Finding:
    return Finding("warning", f"{split.name}: {said}")


def _some(words: list[str], most: int = 5) -> str:
    return ", ".join(words[:most]) + (f", and {len(words) - most} more" * (len(words) > most))

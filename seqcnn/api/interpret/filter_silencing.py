"""What a bundle owes to its first-layer filters, on sequences that it should tell apart."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn

from seqcnn.api.interpret.inputs import Inputs, targets_of
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.interpret.silencing import (
    STEPS,
    Views,
    resting_values,
    scaled_filters,
    shares,
    silenced_logits,
)
from seqcnn.settings.interpret.filters import FiltersSettings
from seqcnn.training.metrics import Interval, auroc, compare
from seqcnn.training.predict import evaluating

REPLICATES = 200  # of the bootstrap
SAME = 1e-4  # logits, by which the two strands of a symmetric network differ at most

Advance = Callable[[int], None]
# Shares of all filters (F,) -> the sets of filters to silence, each of one network.
Choose = Callable[[np.ndarray], Sequence[tuple[int, ...]]]


@dataclass(frozen=True)
class Contrast:
    """Sequences of which some should score higher than others.

    `codes` uint8 (N, L); `targets` float32 (N, T), 1 where one of the `tracks` should be high, 0
    where it should be low, NaN where that is not known; `against` says what the low ones are.
    `classes`: the outputs are classes, of which only differences of logits count.
    """

    codes: np.ndarray
    targets: np.ndarray
    tracks: tuple[int, ...]
    against: str
    classes: bool = False

    def weights(self, outputs: int, *, low: bool = True) -> np.ndarray:
        """(N, K) so that sum(weights * logits) is the mean logit of the high sequences, less that
        of the low ones if `low`; the mean over tracks.
        """
        up, down = self.targets == 1, self.targets == 0
        known = up.any(0) & down.any(0)
        part = up / np.maximum(up.sum(0), 1)
        if low:
            part = part - down / np.maximum(down.sum(0), 1)
        weights = np.zeros((len(self.codes), outputs))
        weights[:, list(self.tracks)] = part * known / max(known.sum(), 1)
        return weights - weights.mean(1, keepdims=True) if self.classes else weights

    def scores(self, model: Model, logits: np.ndarray) -> np.ndarray:
        """What is ranked for each track (N, T)."""
        values = model.target.values(logits, None) if self.classes else logits
        return values[:, list(self.tracks)]

    def metric(self, model: Model, logits: np.ndarray) -> float:
        """AUROC, the mean over tracks."""
        return float(np.nanmean(auroc(self.scores(model, logits), self.targets)))


@dataclass(frozen=True)
class Fall:
    """What silencing costs: AUROC, with its 95 % interval by a paired bootstrap, and the mean
    logit of the high sequences.
    """

    auroc: Interval
    logit: float


@dataclass(frozen=True)
class Importance:
    """What all filters are worth, numbered through: those of the first network, then of the next.

    `shares` (F,) are logits of the `margin` between high and low sequences, of which `rest` is
    left with every filter silenced; `whole` and `silenced` are the AUROC before and after that.
    `falls` are of the filters or groups of filters that were silenced, by their numbers.
    """

    shares: np.ndarray
    margin: float
    rest: float
    whole: float
    silenced: float
    falls: dict[tuple[int, ...], Fall]


def contrast(
    model: Model, inputs: Inputs, tracks: Sequence[int], settings: FiltersSettings
) -> Contrast:
    """The input by its own labels where it has high and low ones for this bundle, else its
    sequences (of yes and no those of yes) against their dinucleotide shuffles.
    """
    generator = np.random.default_rng(settings.seed)
    classes = model.target.baselines == "multiclass"

    def some(rows: np.ndarray, most: int) -> np.ndarray:
        if len(rows) <= most:
            return rows
        return np.sort(generator.choice(rows, most, replace=False))

    targets = targets_of(model, inputs, tracks)
    if targets is not None and ((targets == 1).any(0) & (targets == 0).any(0)).any():
        rows = some(np.arange(len(inputs)), 2 * settings.silenced_on)
        return Contrast(inputs.codes[rows], targets[rows], tuple(tracks), "their labels", classes)
    rows, given = np.arange(len(inputs)), inputs.labels
    if given is not None and len(inputs.label_names) == 1 and set(np.unique(given)) == {0, 1}:
        rows = np.flatnonzero(given[:, 0] == 1)
    high = inputs.codes[some(rows, settings.silenced_on)]
    low = dinucleotide_shuffle(high, seed=settings.seed)
    labels = np.repeat(np.array([1, 0], np.float32), len(high))
    return Contrast(
        np.concatenate([high, low]),
        np.repeat(labels[:, None], len(tracks), axis=1),
        tuple(tracks),
        "their dinucleotide shuffles",
        # All classes together have no difference to measure.
        classes and len(tracks) < len(model.outputs),
    )


def importance(
    model: Model,
    convolutions: Sequence[nn.Conv1d],
    told: Contrast,
    settings: FiltersSettings,
    choose: Choose,
    console: Console,
) -> Importance:
    """Each filter's share of the margin, then what silencing those costs that `choose` names."""
    size, number = settings.batch_size, len(convolutions)
    weights = told.weights(len(model.outputs))
    members = [
        _Member(network, convolution, needed_views(model, network, told.codes), told.codes, size)
        for network, convolution in zip(model.networks, convolutions, strict=True)
    ]
    with progress(console, "sharing out", STEPS * number) as advance:
        worth = np.concatenate([one.shares(weights / number, advance) for one in members])
    ends = [list(one.silenced([[], range(len(one.resting))])) for one in members]
    base, without = (np.mean([pair[which] for pair in ends], axis=0) for which in (0, 1))
    first = np.cumsum([0, *(len(one.resting) for one in members)])
    chosen = list(choose(worth))
    falls: dict[tuple[int, ...], Fall] = {}
    with progress(console, "silencing", len(chosen)) as advance:
        for index, member in enumerate(members):
            mine = [one for one in chosen if first[index] <= one[0] < first[index + 1]]
            local = [[number - first[index] for number in one] for one in mine]
            for one, logits in zip(mine, member.silenced(local, advance), strict=True):
                changed = base + (logits - ends[index][0]) / number
                falls[one] = _fall(model, told, base, changed, settings.seed)
    return Importance(
        shares=worth,
        margin=float((weights * base).sum()),
        rest=float((weights * without).sum()),
        whole=told.metric(model, base),
        silenced=told.metric(model, without),
        falls=falls,
    )


class _Member:
    """One network of the bundle on the sequences."""

    def __init__(
        self,
        network: nn.Module,
        convolution: nn.Conv1d,
        views: Views,
        codes: np.ndarray,
        batch_size: int,
    ) -> None:
        self.network, self.convolution, self.codes = network, convolution, codes
        self.how: dict[str, Any] = {"views": views, "batch_size": batch_size}
        self.resting = resting_values(network, convolution, codes, **self.how)

    def shares(self, weights: np.ndarray, advance: Advance) -> np.ndarray:
        with scaled_filters(self.convolution, self.resting) as filters:
            return shares(self.network, filters, self.codes, weights, advance=advance, **self.how)

    def silenced(
        self, sets: Sequence[Sequence[int]], advance: Advance | None = None
    ) -> Iterator[np.ndarray]:
        with scaled_filters(self.convolution, self.resting) as filters:
            yield from silenced_logits(
                self.network, filters, sets, self.codes, advance=advance, **self.how
            )


@torch.no_grad()
def needed_views(model: Model, network: nn.Module, codes: np.ndarray) -> Views:
    """The bundle's views, or the first alone where this network gives the same on both strands."""

    def first(taken: Tensor) -> Sequence[Tensor]:
        return views(taken)[:1]

    views = model.encoding.views
    with evaluating([network], model.device):
        seen = views(torch.from_numpy(codes[:8]).to(model.device))
        logits = [network(x).float() for x in seen]
    same = all(bool((one - logits[0]).abs().max() < SAME) for one in logits)
    return first if same else views


def _fall(model: Model, told: Contrast, before: np.ndarray, after: np.ndarray, seed: int) -> Fall:
    found = compare(
        "auroc",
        told.scores(model, before),
        told.scores(model, after),
        told.targets,
        seed=seed,
        replicates=REPLICATES,
    )
    high = told.weights(before.shape[1], low=False)
    return Fall(found, float((high * (before - after)).sum()))

"""Pileup images as tensors, with all that a caller must know to draw others alike."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from seqcnn.calling.alleles import genotypes_of
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.images import network_input
from seqcnn.data.leakage import Finding, LeakageReport, shared_images
from seqcnn.data.pileups import Pileups
from seqcnn.encoders.counts import FEATURES
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.tasks.encoding import Encoding
from seqcnn.tasks.target import Target
from seqcnn.training.baselines import Baseline
from seqcnn.training.batches import Batches
from seqcnn.training.pileup_batches import PileupBatches

IMPOSSIBLE = -1e4  # logit of a class that an image cannot have
ERROR = 0.01  # share of fragments that show a wrong allele, for the baseline


@dataclass(frozen=True)
class PileupEncoding(Encoding):
    """Images of candidate sites `(n, C, rows, columns)`; see `seqcnn.calling.images`."""

    kind: ClassVar[str] = "pileup"
    examine: ExamineSettings
    preset: str = "illumina"

    @classmethod
    def from_saved(cls, **saved: Any) -> Self:
        """The inverse of `to_dict`, without its kind; TypeError or KeyError where it is not."""
        return cls(ExamineSettings.from_dict(saved), saved["preset"])

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.examine.to_dict(), "preset": self.preset}

    @property
    def channels(self) -> tuple[str, ...]:
        return self.examine.images.channels

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.examine.images.rows, self.examine.images.columns)

    @property
    def words(self) -> str:
        images = self.examine.images
        if not images.pictures:
            return f"{len(self.channels)} numbers ({images.encoder}, {images.scheme})"
        return (
            f"{len(self.channels)} channels of {images.rows} x {images.columns} "
            f"({images.encoder}, {images.scheme})"
        )

    @property
    def averaged(self) -> str:
        return "one image"

    @property
    def advice(self) -> str:
        return "choose more --rows and --columns"

    @property
    def wanted(self) -> str:
        images = self.examine.images
        return (
            f"pass --encoder {images.encoder} --scheme {images.scheme} --rows {images.rows} "
            f"--columns {images.columns}"
        )

    def arguments(self) -> dict[str, Any]:
        return {"numbers": len(FEATURES)} if self.examine.images.number_rows else {}

    def examples(self, given: Any) -> Pileups:
        raise InputError(
            "a model of task 'variants' reads no sequences or images; "
            "use seqcnn call-variants, or seqcnn.call_variants"
        )

    def batches(
        self, examples: Any, settings: TrainSettings, *, seed: int, rank: int, world: int
    ) -> Batches:
        return PileupBatches(
            examples,
            batch_size=settings.batch_size,
            seed=seed,
            thin=settings.thin,
            rank=rank,
            world=world,
        )

    def inputs(self, taken: Tensor) -> Tensor:
        return network_input(taken)

    def views(self, taken: Tensor) -> list[Tensor]:
        return [self.inputs(taken)]

    def possible(self, logits: np.ndarray, examples: Pileups, first: int = 0) -> np.ndarray:
        allowed = examples.possible()[first : first + logits.shape[1]]
        return np.where(allowed, logits, np.float32(IMPOSSIBLE))

    def leakage(self, splits: dict[str, Any]) -> LeakageReport:
        return LeakageReport(
            tuple(
                _overlap(splits, first, second, self.examine.images.reach)
                for first, second in combinations(splits, 2)
            ),
            (),
        )

    def baselines(
        self,
        parts: Sequence[Any],
        targets: Sequence[np.ndarray],
        target: Target,
        *,
        outputs: int,
        neighbours: bool,
        seed: int,
    ) -> dict[str, Baseline]:
        began = time.perf_counter()
        _, val, test = parts
        scored = [count_genotypes(part) for part in (test, val)]
        settings: dict[str, str | float] = {"error rate": ERROR, "prior": "that of validation"}
        prior = np.log(np.bincount(targets[1], minlength=outputs) + 1.0)
        test_scores, val_scores = (_normalised(one + prior) for one in scored)
        return {
            "allele counts": Baseline(
                test_scores, val_scores, np.arange(len(val)), settings, time.perf_counter() - began
            )
        }


def count_genotypes(examples: Pileups) -> np.ndarray:
    """Log likelihoods (n, K) of an image's classes from its fragments' alleles alone.

    With three classes those are copies of any shown allele. Classes that an image cannot have get
    -1e4.
    """
    depth, first, second = examples.sites.depths.T.astype(np.float64)
    classes = len(examples.names)
    if classes == 3:
        counts = np.stack([depth - first - second, first + second], 1).clip(0)
    else:
        counts = np.stack([depth - first - second, first, second], 1).clip(0)
    shares = []
    for pair in genotypes_of(counts.shape[1]):
        share = np.bincount(pair, minlength=counts.shape[1]) / 2
        shares.append(share * (1 - ERROR) + ERROR / counts.shape[1])
    found = counts @ np.log(np.array(shares)).T
    return np.where(examples.possible(), found, IMPOSSIBLE)


def _normalised(logs: np.ndarray) -> np.ndarray:
    raised = np.exp(logs - logs.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _overlap(splits: dict[str, Any], first: str, second: str, reach: int) -> Finding:
    """Images of the later split with a column that an image of the earlier one has too."""
    early, late = splits[first].sites, splits[second].sites
    count = 0
    for contig in np.unique(late.contig):
        theirs = np.sort(early.pos[early.contig == contig])
        mine = late.pos[late.contig == contig]
        low = np.searchsorted(theirs, mine - reach, "right")
        count += int((np.searchsorted(theirs, mine + reach, "left") > low).sum())
    total = len(late)
    sentence = f"{count:,} of {total:,} {second} images overlap with images of {first}"
    return shared_images("overlap", (first, second), count, total, sentence)

"""How examples become a network's input, in training and in prediction, and as a card keeps it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from seqcnn.data.examples import Examples
from seqcnn.data.images import Images
from seqcnn.data.leakage import LeakageReport, check_leakage
from seqcnn.data.pileups import Pileups
from seqcnn.encoders import tensors
from seqcnn.encoders.dna import Ambiguous, encode, from_one_hot
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.tasks.target import Target
from seqcnn.training.baselines import Baseline, run_baselines
from seqcnn.training.batches import Batches
from seqcnn.training.knn import kmer_knn

Dataset = Examples | Images | Pileups


@dataclass(frozen=True)
class Encoding(ABC):
    """One way to turn examples into tensors; all that `predict` must know besides the network."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def channels(self) -> tuple[str, ...]:
        """Names of the input's channels."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Size of the input without its channels, `(L,)` or `(H, W)`."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The input in words, such as "600 bp"."""

    @property
    @abstractmethod
    def averaged(self) -> str:
        """What predictions are averaged over, in words."""

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to do when a network takes only larger inputs."""

    @property
    @abstractmethod
    def wanted(self) -> str:
        """The setting that makes other data fit."""

    def require(self, other: "Encoding", bundle: str) -> None:
        """Refuse data that were read in another way than a bundle reads them.

        Raises:
            InputError: with the setting to give.
        """
        if (self.kind, self.shape, self.channels) != (other.kind, other.shape, other.channels):
            raise InputError(
                f"the data have inputs of {other.words}, {bundle} reads {self.words}; {self.wanted}"
            )

    def seen_as(self, other: Self) -> Self:
        """This encoding, with the views that were asked for in reading other data."""
        return self

    def arguments(self) -> dict[str, Any]:
        """Arguments of networks that the input decides; each network is given those it has."""
        return {"size": self.shape[0]}

    def to_dict(self) -> dict[str, Any]:
        """What a bundle keeps of it."""
        return {"kind": self.kind, **asdict(self)}

    @abstractmethod
    def examples(self, given: Any) -> Dataset:
        """Examples without targets of what a user gives to predict.

        Raises:
            InputError: one does not fit.
        """

    @abstractmethod
    def batches(
        self, examples: Any, settings: TrainSettings, *, seed: int, rank: int, world: int
    ) -> Batches:
        """Training batches with this encoding's augmentation."""

    @abstractmethod
    def inputs(self, taken: Tensor) -> Tensor:
        """The network's input `(n, C, *size)`, float32, of what a dataset's `take` gives (n, …)."""

    @abstractmethod
    def views(self, taken: Tensor) -> list[Tensor]:
        """Inputs of the same examples, over which predictions are averaged."""

    def quick_views(self, taken: Tensor) -> list[Tensor]:
        """Fewer views, for validation in the course of training."""
        return self.views(taken)

    def possible(self, logits: np.ndarray, examples: Any, first: int = 0) -> np.ndarray:
        """Logits (members, n, K) of n examples from `first` on, very low where an example is known
        not to be of a class.
        """
        return logits

    @abstractmethod
    def leakage(self, splits: dict[str, Any]) -> LeakageReport:
        """What later splits share with earlier ones."""

    @abstractmethod
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
        """Baselines fitted on the first of `parts` (train, validation, test), scored on the last.

        `neighbours` adds nearest neighbours where they are not the only baseline.
        """


@dataclass(frozen=True)
class SequenceEncoding(Encoding):
    """DNA or RNA of one length as one-hot tensors `(n, 4, L)`, read on both strands by default."""

    kind: ClassVar[str] = "sequence"
    length: int
    ambiguous: Ambiguous = "share"
    stranded: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        return ("A", "C", "G", "T")

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @property
    def words(self) -> str:
        return f"{self.length} bp"

    @property
    def averaged(self) -> str:
        return "one strand" if self.stranded else "both strands averaged"

    @property
    def advice(self) -> str:
        return "choose a longer --window or --length"

    @property
    def wanted(self) -> str:
        return f"pass --window {self.length} (or --length)"

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "stranded": self.stranded}

    def examples(self, given: Any) -> Examples:
        """Of strings, codes uint8 (N, L) or one-hot (N, 4, L), all of this length."""
        codes = self._codes(given)
        return Examples.from_sequences(codes, np.zeros((len(codes), 0), np.float32), names=())

    def _codes(self, given: Sequence[str] | np.ndarray) -> np.ndarray:
        if isinstance(given, str):
            raise InputError("predict takes a list of sequences; put the one string in a list")
        if isinstance(given, np.ndarray) and given.dtype == np.uint8:
            if given.ndim != 2 or given.shape[1] != self.length:
                raise InputError(f"codes have shape {given.shape}, wanted (N, {self.length})")
            return given
        if isinstance(given, np.ndarray) and given.ndim == 3:
            return self._codes(from_one_hot(given))
        codes = np.empty((len(given), self.length), np.uint8)
        for row, sequence in enumerate(given):
            if len(sequence) != self.length:
                raise InputError(
                    f"sequence {row + 1} has {len(sequence)} bp; this model reads {self.length} bp"
                )
            try:
                codes[row] = encode(sequence)
            except InputError as error:
                raise InputError(f"sequence {row + 1}: {error}") from None
        return codes

    def batches(
        self, examples: Any, settings: TrainSettings, *, seed: int, rank: int, world: int
    ) -> Batches:
        return Batches(
            examples,
            batch_size=settings.batch_size,
            seed=seed,
            shift=settings.shift,
            reverse_complement=not self.stranded,
            sampling=examples.sampling,
            rank=rank,
            world=world,
        )

    def inputs(self, taken: Tensor) -> Tensor:
        return tensors.expand(taken, ambiguous=self.ambiguous)

    def views(self, taken: Tensor) -> list[Tensor]:
        x = self.inputs(taken)
        return [x] if self.stranded else [x, tensors.reverse_complement(x)]

    def leakage(self, splits: dict[str, Any]) -> LeakageReport:
        return check_leakage(splits)

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
        train, val, test = parts
        splits = (train.take, targets[0], val.take, targets[1], test.take, targets[2])
        how: dict[str, Any] = {
            "kind": target.baselines,
            "seed": seed,
            "stranded": self.stranded,
            "classes": outputs if target.baselines == "multiclass" else None,
        }
        found = run_baselines(*splits, **how, train_weights=train.sampling)
        # Logistic for labels, multinomial for classes, ridge for a signal.
        named = {
            f"{name} regression" if name.endswith("mer") else name: one
            for name, one in found.items()
        }
        return named | (kmer_knn(*splits, **how) if neighbours else {})

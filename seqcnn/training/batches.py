"""Training batches as a pure function of the step, so that a resumed run needs only a number."""

import hashlib
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import InputError

# The second word of every random key, so that order and augmentation never share a stream.
_ORDER, _AUGMENTATION = 0, 1


class Trainable(Protocol):
    """What training needs of a dataset, as `Examples` and `Images` of `seqcnn.data` have it."""

    @property
    def targets(self) -> np.ndarray: ...  # float32 (N, T)

    @property
    def weights(self) -> np.ndarray | None: ...  # float32 (N,)

    def __len__(self) -> int: ...

    # (rows (n,), what `draw` gives for each row, by name) -> uint8 (n, …).
    @property
    def take(self) -> Callable[..., np.ndarray]: ...


@dataclass(frozen=True)
class Batch:
    """One rank's slice of a global batch.

    `inputs` are uint8 codes `(b, L)` or pixels `(b, H, W, C)`, `targets` float32 `(b, T)`,
    `weights` float32 `(b,)`. `total` is the weight of the whole global batch (its size where
    there are no weights).
    """

    inputs: Tensor
    targets: Tensor
    weights: Tensor | None
    total: float

    def pin(self) -> "Batch":
        """The same batch in page-locked memory, from where copies to a GPU are asynchronous."""
        weights = None if self.weights is None else self.weights.pin_memory()
        return Batch(self.inputs.pin_memory(), self.targets.pin_memory(), weights, self.total)

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`."""
        if device.type == "cpu":
            return self
        weights = None if self.weights is None else self.weights.to(device, non_blocking=True)
        return Batch(
            self.inputs.to(device, non_blocking=True),
            self.targets.to(device, non_blocking=True),
            weights,
            self.total,
        )


class Batches:
    """Endless global batches of `batch_size`, of which `rank` of `world` takes its slice.

    The order is a permutation keyed by (seed, epoch), or N draws with replacement where
    `sampling` (N,) gives relative probabilities. Epochs run on without a gap: a batch may
    straddle two (or many, when N < batch_size), so every batch is full. With `shift` every
    sequence moves by -shift..shift bp, with `reverse_complement` half of them change strand;
    both are keyed by (seed, step) for the global batch, so they do not depend on `world`.

    Raises:
        InputError: there are no sequences, or fewer sequences in a batch than processes.
    """

    def __init__(
        self,
        examples: Trainable,
        *,
        batch_size: int,
        seed: int,
        shift: int = 0,
        reverse_complement: bool = False,
        sampling: np.ndarray | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        if len(examples) == 0:
            raise InputError("there are no training sequences; check the inputs and the split")
        if batch_size < world:
            raise InputError(
                f"--batch-size {batch_size} is less than {world} processes; "
                f"each needs a sequence: pass --batch-size {world} or more"
            )
        self.examples = examples
        self.batch_size = batch_size
        self.seed = seed
        self.shift = shift
        self.reverse_complement = reverse_complement
        self.rank, self.world = rank, world
        self._cumulative = None if sampling is None else np.cumsum(sampling, dtype=np.float64)
        self._orders: dict[int, np.ndarray] = {}

    def epoch_of(self, step: int) -> float:
        """Passes over the data completed before `step`."""
        return step * self.batch_size / len(self.examples)

    def at(self, step: int) -> Batch:
        """The slice of this rank of the global batch at `step` (0-based)."""
        rows = self._rows(step)
        draws = self.draw(np.random.default_rng((self.seed, _AUGMENTATION, step)))
        every_weight = self.examples.weights
        total = float(self.batch_size if every_weight is None else every_weight[rows].sum())
        first = self.batch_size * self.rank // self.world
        end = self.batch_size * (self.rank + 1) // self.world
        mine = rows[first:end]
        taken = self.examples.take(
            mine, **{name: drawn[first:end] for name, drawn in draws.items()}
        )
        return Batch(
            torch.from_numpy(np.ascontiguousarray(taken)),
            torch.from_numpy(self.examples.targets[mine]),
            None if every_weight is None else torch.from_numpy(every_weight[mine]),
            total,
        )

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """What is random about the examples of a global batch: arguments of `take`."""
        draws: dict[str, np.ndarray] = {}
        if self.shift:
            draws["shift"] = generator.integers(-self.shift, self.shift + 1, self.batch_size)
        if self.reverse_complement:
            draws["reverse"] = generator.random(self.batch_size) < 0.5
        return draws

    def augmentation(self) -> dict[str, object]:
        """What `draw` depends on, for the identity of a run."""
        return {"shift": self.shift, "reverse_complement": self.reverse_complement}

    def iterate(
        self, start: int, end: int, *, device: torch.device, ahead: int = 3
    ) -> Generator[tuple[int, Batch], None, None]:
        """(step, batch on `device`) for steps start..end-1, made `ahead` of use in a thread.

        The thread ends with the generator; what it raises is raised here.
        """
        worker = ThreadPoolExecutor(1, thread_name_prefix="batches")
        waiting: deque[Future[Batch]] = deque()

        def make(step: int) -> Batch:
            batch = self.at(step)
            return batch.pin() if device.type == "cuda" else batch

        try:
            for step in range(start, min(start + ahead, end)):
                waiting.append(worker.submit(make, step))
            for step in range(start, end):
                batch = waiting.popleft().result()
                if step + ahead < end:
                    waiting.append(worker.submit(make, step + ahead))
                yield step, batch.to(device)
        finally:
            worker.shutdown(wait=True, cancel_futures=True)

    def identity(self) -> dict[str, object]:
        """What decides the batches, to tell a checkpoint of other data; reads 64 sequences."""
        some = np.unique(np.linspace(0, len(self.examples) - 1, 64).astype(np.int64))
        content = hashlib.sha256(np.ascontiguousarray(self.examples.take(some)).tobytes())
        content.update(np.ascontiguousarray(self.examples.targets[some]).tobytes())
        if self.examples.weights is not None:
            content.update(np.ascontiguousarray(self.examples.weights[some]).tobytes())
        if self._cumulative is not None:
            content.update(self._cumulative.tobytes())
        return {
            "training sequences": len(self.examples),
            "batch_size": self.batch_size,
            "seed of the batches": self.seed,
            **self.augmentation(),
            "training data": content.hexdigest()[:16],
        }

    def _rows(self, step: int) -> np.ndarray:
        """Rows (batch_size,) of the global batch at `step`."""
        n = len(self.examples)
        positions = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs = positions // n
        if epochs[0] == epochs[-1]:
            return self._order(int(epochs[0]))[positions % n]
        parts = [
            self._order(int(epoch))[positions[epochs == epoch] % n] for epoch in np.unique(epochs)
        ]
        return np.concatenate(parts)

    def _order(self, epoch: int) -> np.ndarray:
        known = self._orders.get(epoch)
        if known is not None:
            return known
        n = len(self.examples)
        generator = np.random.default_rng((self.seed, _ORDER, epoch))
        if self._cumulative is None:
            order = generator.permutation(n)
        else:
            draws = generator.random(n) * self._cumulative[-1]
            order = np.searchsorted(self._cumulative, draws, side="right")
        # One more than this epoch is kept: a batch may straddle two.
        self._orders = {**dict(list(self._orders.items())[-1:]), epoch: order}
        return order

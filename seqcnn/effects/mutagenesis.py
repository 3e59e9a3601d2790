"""In-silico saturation mutagenesis: every base of a sequence replaced by every other.

The effect of a substitution is the logit of the changed sequence less that of the unchanged one,
as Basset's maps show it (Kelley, Snoek and Rinn, Genome Research 2016, doi 10.1101/gr.200535.115).
"""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.effects.incremental import IncrementalNetwork, NotIncremental
from seqcnn.effects.substitutions import Mutants, substitutions
from seqcnn.effects.whole import WholeNetwork
from seqcnn.encoders.tensors import expand, reverse_complement
from seqcnn.training.predict import evaluating

Way = Literal["auto", "always", "never"]
CHECKED = 64  # substitutions that a CPU computes both ways; a GPU does so with a whole batch
BATCHES = 4  # about so many have their references' maps in memory together
TOLERANCE = 1e-5  # of the largest logit, or of 1 where that is less


@dataclass(frozen=True)
class Mutagenesis:
    """Effects of all substitutions, and how they were computed.

    `effects` float32 `(N, W, 4, K)` on positions `first` to `first` + W; 0 for the base that is
    there. `reference` float32 `(N, K)` are the logits of the unchanged sequences. `way` is
    `incremental` or `naive`, `note` why; `difference` and `faster` compare the two on some
    substitutions (largest difference of logits, times as fast), None where that was not done.
    `rate` is substitutions a second, everything counted.
    """

    effects: np.ndarray
    reference: np.ndarray
    first: int
    way: Literal["incremental", "naive"]
    note: str
    difference: float | None
    faster: float | None
    rate: float


def saturation(network: nn.Module, codes: np.ndarray, **options: Any) -> np.ndarray:
    """Effects float32 `(N, L, 4, K)` of every substitution in codes uint8 `(N, L)`.

    `options` are those of `mutagenesis`, which also tells how they were computed.
    """
    return mutagenesis(network, codes, **options).effects


def mutagenesis(
    network: nn.Module,
    codes: np.ndarray,
    *,
    inputs: Callable[[Tensor], Tensor] = expand,
    tracks: Sequence[int] | None = None,
    positions: tuple[int, int] | None = None,
    batch_size: int = 256,
    incremental: Way = "auto",
    advance: Callable[[int], None] | None = None,
) -> Mutagenesis:
    """The logit of every single-base substitution less that of the sequence, on the network's
    own device, in float32.

    Args:
        network: one-hot `(N, 4, L)` -> logits `(N, K)`; of a `WholeNetwork` each member and
            strand is computed by itself and averaged.
        codes: uint8 `(N, L)`. An ambiguous base is replaced by all four.
        inputs: codes `(n, L)` -> one-hot `(n, 4, L)`.
        tracks: indices of the logits that are kept; all by default.
        positions: start and end (0-based, half-open) of what is mutated; all by default.
        batch_size: mutants at a time, which bounds the memory.
        incremental: `always` computes only what each substitution changes; `auto` does so where
            it is the faster; both check it against the whole network on some of them. `never`
            runs the whole network on every mutant.
        advance: called with the number of mutants done after each batch.
    """
    begin, end = (0, codes.shape[1]) if positions is None else positions
    device = next(network.parameters()).device
    started, mutants = time.perf_counter(), 0
    work = _Work(network, inputs, device, batch_size, incremental)
    effects, references = [], []
    with evaluating([network], device), torch.inference_mode(), _exact():
        few = int(substitutions(codes, begin, end).sum()) <= batch_size
        if few and incremental == "auto":
            work.settle("naive", "few substitutions")
        per_chunk = max(1, BATCHES * batch_size // (3 * max(1, end - begin)))
        for first in range(0, len(codes), per_chunk):
            part = codes[first : first + per_chunk]
            found, reference = work.chunk(part, begin, end, tracks, advance)
            effects.append(found)
            references.append(reference)
            mutants += int(substitutions(part, begin, end).sum())
    return Mutagenesis(
        effects=np.concatenate(effects),
        reference=np.concatenate(references),
        first=begin,
        way=work.way or "naive",
        note=work.note,
        difference=work.difference,
        faster=work.faster,
        rate=mutants / max(time.perf_counter() - started, 1e-9),
    )


class _Work:
    """Computes chunk by chunk, and settles on a way with the first."""

    def __init__(
        self,
        network: nn.Module,
        inputs: Callable[[Tensor], Tensor],
        device: torch.device,
        batch_size: int,
        incremental: Way,
    ) -> None:
        self.network, self.inputs, self.device = network, inputs, device
        self.batch_size, self.incremental = batch_size, incremental
        whole = isinstance(network, WholeNetwork)
        self.members = list(network.members) if isinstance(network, WholeNetwork) else [network]
        self.strands = 2 if whole and network.both_strands else 1
        self.prepared: list[dict[Hashable, Any]] = [{} for _ in self.members]
        self.way: Literal["incremental", "naive"] | None = None
        self.note = ""
        self.difference: float | None = None
        self.faster: float | None = None
        if incremental == "never":
            self.settle("naive", "as asked")

    def settle(self, way: Literal["incremental", "naive"], note: str) -> None:
        self.way, self.note = way, note

    def chunk(
        self,
        codes: np.ndarray,
        begin: int,
        end: int,
        tracks: Sequence[int] | None,
        advance: Callable[[int], None] | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Effects (n, W, 4, T) and logits (n, T) of a few sequences."""
        x = self.inputs(torch.from_numpy(np.ascontiguousarray(codes)).to(self.device)).float()
        reference = self.network(x).float()
        kept = slice(None) if tracks is None else torch.as_tensor(tracks, device=self.device)
        shape = (len(codes), end - begin, 4, reference[:, kept].shape[1])
        effects = np.zeros(shape, np.float32)
        engines = [] if self.way == "naive" else self._engines(x)
        every = Mutants.of(codes, begin, end)
        if self.way is None and len(every):
            number = min(CHECKED, self.batch_size) if x.device.type == "cpu" else self.batch_size
            self._settle_by(engines, x, every.spread(number))
        for mutants in every.batches(self.batch_size):
            found = self._logits(engines, x, mutants)
            owner = torch.from_numpy(mutants.owner).to(self.device)
            change = (found - reference[owner])[:, kept].cpu().numpy()
            effects[mutants.owner, mutants.position - begin, mutants.base] = change
            if advance is not None:
                advance(len(mutants.owner))
        return effects, reference[:, kept].cpu().numpy()

    def _engines(self, x: Tensor) -> list[IncrementalNetwork]:
        strands = [x, reverse_complement(x)][: self.strands]
        return [
            IncrementalNetwork(member, strand, prepared)
            for member, prepared in zip(self.members, self.prepared, strict=True)
            for strand in strands
        ]

    def _logits(self, engines: list[IncrementalNetwork], x: Tensor, mutants: Mutants) -> Tensor:
        if self.way == "incremental":
            try:
                return self._incremental(engines, x, mutants)
            except NotIncremental as error:
                self.settle("naive", f"the network cannot be followed ({error})")
        return self._naive(x, mutants)

    def _incremental(
        self, engines: list[IncrementalNetwork], x: Tensor, mutants: Mutants
    ) -> Tensor:
        columns = mutants.columns(x)
        found = []
        for place, engine in enumerate(engines):
            other = place % self.strands == 1
            position = x.shape[2] - 1 - mutants.position if other else mutants.position
            given = columns.flip(1) if other else columns
            found.append(engine.logits(mutants.owner, position, given).float())
        return torch.stack(found).mean(0)

    def _naive(self, x: Tensor, mutants: Mutants) -> Tensor:
        owner, position = (
            torch.from_numpy(index).to(x.device) for index in (mutants.owner, mutants.position)
        )
        changed = x[owner]
        changed[torch.arange(len(owner), device=x.device), :, position] = mutants.columns(x)
        logits: Tensor = self.network(changed).float()
        return logits

    def _settle_by(self, engines: list[IncrementalNetwork], x: Tensor, mutants: Mutants) -> None:
        """Compute a few substitutions both ways and compare."""
        whole, slow = _timed(lambda: self._naive(x, mutants), self.device)
        try:
            self._incremental(engines, x, mutants)  # computes the references' maps as well
            found, fast = _timed(lambda: self._incremental(engines, x, mutants), self.device)
        except (RuntimeError, ValueError) as error:
            self.settle("naive", f"the network cannot be followed ({str(error).splitlines()[0]})")
            return
        difference = float((found - whole).abs().max())
        faster = slow / max(fast, 1e-9)
        self.difference, self.faster = difference, faster
        if not difference <= TOLERANCE * max(1.0, float(whole.abs().max())):
            self.settle("naive", f"incremental logits differ by {difference:.1g}")
        elif self.incremental == "always" or faster >= 1:
            self.settle("incremental", f"equal to {difference:.1g} where compared")
        else:
            self.settle("naive", "incremental is slower")


def _timed(compute: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, float]:
    started = time.perf_counter()
    result = compute()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return result, time.perf_counter() - started


@contextmanager
def _exact() -> Iterator[None]:
    """Products of GPUs in float32 rather than TF32, which would drown small effects."""
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, convolutions.allow_tf32
    matrices.allow_tf32 = convolutions.allow_tf32 = False
    try:
        yield
    finally:
        matrices.allow_tf32, convolutions.allow_tf32 = before

"""Scores of variants: what networks say of the reference and the alternative, and how surely."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.effects.windows import Windows
from seqcnn.encoders.dna import one_hot
from seqcnn.encoders.tensors import reverse_complement
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.target import Target
from seqcnn.training.calibrate import Calibration
from seqcnn.training.predict import autocast, evaluating

NUMBERS = (
    *("reference", "alternative", "difference"),
    *("reference_value", "alternative_value", "difference_value"),
    *("spread", "ensemble_sd"),
)
# These pairs change places where REF and ALT do; differences change their sign.
_PAIRS = ((0, 1), (3, 4))
_SIGNED = (2, 5)
_LARGE = 31 << 20  # bytes; glibc takes no note of blocks above 32 MiB


@dataclass(frozen=True)
class Launched:
    """Scores that the device may still be at work on; `numbers` waits for them."""

    logits: Tensor  # (4, n, K): reference, alternative, spread, ensemble_sd, on the CPU
    done: torch.cuda.Event | None
    scorer: "VariantScorer"

    def numbers(self) -> np.ndarray:
        """`NUMBERS` of each variant and chosen track, float32 (8, n, T)."""
        if self.done is not None:
            self.done.synchronize()
        if not self.logits.shape[1]:
            return np.zeros((len(NUMBERS), 0, len(self.scorer.tracks)), np.float32)
        return self.scorer.in_units(self.logits.numpy())


@dataclass(frozen=True)
class VariantScorer:
    """The networks of a bundle, asked about windows.

    Logits are means over networks, strands, shifts and, for indels, both anchorings; values are
    made of these means. `spread` is the standard deviation of the difference over strands, shifts
    and anchorings (of all of these, hence population), `ensemble_sd` that over networks (a sample,
    NaN with one network). Where outputs exclude each other (classes), a logit is the log-odds of
    the class: its output less the log-sum-exp of the others.
    """

    networks: Sequence[nn.Module]
    encoding: SequenceEncoding
    target: Target
    calibration: Calibration | None
    tracks: Sequence[int]
    device: torch.device
    precision: str = "32"
    batch_size: int = 256

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Networks in evaluation mode and no gradients; `launch` is called within."""
        if self.device.type == "cpu":
            _keep_activations()
        with ExitStack() as stack:
            stack.enter_context(evaluating(self.networks, self.device))
            stack.enter_context(torch.inference_mode())
            stack.enter_context(autocast(self.device, self.precision))
            yield

    def launch(self, windows: Windows) -> Launched:
        """Begin to score the variants of `windows`; on a GPU this returns while it works."""
        count = len(windows.codes)
        if not count:
            return Launched(torch.zeros(4, 0, 0), None, self)
        # Batches of one size: a small last one would cost a GPU as much as a whole one.
        number = max(1, round(count / self.batch_size))
        batches = np.array_split(windows.codes, number)
        logits = torch.cat([self._logits(codes) for codes in batches], dim=2)  # (M, V, w, K)
        rows = [torch.from_numpy(index).to(self.device) for index in (windows.ref, windows.alt)]
        ref, alt = (logits[:, :, index] for index in rows)  # (M, V, n, shifts, 2, K)
        before, after = (part.mean((0, 1, 3, 4)) for part in (ref, alt))
        change = self._shown(alt) - self._shown(ref)
        spread = change.mean(0).transpose(0, 1).flatten(1, 3).std(1, correction=0)
        ensemble = torch.full_like(spread, torch.nan)
        if len(change) > 1:
            ensemble = change.mean((1, 3, 4)).std(0)
        return self._copied(torch.stack([before, after, spread, ensemble]))

    def in_units(self, logits: np.ndarray) -> np.ndarray:
        """`NUMBERS` (8, n, T) of reference, alternative, spread and ensemble_sd (4, n, K)."""
        means, (spread, ensemble) = logits[:2], logits[2:]
        values = [self.target.values(part, self.calibration) for part in means]
        before, after = self._shown(torch.from_numpy(means)).numpy()
        every = np.stack(
            [before, after, after - before, *values, values[1] - values[0], spread, ensemble]
        )
        return every[:, :, list(self.tracks)].astype(np.float32)

    def _shown(self, logits: Tensor) -> Tensor:
        """What is told of logits (..., K): where outputs exclude each other, log-odds."""
        return _log_odds(logits) if self.target.baselines == "multiclass" else logits

    def _logits(self, codes: np.ndarray) -> Tensor:
        """Logits (M, V, n, K) of codes (n, L) by each network of each strand."""
        # Strand by strand: an input is read while it is still in the processor's cache.
        each = [
            torch.stack([network(x).float() for network in self.networks])
            for x in self._views(codes)
        ]
        return torch.stack(each, 1)

    def _views(self, codes: np.ndarray) -> Iterator[Tensor]:
        """What the encoding makes of codes (n, L); on a CPU by the compiled loop, twice as fast."""
        if self.device.type == "cpu":
            x = torch.from_numpy(one_hot(codes, ambiguous=self.encoding.ambiguous))
            yield x
            if not self.encoding.stranded:
                yield reverse_complement(x)
            return
        yield from self.encoding.views(torch.from_numpy(codes).to(self.device, non_blocking=True))

    def _copied(self, found: Tensor) -> Launched:
        if self.device.type != "cuda":
            return Launched(found.cpu(), None, self)
        # Copied beside the work on the next block: only pinned memory does not wait for that.
        kept = torch.empty(found.shape, dtype=found.dtype, pin_memory=True)
        kept.copy_(found, non_blocking=True)
        done = torch.cuda.Event()
        done.record()
        return Launched(kept, done, self)


def _keep_activations() -> None:
    """Let glibc keep what a network frees, in place of handing it back to the system each time.

    It keeps up to twice the largest block that was freed so far. Without this a small network
    spends half its time on page faults of its activations. No byte of the block is touched.
    """
    np.empty(_LARGE, np.uint8)


def _log_odds(logits: Tensor) -> Tensor:
    """The log-odds of each class of logits (..., K): log p - log(1 - p) of the softmax."""
    whole = logits.logsumexp(-1, keepdim=True)
    rest = whole + torch.log1p(-(logits - whole).exp().clamp(max=1 - 1e-6))
    # 1 - p has no digits left where p is near 1: the others are summed for the likeliest class.
    likeliest = logits.argmax(-1, keepdim=True)
    others = logits.scatter(-1, likeliest, -torch.inf).logsumexp(-1, keepdim=True)
    return logits - rest.scatter(-1, likeliest, others)


def exchanged(numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`NUMBERS` (8, n, T) with reference and alternative exchanged in the variants of `rows`."""
    whole = numbers.copy()
    for one, other in _PAIRS:
        whole[one, rows], whole[other, rows] = numbers[other, rows], numbers[one, rows]
    for signed in _SIGNED:
        whole[signed, rows] = -numbers[signed, rows]
    return whole

"""Logits of one or more networks over many sequences, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.encoders import tensors


class Sequences(Protocol):
    """What prediction needs of a dataset."""

    def __len__(self) -> int: ...

    def sequences(self, rows: np.ndarray) -> np.ndarray: ...


def predict_logits(
    networks: Sequence[nn.Module], examples: Sequences, **options: Any
) -> np.ndarray:
    """Logits (members, N, outputs) float32 of every network for every example.

    `options` are those of `logit_batches`, which gives the same a batch at a time.
    """
    return np.concatenate(list(logit_batches(networks, examples, **options)), axis=1)


def logit_batches(
    networks: Sequence[nn.Module],
    examples: Sequences,
    *,
    inputs: Callable[[Tensor], Tensor],
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    precision: str = "32",
    both_strands: bool = True,
    advance: Callable[[int], None] | None = None,
) -> Iterator[np.ndarray]:
    """Logits (members, n, outputs) float32, a batch at a time, in the order of the examples.

    With `both_strands` each logit is the mean over the sequence and its reverse complement.
    `advance` is called with the number of sequences done after each batch.
    """
    device = torch.device(device)
    with evaluating(networks, device), torch.inference_mode(), autocast(device, precision):
        for first in range(0, len(examples), batch_size):
            rows = np.arange(first, min(first + batch_size, len(examples)))
            codes = torch.from_numpy(examples.sequences(rows)).to(device, non_blocking=True)
            x = inputs(codes)
            logits = torch.stack([network(x).float() for network in networks])
            if both_strands:
                reverse = tensors.reverse_complement(x)
                other = torch.stack([network(reverse).float() for network in networks])
                logits = (logits + other) / 2
            yield logits.cpu().numpy()
            if advance is not None:
                advance(len(rows))


@contextmanager
def evaluating(networks: Sequence[nn.Module], device: torch.device) -> Iterator[None]:
    """Networks on `device` in evaluation mode; device and mode are put back even on an error."""
    modes = [network.training for network in networks]
    homes = [next(network.parameters()).device for network in networks]
    for network in networks:
        network.to(device).eval()
    try:
        yield
    finally:
        for network, mode, home in zip(networks, modes, homes, strict=True):
            network.to(home).train(mode)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Autocast for `precision` 32, bf16 or 16 on `device`."""
    types = {"32": torch.float32, "bf16": torch.bfloat16, "16": torch.float16}
    return torch.autocast(device.type, dtype=types[precision], enabled=precision != "32")

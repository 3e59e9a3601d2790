"""Logits of one or more networks over many sequences, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn


class Predictable(Protocol):
    """What prediction needs of a dataset, as `Examples` and `Images` of `seqcnn.data` have it."""

    def __len__(self) -> int: ...

    # uint8 (n, …) of the rows (n,).
    @property
    def take(self) -> Callable[..., np.ndarray]: ...


def predict_logits(
    networks: Sequence[nn.Module], examples: Predictable, **options: Any
) -> np.ndarray:
    """Logits (members, N, outputs) float32 of every network for every example.

    `options` are those of `logit_batches`, which gives the same a batch at a time.
    """
    return np.concatenate(list(logit_batches(networks, examples, **options)), axis=1)


def logit_batches(
    networks: Sequence[nn.Module],
    examples: Predictable,
    *,
    views: Callable[[Tensor], Sequence[Tensor]],
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    precision: str = "32",
    advance: Callable[[int], None] | None = None,
) -> Iterator[np.ndarray]:
    """Logits (members, n, outputs) float32, a batch at a time, in the order of the examples.

    `views` makes inputs of what the dataset's `take` gives: one, or several ways to look at the
    same examples (both strands, ten crops), over which logits are averaged. `advance` is called
    with the number of examples done after each batch.
    """

    def logits(x: Tensor) -> Tensor:
        return torch.stack([network(x).float() for network in networks])

    return computed_batches(
        logits,
        networks,
        examples,
        views=views,
        batch_size=batch_size,
        device=device,
        precision=precision,
        advance=advance,
    )


def computed_batches(
    compute: Callable[[Tensor], Tensor],
    networks: Sequence[nn.Module],
    examples: Predictable,
    *,
    views: Callable[[Tensor], Sequence[Tensor]],
    batch_size: int,
    device: torch.device | str,
    precision: str,
    advance: Callable[[int], None] | None,
) -> Iterator[np.ndarray]:
    """What `compute` makes of each batch while the networks are evaluating, the mean over views.

    The options are those of `logit_batches`.
    """
    device = torch.device(device)
    with evaluating(networks, device), torch.inference_mode(), autocast(device, precision):
        for first in range(0, len(examples), batch_size):
            rows = np.arange(first, min(first + batch_size, len(examples)))
            taken = torch.from_numpy(examples.take(rows)).to(device, non_blocking=True)
            seen = views(taken)
            computed = compute(seen[0])
            for x in seen[1:]:
                computed = computed + compute(x)
            yield (computed / len(seen)).cpu().numpy()
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

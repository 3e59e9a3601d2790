"""What a network makes of a sequence just before its output layer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.training.predict import Predictable, computed_batches


def embeddings(
    network: nn.Module,
    examples: Predictable,
    *,
    views: Callable[[Tensor], Sequence[Tensor]],
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    precision: str = "32",
    advance: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Float32 `(N, D)`: the numbers that the layer `network.head` reads, in evaluation mode.

    They are averaged over positions where that layer is a convolution, and over
    `views`. The other options are those of `logit_batches`.
    """
    head = network.get_submodule(str(network.head))
    read: list[Tensor] = []

    def keep(layer: nn.Module, given: tuple[Any, ...]) -> None:
        read.append(given[0])

    def compute(x: Tensor) -> Tensor:
        read.clear()
        network(x)
        features = read[0].float()
        return features.flatten(2).mean(2) if features.dim() > 2 else features

    found = np.empty((len(examples), head.get_parameter("weight").shape[1]), np.float32)
    filled = 0
    with head.register_forward_pre_hook(keep):
        for part in computed_batches(
            compute,
            [network],
            examples,
            views=views,
            batch_size=batch_size,
            device=device,
            precision=precision,
            advance=advance,
        ):
            found[filled : filled + len(part)] = part
            filled += len(part)
    return found

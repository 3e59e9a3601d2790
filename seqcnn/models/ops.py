"""The layers that differ between one and two dimensions, without their 1d/2d suffix."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqcnn.models import sequence_layers


class Ops(NamedTuple):
    """Layer classes of one dimension; `Conv(3, 8, 5)` is a Conv1d or a Conv2d.

    `concatenate` joins the channels of maps.
    """

    dim: int
    Conv: type[nn.Conv1d] | type[nn.Conv2d]
    BatchNorm: type[nn.BatchNorm1d] | type[nn.BatchNorm2d]
    MaxPool: type[nn.MaxPool1d] | type[nn.MaxPool2d]
    AvgPool: type[nn.AvgPool1d] | type[nn.AvgPool2d]
    AdaptiveAvgPool: type[nn.AdaptiveAvgPool1d] | type[nn.AdaptiveAvgPool2d]
    Dropout: type[nn.Dropout1d] | type[nn.Dropout2d]
    concatenate: Callable[[Sequence[Tensor]], Tensor]


def _concatenate(maps: Sequence[Tensor]) -> Tensor:
    return torch.cat(list(maps), 1)


_OPS = {
    1: Ops(
        1,
        sequence_layers.Conv,
        sequence_layers.BatchNorm,
        sequence_layers.MaxPool,
        sequence_layers.AvgPool,
        nn.AdaptiveAvgPool1d,
        nn.Dropout1d,
        sequence_layers.concatenate,
    ),
    2: Ops(
        2,
        nn.Conv2d,
        nn.BatchNorm2d,
        nn.MaxPool2d,
        nn.AvgPool2d,
        nn.AdaptiveAvgPool2d,
        nn.Dropout2d,
        _concatenate,
    ),
}


def ops(dim: int) -> Ops:
    """The layers for `dim` 1 (sequences, `(N, C, L)`) or 2 (images, `(N, C, H, W)`)."""
    if dim not in _OPS:
        raise ValueError(f"dim is {dim}; networks here are 1-D or 2-D")
    return _OPS[dim]


def require_size(x: Tensor, smallest: int, name: str) -> None:
    """Refuse an input smaller than the network's pooling can take.

    Raises:
        ValueError: a spatial size of `x` is under `smallest`.
    """
    if min(x.shape[2:]) < smallest:
        size = " x ".join(str(length) for length in x.shape[2:])
        raise ValueError(
            f"{name} takes inputs of {smallest} or more positions; this one has {size}"
        )


def require_built_size(size: int, smallest: int, name: str) -> None:
    """Refuse to build a network for inputs smaller than it can take.

    Raises:
        ValueError: `size` is under `smallest`.
    """
    if size < smallest:
        raise ValueError(f"{name} takes inputs of {smallest} or more positions, not {size}")


def require_exact_size(x: Tensor, size: int, name: str) -> None:
    """Refuse an input of another size than the network's dense layers were built for.

    Raises:
        ValueError: a spatial size of `x` is not `size`.
    """
    if any(length != size for length in x.shape[2:]):
        found = " x ".join(str(length) for length in x.shape[2:])
        raise ValueError(f"this {name} was built for {size} positions; the input has {found}")


def scaled(channels: float, width: float) -> int:
    """Channels of a layer at a factor `width`, at least one."""
    return max(1, round(channels * width))


def only_sequences(dim: int, name: str) -> None:
    """Refuse a network that has no meaning on images.

    Raises:
        ValueError: `dim` is not 1.
    """
    if dim != 1:
        raise ValueError(f"{name} reads sequences: it exists for dim 1 only, not {dim}")

"""Weights of one shape brought to another, so that the network answers as it did.

Kernels of the first layer go to another number of channels. Kernels for images are summed over
their height for sequences (the inverse of inflation: Carreira and Zisserman, CVPR 2017,
arXiv 1705.07750), and dense layers on flattened square maps over the rows of the maps.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Fitted(NamedTuple):
    """Tensors in a network's shapes and types, how they were adapted, and what did not fit."""

    ready: dict[str, Tensor]
    adapted: dict[str, str]
    misfits: dict[str, str]


def fit(
    network: nn.Module, given: Mapping[str, Tensor], *, without: tuple[str, ...], channels: str
) -> Fitted:
    """Bring given tensors to the shapes of a network, which stays as it is.

    Args:
        without: beginnings of the names that the network keeps its own tensors for.
        channels: `"mean"` or `"repeat"`, the rule for the first layer.

    Raises:
        ValueError: numbers that are not finite, or not of the kind that the network has.
    """
    state = network.state_dict()
    flat = kernels_for_images(network, given) is not None
    first = _first_layer(network)
    fitted = Fitted({}, {}, {})
    for name, target in state.items():
        if name.startswith(without):
            continue
        if name not in given:
            # Old checkpoints do not count batches, and prediction does not need the count.
            if not name.endswith("num_batches_tracked"):
                fitted.misfits[name] = "is not in the file"
            continue
        _require_kind(name, given[name], target.dtype)
        rule = channels if name == first else None
        tensor, done = _adapt(given[name], target.shape, collapse=flat, channels=rule)
        if tensor.shape != target.shape:
            shapes = (tuple(given[name].shape), tuple(target.shape))
            fitted.misfits[name] = f"is {shapes[0]} in the file and {shapes[1]} in the network"
            continue
        fitted.ready[name] = tensor.to(target.dtype)
        if not torch.isfinite(fitted.ready[name]).all():
            raise ValueError(f"{name} holds NaN or infinite numbers; get the file again")
        if given[name].dtype != target.dtype:
            kinds = [str(kind).removeprefix("torch.") for kind in (given[name].dtype, target.dtype)]
            done.append(f"{kinds[0]} to {kinds[1]}")
        if done:
            fitted.adapted[name] = ", ".join(done)
    return fitted


def kernels_for_images(network: nn.Module, given: Mapping[str, Tensor]) -> str | None:
    """The first tensor that is for images where the network's is for sequences, if any is."""
    for name, target in network.state_dict().items():
        if name in given and (given[name].dim(), target.dim()) == (4, 3):
            return name
    return None


def _first_layer(network: nn.Module) -> str | None:
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            return f"{path}.weight"
    return None


def _adapt(
    tensor: Tensor, shape: torch.Size, *, collapse: bool, channels: str | None
) -> tuple[Tensor, list[str]]:
    """The tensor as near to `shape` as the rules bring it, and what was done, in words."""
    done = []
    given = tuple(tensor.shape)
    if collapse and tensor.dim() == 4 and len(shape) == 3:
        tensor = tensor.double().sum(2)
        done.append(f"{given[2]}x{given[3]} kernels summed over their height")
    elif collapse and (rows := _rows(given, tuple(shape))):
        tensor = tensor.double().reshape(given[0], -1, rows, rows).sum(2).flatten(1)
        done.append(f"{rows}x{rows} positions summed over the rows")
    rest = (*tensor.shape[:1], *tensor.shape[2:])
    # Other kernels than the network's are another network's: their channels stay as they are.
    if channels and tensor.shape != shape and rest == (*shape[:1], *shape[2:]):
        tensor = _spread(tensor.double(), shape[1], channels)
        done.append(f"{given[1]} channels to {shape[1]} ({channels})")
    return tensor, done


def _rows(given: tuple[int, ...], wanted: tuple[int, ...]) -> int:
    """Rows of the square maps that a dense layer read; 0 if these are no such shapes."""
    if len(given) != 2 or len(wanted) != 2 or given[0] != wanted[0]:
        return 0
    # channels * rows * rows given, channels * rows wanted
    rows, rest = divmod(given[1], wanted[1])
    return rows if rest == 0 and rows > 1 and wanted[1] % rows == 0 else 0


def _spread(kernels: Tensor, wanted: int, rule: str) -> Tensor:
    """Kernels `(out, given, …)` for `wanted` channels that add up to the same."""
    given = kernels.shape[1]
    if rule == "mean":
        mean = kernels.mean(1, keepdim=True) * (given / wanted)
        return mean.expand(-1, wanted, *mean.shape[2:])
    if wanted < given:
        raise ValueError(
            f"channels='repeat' cannot bring {given} channels to {wanted}; pass channels='mean'"
        )
    source = torch.arange(wanted) % given
    copies = torch.bincount(source)[source]
    return kernels[:, source] / copies.view(-1, *[1] * (kernels.dim() - 2))


def _require_kind(name: str, tensor: Tensor, wanted: torch.dtype) -> None:
    real = not (tensor.is_complex() or tensor.is_quantized)
    if not real or tensor.is_floating_point() != wanted.is_floating_point:
        kinds = (str(kind).removeprefix("torch.") for kind in (tensor.dtype, wanted))
        raise ValueError("{} is {} in the file and {} in the network".format(name, *kinds))

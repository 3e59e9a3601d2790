"""Small networks of the registry and inputs for them."""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments

OUT = 3
CHANNELS = {1: 4, 2: 7}
NARROW = 1 / 16


@cache
def side(name: str, dim: int) -> int:
    """Positions on a side that suffice for each network, few enough to be quick."""
    if dim == 1:
        return 200
    if "size" in own_arguments(name):
        return 172
    with torch.device("meta"):
        smallest = build(name, dim, size=33).smallest
    return max(33, int(smallest))  # type: ignore[arg-type]


def build(
    name: str, dim: int, *, size: int = 0, width: float = NARROW, out: int = OUT
) -> nn.Module:
    known = own_arguments(name)
    own: dict[str, Any] = {"width": width} if "width" in known else {}
    if "size" in known:
        own["size"] = size or side(name, dim)
    if "pooled" in known:
        own["pooled"] = True
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return create_model(name, dim=dim, in_channels=CHANNELS[dim], out=out, **own)


def batch(dim: int, number: int, size: int) -> Tensor:
    """Random one-hot DNA `(number, 4, size)`, or images."""
    generator = torch.Generator().manual_seed(1)
    if dim == 1:
        bases = torch.randint(4, (number, size), generator=generator)
        return functional.one_hot(bases, 4).transpose(1, 2).float()
    return torch.randn((number, CHANNELS[dim], size, size), generator=generator)


@cache
def supported() -> tuple[tuple[str, int], ...]:
    """Every name with each dimension that it exists for; refusing 1-D is never right."""
    pairs = []
    for name in MODELS:
        for dim in (1, 2):
            try:
                with torch.device("meta"):
                    build(name, dim)
            except InputError as error:
                if dim == 1 or "dim 1 only" not in str(error):
                    raise
            else:
                pairs.append((name, dim))
    return tuple(pairs)

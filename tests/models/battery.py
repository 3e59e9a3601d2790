"""Small networks of the registry and inputs for them."""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments

OUT = 3
CHANNELS = {1: 4, 2: 7}
NARROW = 1 / 16


def side(name: str, dim: int) -> int:
    """Positions on a side that suffice for each network."""
    if dim == 1:
        return 200
    return 172 if "size" in own_arguments(name) else 33


def build(
    name: str, dim: int, *, size: int = 0, width: float = NARROW, out: int = OUT
) -> nn.Module:
    wanted = {"size": size or side(name, dim), "width": width}
    own = {key: wanted[key] for key in wanted if key in own_arguments(name)}
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

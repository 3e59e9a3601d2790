"""Small networks of the registry and inputs for them."""

from functools import cache

import torch
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments

OUT = 3
CHANNELS = {1: 4, 2: 7}
SIZE = {1: 200, 2: 172}
NARROW = 1 / 16


def build(
    name: str, dim: int, *, size: int = 0, width: float = NARROW, out: int = OUT
) -> nn.Module:
    wanted = {"size": size or SIZE[dim], "width": width}
    own = {key: wanted[key] for key in wanted if key in own_arguments(name)}
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return create_model(name, dim=dim, in_channels=CHANNELS[dim], out=out, **own)


def batch(dim: int, number: int, size: int = 0) -> Tensor:
    shape = (number, CHANNELS[dim]) + (size or SIZE[dim],) * dim
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


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

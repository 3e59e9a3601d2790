"""Every 1-D network of the registry, small enough for tests, in evaluation mode."""

from functools import cache
from typing import Any

import torch
from torch import nn

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments

NARROW = 1 / 16
LONGEST = 200  # bp that suffice for each network


def _build(name: str, length: int, out: int) -> nn.Module:
    known = own_arguments(name)
    wanted: dict[str, Any] = {"width": NARROW, "size": length, "pooled": True}
    own = {argument: value for argument, value in wanted.items() if argument in known}
    return create_model(name, dim=1, in_channels=4, out=out, **own)


@cache
def _length(name: str) -> int:
    """A few more bases than the network's smallest input."""
    with torch.device("meta"):
        return min(max(int(_build(name, LONGEST, 1).smallest) + 8, 40), LONGEST)  # type: ignore[arg-type]


def small_network(name: str, out: int = 2, seed: int = 0) -> tuple[nn.Module, int]:
    """The network and the length in bp that it reads; the same weights for the same seed."""
    length = _length(name)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = _build(name, length, out)
    return network.eval(), length


def _sequences(name: str) -> bool:
    try:
        with torch.device("meta"):
            _build(name, LONGEST, 1)
    except InputError:
        return False
    return True


NAMES = tuple(name for name in MODELS if _sequences(name))

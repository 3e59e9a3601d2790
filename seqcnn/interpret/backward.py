"""Gradients of networks in evaluation mode."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


def has_recurrent_layers(network: Callable[..., Any]) -> bool:
    """Whether the network has layers that cuDNN differentiates in training mode only."""
    modules = network.modules() if isinstance(network, nn.Module) else ()
    return any(isinstance(module, nn.RNNBase) for module in modules)


@contextmanager
def backward_of_recurrent_layers(network: Callable[..., Any]) -> Iterator[None]:
    """cuDNN gives recurrent layers no gradient outside training; PyTorch's own code does."""
    if not has_recurrent_layers(network):
        yield
        return
    with torch.backends.cudnn.flags(enabled=False):
        yield

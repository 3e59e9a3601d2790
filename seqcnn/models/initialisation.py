"""First weights of convolutions and dense layers, for networks that share a recipe."""

from math import sqrt
from typing import Literal

from torch import nn

DEVIATION = 0.01
DENSE_INPUTS = 4096


def initialise_plain(network: nn.Module, mode: Literal["fan_in", "fan_out"]) -> None:
    """Kaiming's normal weights in convolutions, a fixed normal in dense layers, biases of 0.

    `mode` says which signal convolutions keep at its size: `fan_in` the one forwards, `fan_out`
    the gradient. Source: He, Zhang, Ren and Sun, ICCV 2015, arXiv 1502.01852.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            fixed_normal(module, max(DENSE_INPUTS, module.in_features))
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def initialise_convolutions(network: nn.Module, mode: Literal["fan_in", "fan_out"]) -> None:
    """Kaiming's normal weights in convolutions, for networks that normalise after them."""
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")


def fixed_normal(layer: nn.Conv1d | nn.Conv2d | nn.Linear, published: int) -> None:
    """Weights from N(0, 0.01), as published for a layer whose units have `published` inputs.

    Units with fewer inputs (one dimension, small `width`) get larger weights, so that what they
    compute keeps its size instead of fading from layer to layer.
    """
    inputs = layer.weight[0].numel()
    nn.init.normal_(layer.weight, 0.0, DEVIATION * sqrt(published / inputs))

"""Batch normalisation folded into the convolution before it: fewer passes over the maps."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
CLOSE = 1e-3  # of the largest output, by which folding may change one


def fold_norms(network: nn.Module, x: Tensor) -> nn.Module:
    """A copy for prediction alone, without the batch normalisations that follow a convolution.

    Which do is seen by running the network on `x` (n, C, *size), a batch such as it will get; where
    the copy then does not give the same outputs (a map that is used before its normalisation, as
    well) it is a plain copy. In evaluation mode, on the device of `network`.
    """
    folded = copy.deepcopy(network).eval()
    made: dict[int, tuple[str, nn.Module]] = {}
    pairs: list[tuple[str, str]] = []
    kept: list[Tensor] = []  # so that no id is given twice

    def watch(name: str) -> Any:
        def seen(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
            if isinstance(layer, NORMS) and id(given[0]) in made:
                pairs.append((made[id(given[0])][0], name))
            if isinstance(layer, CONVOLUTIONS):
                made[id(output)] = (name, layer)
                kept.append(output)

        return seen

    layers = dict(folded.named_modules())
    hooks = [
        layer.register_forward_hook(watch(name))
        for name, layer in layers.items()
        if isinstance(layer, (*CONVOLUTIONS, *NORMS))
    ]
    with torch.inference_mode():
        before = folded(x)
    for hook in hooks:
        hook.remove()
    for convolution, norm in pairs:
        _replace(folded, convolution, fuse_conv_bn_eval(layers[convolution], layers[norm]))
        _replace(folded, norm, nn.Identity())
    with torch.inference_mode():
        after = folded(x)
    same = torch.allclose(before, after, rtol=0, atol=CLOSE * float(before.abs().max()))
    return folded if same else copy.deepcopy(network).eval()


def _replace(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, layer)

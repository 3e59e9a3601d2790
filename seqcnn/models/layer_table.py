"""The layer table of a network: shapes, parameters, multiply-adds, memory, receptive fields."""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from seqcnn.models.receptive import Follower, Sides, tensors

ROOT = "(network)"
EXPLANATION = (
    "Multiply-adds are those of convolutions, dense and recurrent layers; norms, activations and "
    "pooling count none. Activations: each layer's result as float32, for one example. Receptive "
    "field and stride: positions of the input, 'all' where a layer sees the whole input."
)


@dataclass(frozen=True)
class Layer:
    """One call of a layer: `output` is its shape without the batch.

    `receptive_field` (None = the whole input) and `stride` (None = no positions left) are in
    positions of the input, one number a side. A network or block with weights of its own has a
    row too, after its layers; layers that never run have rows at the end, without an output.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int
    activation_bytes: int
    receptive_field: Sides | None
    stride: Sides | None


@dataclass(frozen=True)
class LayerTable:
    """Layers in the order in which they run, and totals; `features` and `output` are the shapes of
    the last feature map, which the total receptive field and stride belong to, and of the end."""

    layers: tuple[Layer, ...]
    parameters: int
    multiply_adds: int
    activation_bytes: int
    features: tuple[int, ...]
    output: tuple[int, ...]
    receptive_field: Sides | None
    stride: Sides | None


def layer_table(network: nn.Module, shape: tuple[int, ...]) -> LayerTable:
    """Shapes and costs of a network in evaluation, for one input of `shape` (channels, *size).

    Multiply-adds: a convolution's outputs x kernel x input channels / groups; a dense layer's
    inputs x outputs; a recurrent layer's matrices at each step. Biases, norms, activations,
    pooling and looked-up k-mers count 0. Activation memory: the results of layers (not of
    functions between them) as float32. Where branches meet, the largest receptive field counts.
    The network itself is left as it is: a copy without memory (device "meta") runs.

    Raises:
        ValueError: the network refuses the input's size.
    """
    network = _without_memory(network).eval()
    dtype = next((weight.dtype for weight in network.parameters()), None)
    x = torch.empty((1, *shape), device="meta", dtype=dtype)
    with torch.no_grad():
        with Follower(network, x) as follower:
            features = next(tensors(getattr(network, "forward_features", network)(x)))
        last = follower.seen(features)
        layers, output = _Recorder(network, x).run()
    return LayerTable(
        layers=tuple(layers),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        activation_bytes=sum(layer.activation_bytes for layer in layers),
        features=tuple(features.shape[1:]),
        output=tuple(output.shape[1:]),
        receptive_field=last.field,
        stride=last.stride,
    )


class _Recorder:
    """Runs a network once and keeps a row for each layer that was called."""

    def __init__(self, network: nn.Module, x: Tensor) -> None:
        self.network, self.x = network, x
        self.follower = Follower(network, x)
        self.layers: list[Layer] = []
        self.counted: set[int] = set()  # ids of weights, so that a shared one counts once

    def run(self) -> tuple[list[Layer], Tensor]:
        modules = list(self.network.named_modules())
        for name, module in modules:
            module.register_forward_hook(self._hook(name))
        with self.follower:
            output = next(tensors(self.network(self.x)))
        for name, module in modules:
            if any(id(weight) not in self.counted for weight in _own_weights(module)):
                self._add(name, module, None)
        self._add_late_work()
        return self.layers, output

    def _hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        return lambda module, _, result: self._add(name, module, next(tensors(result)))

    def _add(self, name: str, module: nn.Module, result: Tensor | None) -> None:
        leaf = not list(module.children())
        weights = _own_weights(module)
        if not leaf and not weights:
            return
        owners = {self.follower.owner(weight) for weight in weights}
        work = [self.follower.take(owner) for owner in owners if owner is not None]
        new = {id(weight): weight.numel() for weight in weights if id(weight) not in self.counted}
        self.counted.update(new)
        field, stride = (None, None) if result is None else self.follower.seen(result)
        self.layers.append(
            Layer(
                name=name or ROOT,
                kind=re.sub(r"[123]d$", "", type(module).__name__),
                output=() if result is None else tuple(result.shape[1:]),
                parameters=sum(new.values()),
                multiply_adds=sum(done.multiply_adds for done in work),
                activation_bytes=4 * result.numel() if leaf and result is not None else 0,
                receptive_field=field,
                stride=stride,
            )
        )

    def _add_late_work(self) -> None:
        """Weights used again outside their layer's call: filters that scan the other strand."""
        for index, layer in enumerate(self.layers):
            late = self.follower.take("" if layer.name == ROOT else layer.name)
            self.layers[index] = replace(
                layer,
                multiply_adds=layer.multiply_adds + late.multiply_adds,
                activation_bytes=layer.activation_bytes + late.result_bytes,
            )


def _own_weights(module: nn.Module) -> list[nn.Parameter]:
    return list(module.parameters(recurse=False))


def _without_memory(network: nn.Module) -> nn.Module:
    # deepcopy takes what its memo holds instead of copying: no weight is ever copied.
    memo: dict[int, Any] = {
        id(weight): nn.Parameter(weight.detach().to("meta"), requires_grad=False)
        for weight in network.parameters()
    }
    memo |= {id(buffer): buffer.to("meta") for buffer in network.buffers()}
    return deepcopy(network, memo)

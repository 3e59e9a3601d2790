"""The layers of a network that have maps, and the values of their maps for given inputs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models.layer_table import ROOT, layer_table
from seqcnn.models.receptive import Sides, tensors

MOST_LAYERS = 5  # chosen where none is asked for


@dataclass(frozen=True)
class MapLayer:
    """One call of a layer whose result has channels.

    `path` is the module's and `call` counts its calls from 1; `name` is the path, with `:2` behind
    it for the second call. `positions` is the shape of a map, () where no positions are left.
    `field` (None = the whole input) and `stride` are in positions of the input, one a side;
    `start` is the input position at which the window of map position 0 begins, below 0 where it
    begins in the padding, and None until it is located or where there are no windows.
    """

    path: str
    call: int
    kind: str
    channels: int
    positions: Sides
    field: Sides | None
    stride: Sides | None
    start: Sides | None = None
    positions_first: bool = False  # recurrent layers give (N, L, C)

    @property
    def name(self) -> str:
        return self.path if self.call == 1 else f"{self.path}:{self.call}"


def map_layers(network: nn.Module, shape: tuple[int, ...]) -> list[MapLayer]:
    """Layers in the order in which they run, for one input of `shape` (channels, *size).

    Layers are modules without modules inside, or with weights of their own; functions between them
    have no names and are not among them.

    Raises:
        ValueError: the network refuses the input's size.
    """
    dim = len(shape) - 1
    modules = dict(network.named_modules())
    calls: Counter[str] = Counter()
    found = []
    for row in layer_table(network, shape).layers:
        if not row.output or row.name == ROOT:
            continue
        calls[row.name] += 1
        module = modules[row.name]
        first = isinstance(module, nn.RNNBase) and module.batch_first
        channels, *positions = row.output[::-1] if first else row.output
        if len(positions) not in (0, dim):
            continue
        whole = () if not positions else row.stride
        found.append(
            MapLayer(
                path=row.name,
                call=calls[row.name],
                kind=row.kind,
                channels=channels,
                positions=tuple(positions),
                field=row.receptive_field if positions else None,
                stride=whole or None,
                positions_first=first,
            )
        )
    return found


def spread_layers(layers: Sequence[MapLayer], most: int = MOST_LAYERS) -> list[MapLayer]:
    """A few layers from early to late: the last one of each receptive field, evenly over depth.

    The last layer of a field stands after its activation and pooling. Where no layer has
    positions, the dense ones are taken.
    """
    maps = [
        layer
        for layer in layers
        if layer.positions
        and layer.stride is not None
        # Dropout leaves maps as they are; the layer before it bears the name that tells more.
        and not layer.kind.startswith(("Adaptive", "Dropout"))
        # Beside a block, not after it.
        and not {"shortcut", "downsample"} & set(layer.path.split("."))
    ]
    several = [layer for layer in maps if max(layer.positions) > 1] or maps
    if not several:
        return list(layers[-most:])
    by_field: dict[Sides | None, MapLayer] = {}
    for layer in several:
        before = by_field.get(layer.field)
        # A norm at the head of the next block comes after the sum that ends this one.
        if before is None or layer.kind != "BatchNorm" or before.kind == "BatchNorm":
            by_field[layer.field] = layer
    kept = [layer for layer in several if by_field[layer.field] is layer]
    chosen = {round(k * (len(kept) - 1) / max(most - 1, 1)) for k in range(most)}
    return [kept[index] for index in sorted(chosen)]


def named_layers(
    layers: Sequence[MapLayer], names: Sequence[str], network: str = "the network"
) -> list[MapLayer]:
    """The layers that are asked for, by name, or by the path of a block for its last layer.

    Raises:
        InputError: there is none; names the nearest.
    """
    known = {layer.name: layer for layer in layers}
    found = []
    for name in names:
        below = [layer for layer in layers if layer.path.startswith(f"{name}.")]
        if name not in known and not below:
            near = get_close_matches(name, known, n=3, cutoff=0.3)
            hint = f"; nearest: {', '.join(near)}" if near else ""
            raise InputError(f"--layer {name}: not a layer of {network}{hint}; see --layers")
        found.append(known.get(name) or below[-1])
    return list({layer.name: layer for layer in found}.values())


class _AllSeen(Exception):
    """Every wanted layer has run: what would follow need not."""


@contextmanager
def captured(
    network: nn.Module, layers: Sequence[MapLayer]
) -> Iterator[Callable[[Tensor], list[Tensor]]]:
    """A function from inputs to the maps (n, C, *positions), float32, of `layers`, in their order.

    The network runs only as far as the last of them. Mode, device and gradients are the caller's.
    """
    wanted: dict[str, list[tuple[int, int]]] = {}
    for index, layer in enumerate(layers):
        wanted.setdefault(layer.path, []).append((layer.call, index))
    seen: dict[int, Tensor] = {}
    calls: Counter[str] = Counter()

    def keep(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, given: Any, result: Any) -> None:
            calls[path] += 1
            for call, index in wanted[path]:
                if call == calls[path]:
                    values = next(tensors(result)).detach().float()
                    first = layers[index].positions_first
                    seen[index] = values.transpose(1, 2) if first else values.clone()
            if len(seen) == len(layers):
                raise _AllSeen

        return hook

    def run(x: Tensor) -> list[Tensor]:
        seen.clear()
        calls.clear()
        try:
            network(x)
        except _AllSeen:
            pass
        return [seen[index] for index in range(len(layers))]

    handles = [network.get_submodule(path).register_forward_hook(keep(path)) for path in wanted]
    try:
        yield run
    finally:
        for handle in handles:
            handle.remove()


def layer_maps(network: nn.Module, layers: Sequence[MapLayer], x: Tensor) -> dict[str, Tensor]:
    """Maps (n, C, *positions) of one batch of inputs, by the name of the layer, on the CPU."""
    with captured(network, layers) as run, torch.inference_mode():
        return {layer.name: values.cpu() for layer, values in zip(layers, run(x), strict=True)}

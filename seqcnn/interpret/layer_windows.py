"""Where in the input each position of a layer's map looks.

A NaN goes through convolutions, norms, activations, poolings and recurrent layers, and marks
exactly what was computed from it: inputs that are NaN up to some place show, by bisection, where a
window begins and ends, whatever the architecture.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.interpret.activations import MapLayer, captured
from seqcnn.training.predict import evaluating


@dataclass
class _Probe:
    """Bisection for the first (or, `backwards`, the last) input place that one map place sees."""

    layer: int
    side: int
    place: int
    backwards: bool
    clean: int  # so many places from that end can be NaN unnoticed
    dirty: int

    @property
    def middle(self) -> int:
        return (self.clean + self.dirty) // 2


def located(
    network: nn.Module,
    layers: Sequence[MapLayer],
    shape: tuple[int, ...],
    *,
    device: torch.device | str = "cpu",
    batch_size: int = 64,
) -> list[MapLayer]:
    """The layers with the `start` of their windows, for one input of `shape` (channels, *size).

    Where every position of a map sees the whole input, its windows are set around the middle of
    the input. The network keeps its device and mode.
    """
    held = [i for i, layer in enumerate(layers) if layer.field is not None and layer.stride]
    probes = [
        _Probe(index, side, place, backwards, 0, shape[1 + side])
        for index in held
        for side in range(len(shape) - 1)
        for place, backwards in _wanted(layers[index].positions[side])
    ]
    with (
        evaluating([network], torch.device(device)),
        _plain_kernels(),
        captured(network, layers) as run,
        torch.inference_mode(),
    ):
        while open_probes := [probe for probe in probes if probe.dirty - probe.clean > 1]:
            for first in range(0, len(open_probes), batch_size):
                _narrow(open_probes[first : first + batch_size], run, shape, device)
    found = list(layers)
    for index in held:
        mine = [probe for probe in probes if probe.layer == index]
        found[index] = _placed(layers[index], mine, shape)
    return found


def centres(layer: MapLayer, side: int = 0) -> np.ndarray:
    """The middle (P,) of each map position's window, 0-based places of the input.

    Of layers that see everything, such as recurrent ones, the middle of the step.
    """
    steps = np.arange(layer.positions[side], dtype=float)
    stride = layer.stride[side] if layer.stride else 1
    if layer.start is None or layer.field is None:
        return np.asarray(stride * steps + (stride - 1) / 2)
    return np.asarray(layer.start[side] + stride * steps + (layer.field[side] - 1) / 2)


def _wanted(positions: int) -> Iterator[tuple[int, bool]]:
    """Both ends of a middle window, and the inner ends of the first and the last."""
    asked = [(positions // 2, False), (positions // 2, True), (0, True), (positions - 1, False)]
    yield from dict.fromkeys(asked)


def _narrow(
    probes: Sequence[_Probe],
    run: Callable[[Tensor], list[Tensor]],
    shape: tuple[int, ...],
    device: torch.device | str,
) -> None:
    x = torch.full((len(probes), *shape), 1 / shape[0], device=device)
    for row, probe in enumerate(probes):
        length = shape[1 + probe.side]
        low, size = (length - probe.middle, probe.middle) if probe.backwards else (0, probe.middle)
        x[row].narrow(1 + probe.side, low, size).fill_(torch.nan)
    maps = run(x)
    for row, probe in enumerate(probes):
        values = maps[probe.layer][row].select(1 + probe.side, probe.place)
        if bool(values.isnan().any()):
            probe.dirty = probe.middle
        else:
            probe.clean = probe.middle


def _placed(layer: MapLayer, probes: Sequence[_Probe], shape: tuple[int, ...]) -> MapLayer:
    assert layer.field is not None and layer.stride is not None
    start, field = [], []
    for side, stride in enumerate(layer.stride):
        length, positions = shape[1 + side], layer.positions[side]
        seen = {(p.place, p.backwards): p.clean for p in probes if p.side == side}
        middle, wide = positions // 2, layer.field[side]
        before, after = seen[middle, False], seen[middle, True]
        if before and after:
            wide = length - after - before
        if before:
            first = before - stride * middle
        elif after:
            first = length - after - wide - stride * middle
        elif seen[0, True]:
            first = length - seen[0, True] - wide
        elif seen[positions - 1, False]:
            first = seen[positions - 1, False] - stride * (positions - 1)
        else:
            first = (length - stride * (positions - 1) - wide) // 2
        start.append(first)
        field.append(wide)
    return replace(layer, start=tuple(start), field=tuple(field))


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Convolutions as plain sums of products: transforms (FFT, Winograd) would spread a NaN."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # torch's own, of other processors
        for library in (torch.backends.mkldnn, torch.backends.nnpack, torch.backends.cudnn):
            stack.enter_context(library.flags(enabled=False))
        yield

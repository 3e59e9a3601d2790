"""The inputs that excite the channels of a layer most, and where in them.

The idea is that of Zeiler and Fergus (ECCV 2014, arXiv 1311.2901): what a channel deep in a network
answers to is best seen in the nine patches that it answers to most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.interpret.activations import MapLayer, captured
from seqcnn.training.predict import Predictable, autocast, evaluating


@dataclass(frozen=True)
class TopInputs:
    """The `k` inputs in which each of C channels is highest, strongest first, one place an input.

    `values` (C, k), `rows` (C, k) of the input, `places` (C, k, sides) in the layer's map; of N
    inputs' highest values, `mean` (C,) and `deviation` (C,).
    """

    layer: MapLayer
    values: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    inputs: int

    @property
    def selectivity(self) -> np.ndarray:
        """How far (C,) the strongest inputs lie above the mean of all, in standard deviations.

        0 for channels that say the same of every input, or nothing at all.
        """
        silent = self.deviation <= 1e-6 * np.abs(self.values).max(1).clip(1e-12)
        apart = self.values.mean(1) - self.mean
        return np.where(silent, 0.0, apart / np.where(silent, 1.0, self.deviation))

    def windows(self, channel: int) -> np.ndarray:
        """Where (k, sides) the window of each strongest place begins in its input.

        Of a layer that sees everything, 0: the whole input.
        """
        return window_starts(self.layer, self.places[channel])


def window_starts(layer: MapLayer, places: np.ndarray) -> np.ndarray:
    """First input position (n, sides) of the windows of places (n, sides) in a layer's map."""
    if layer.start is None or layer.stride is None:
        return np.zeros_like(places)
    return np.asarray(np.array(layer.start) + places * np.array(layer.stride))


def find_top_inputs(
    network: nn.Module,
    layers: Sequence[MapLayer],
    examples: Predictable,
    *,
    view: Callable[[Tensor], Tensor],
    k: int = 50,
    order: np.ndarray | None = None,
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    precision: str = "32",
    advance: Callable[[int], None] | None = None,
) -> list[TopInputs]:
    """The strongest inputs of every channel of `layers`, in one pass and in constant memory.

    `view` makes the network's input of what the dataset's `take` gives. Inputs are read in `order`
    (N,), in their own by default: of equal values, which layers that saturate have, that read first
    comes first, and of an input the first place.

    Raises:
        ValueError: there are no inputs.
    """
    if not len(examples):
        raise ValueError("no inputs")
    device = torch.device(device)
    order = np.arange(len(examples)) if order is None else order
    kept = [_Best(layer, min(k, len(examples))) for layer in layers]
    with (
        evaluating([network], device),
        captured(network, layers) as run,
        torch.inference_mode(),
        autocast(device, precision),
    ):
        for first in range(0, len(examples), batch_size):
            rows = order[first : first + batch_size]
            taken = torch.from_numpy(examples.take(rows)).to(device)
            for best, values in zip(kept, run(view(taken)), strict=True):
                best.add(values, torch.from_numpy(rows))
            if advance is not None:
                advance(len(rows))
    return [best.found() for best in kept]


class _Best:
    """The strongest places so far of one layer's channels, and sums over all inputs."""

    def __init__(self, layer: MapLayer, k: int) -> None:
        self.layer, self.k, self.inputs = layer, k, 0
        self.values = torch.empty(layer.channels, 0)
        self.rows = torch.empty(layer.channels, 0, dtype=torch.int64)
        self.places = torch.empty(layer.channels, 0, dtype=torch.int64)
        self.sums = torch.zeros(2, layer.channels, dtype=torch.float64)

    def add(self, maps: Tensor, inputs: Tensor) -> None:
        """Maps (n, C, *positions) of the inputs (n,)."""
        highest, place = maps.reshape(*maps.shape[:2], -1).max(2)
        highest, place = highest.T.cpu(), place.T.cpu()  # (C, n)
        rows = inputs.expand_as(place)
        values = torch.cat([self.values, highest], 1)
        order = values.sort(dim=1, descending=True, stable=True).indices[:, : self.k]
        self.values = values.gather(1, order)
        self.rows = torch.cat([self.rows, rows], 1).gather(1, order)
        self.places = torch.cat([self.places, place], 1).gather(1, order)
        self.sums += torch.stack([highest.double().sum(1), highest.double().square().sum(1)])
        self.inputs += highest.shape[1]

    def found(self) -> TopInputs:
        sums, squares = self.sums.numpy() / self.inputs
        shape = self.layer.positions or (1,)
        return TopInputs(
            layer=self.layer,
            values=self.values.numpy(),
            rows=self.rows.numpy(),
            places=np.stack(np.unravel_index(self.places.numpy(), shape), -1),
            mean=sums,
            deviation=np.sqrt((squares - sums**2).clip(0)),
            inputs=self.inputs,
        )

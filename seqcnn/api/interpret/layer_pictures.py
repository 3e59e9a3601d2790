"""Pictures of what a few layers make of a few inputs."""

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from seqcnn.api.interpret.layer_tables import field_words
from seqcnn.api.model import Model
from seqcnn.encoders.dna import one_hot
from seqcnn.interpret.activations import MapLayer, layer_maps
from seqcnn.interpret.channel_order import clustered, strongest_channels
from seqcnn.interpret.layer_windows import centres
from seqcnn.report.activation_figures import LayerMap, picture_maps, sequence_maps
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.training.predict import evaluating

MOST_ROWS, MOST_PICTURES = 40, 48  # channels of a heat map, of a sheet of small pictures


@dataclass(frozen=True)
class Looked:
    """Layers and the inputs that they are looked at for: network inputs `x` (n, C, *size), their
    `titles`, and codes (n, L) or pixels (n, H, W, C) as they were read."""

    model: Model
    layers: list[MapLayer]
    x: torch.Tensor
    titles: list[str]
    raw: np.ndarray


def drawn_maps(
    looked: Looked,
) -> tuple[dict[str, np.ndarray], list[Picture], dict[str, Figure]]:
    """All maps of the inputs by `maps.` and the layer's name, and a figure an input."""
    model, layers = looked.model, looked.layers
    with evaluating(model.networks[:1], model.device):
        found = layer_maps(model.networks[0], layers, looked.x)
    maps = {name: values.numpy() for name, values in found.items()}
    flat = len(model.encoding.shape) == 1
    order = {}
    for name, values in maps.items():
        strongest = strongest_channels(values, MOST_ROWS if flat else MOST_PICTURES)
        order[name] = strongest[clustered(values[:, strongest])] if flat else strongest
    figures, pictures = {}, []
    for row, title in enumerate(looked.titles):
        drawn = [
            _layer_map(layer, maps[layer.name][row], order[layer.name], model.encoding.shape)
            for layer in layers
        ]
        if flat:
            figure = sequence_maps(drawn, one_hot(looked.raw[row]), title)
        else:
            figure = _pictures(looked, row, drawn)
        figures[f"activations_maps_{row + 1}"] = figure
        alt = f"Heat maps of {len(layers)} layers for {title}"
        pictures.append(Picture(image_uri(figure), f"Input {row + 1}", "", alt))
    return {f"maps.{name}": values for name, values in maps.items()}, pictures, figures


def read_pixels(model: Model, taken: np.ndarray) -> np.ndarray:
    """Codes as they are, or of pixels the middle crop, which the network reads."""
    if isinstance(model.encoding, SequenceEncoding):
        return taken
    (high, wide), whole = model.encoding.shape, taken.shape[1:3]
    top, left = (whole[0] - high) // 2, (whole[1] - wide) // 2
    return taken[:, top : top + high, left : left + wide]


def _layer_map(
    layer: MapLayer, values: np.ndarray, order: np.ndarray, shape: tuple[int, ...]
) -> LayerMap:
    kept = values[order]
    edges = (-0.5, shape[0] - 0.5)
    if not layer.positions:
        kept = kept.reshape(len(kept), *([1] * len(shape)))
    elif len(shape) == 1:
        middle, half = centres(layer), (layer.stride[0] if layer.stride else 1) / 2
        edges = (float(middle[0] - half), float(middle[-1] + half))
    number = f"{layer.channels} channel{'s' if layer.channels > 1 else ''}"
    if len(kept) < layer.channels:
        number += f", {len(kept)} shown"
    return LayerMap(
        layer.name, kept, f"each position sees {field_words(layer, shape)}, {number}", edges
    )


def _pictures(looked: Looked, row: int, drawn: list[LayerMap]) -> Figure:
    """Small pictures; of a pileup its own channels come first."""
    pixels = looked.raw[row]
    if pixels.shape[2] in (1, 3):
        return picture_maps(drawn, pixels, looked.titles[row])
    values = looked.x[row].float().cpu().numpy()
    first = LayerMap("input", values, ", ".join(looked.model.encoding.channels))
    return picture_maps([first, *drawn], None, looked.titles[row])

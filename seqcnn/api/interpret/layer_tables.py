"""Tables of layers, and their receptive fields in words."""

import pandas as pd

from seqcnn.interpret.activations import MapLayer
from seqcnn.models.receptive import Sides


def layer_table_of(layers: list[MapLayer]) -> pd.DataFrame:
    """A row a layer: what it is, and the shape, receptive field and stride of its maps."""
    return pd.DataFrame(
        {
            "layer": [layer.name for layer in layers],
            "kind": [layer.kind for layer in layers],
            "positions": [_sides(layer.positions or None, "none") for layer in layers],
            "receptive_field": [_sides(layer.field, "all") for layer in layers],
            "stride": [_sides(layer.stride, "none") for layer in layers],
            "channels": [layer.channels for layer in layers],
        }
    )


def field_words(layer: MapLayer, shape: tuple[int, ...]) -> str:
    """A layer's receptive field, such as `14 bp` or `18 x 18 pixels`."""
    if layer.field is None:
        return "the whole input"
    return f"{_sides(layer.field, '')} {'bp' if len(shape) == 1 else 'pixels'}"


def _sides(sides: Sides | None, none: str) -> str:
    return none if sides is None else " x ".join(map(str, sides))

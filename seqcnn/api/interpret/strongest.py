"""What excites layers most, as tables and figures, whatever the inputs are."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.api.interpret.layer_tables import layer_table_of
from seqcnn.interpret.activations import MapLayer
from seqcnn.interpret.top_inputs import TopInputs
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.top_input_figures import LayerDepth, depth_figure

MOST_CHANNELS = 128  # of a layer, the most selective, whose strongest inputs are looked at


@dataclass(frozen=True)
class Strongest:
    """Strongest inputs of several layers.

    `table` has a row a window; `channels` one a channel, `drawn` those in the figures; `layers`
    one a layer. `depths` are what the summary draws, `silent` by layer the share of channels that
    never change.
    """

    table: pd.DataFrame
    channels: pd.DataFrame
    drawn: pd.DataFrame
    layers: pd.DataFrame
    figures: dict[str, Figure] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    depths: list[LayerDepth] = field(default_factory=list)
    silent: dict[str, float] = field(default_factory=dict)

    @classmethod
    def none(cls) -> "Strongest":
        """Of too few inputs."""
        return cls(pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), pd.DataFrame())

    def joined(self, other: "Strongest") -> "Strongest":
        """Both, this one first."""
        frames = {
            name: pd.concat([getattr(self, name), getattr(other, name)], ignore_index=True)
            for name in ("table", "channels", "drawn", "layers")
        }
        return Strongest(
            **frames,
            figures=self.figures | other.figures,
            pictures=self.pictures + other.pictures,
            depths=self.depths + other.depths,
            silent=self.silent | other.silent,
        )


def telling_channels(top: TopInputs) -> list[int]:
    """The most selective channels, without those that are the same for every input."""
    order = np.argsort(-top.selectivity, kind="stable")[:MOST_CHANNELS]
    return [int(channel) for channel in order if top.selectivity[channel] > 0]


def strongest_row(layer: MapLayer, depth: LayerDepth, what: str) -> pd.DataFrame:
    """One row of the table of layers: what its channels share is called `what`."""
    quartiles = (
        np.percentile(depth.shared, [25, 50, 75, 100]) if len(depth.shared) else [np.nan] * 4
    )
    row: dict[str, Any] = {
        f"{what}_lower_quartile": quartiles[0],
        f"{what}_median": quartiles[1],
        f"{what}_upper_quartile": quartiles[2],
        f"{what}_highest": quartiles[3],
        f"{what}_by_chance": float(np.median(depth.chance)),
    }
    if len(depth.shared):
        row["above_chance"] = float(depth.above.mean())
    if depth.span is not None and depth.above.any():
        row["stretch_bp_median"] = float(np.median(depth.span[depth.above]))
    return layer_table_of([layer]).assign(**row)


def with_summary(found: Strongest, length: int, unit: str, label: str) -> Strongest:
    """With the figure from layer to layer first; `length` of the input is in `unit`."""
    figure = depth_figure(found.depths, length, unit=unit, label=label)
    name = "From layer to layer"
    note = "dots are channels, the bar their quartiles; orange: as many random windows"
    if unit == "bp":
        note += "; stretches of the channels that are above these"
    picture = Picture(image_uri(figure), name, note, f"Receptive field and {label} by layer")
    return replace(
        found,
        figures={"activations_depth": figure} | found.figures,
        pictures=[picture, *found.pictures],
    )


def figure_stem(layer: MapLayer) -> str:
    """The name of a layer's file, without what file systems dislike."""
    return "activations_top_" + re.sub(r"[^\w.-]", "_", layer.name, flags=re.ASCII)

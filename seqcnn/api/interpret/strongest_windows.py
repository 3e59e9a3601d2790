"""The windows of sequences that excite each layer's channels most, in tables and figures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.api.interpret.given import Given
from seqcnn.api.interpret.strongest import (
    Strongest,
    figure_stem,
    strongest_row,
    telling_channels,
    with_summary,
)
from seqcnn.api.model import Model
from seqcnn.encoders.dna import decode
from seqcnn.interpret.activations import MapLayer
from seqcnn.interpret.channel_windows import (
    ChannelWindows,
    channel_windows,
    random_windows,
    unlike,
    width_of,
)
from seqcnn.interpret.top_inputs import TopInputs
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.top_input_figures import LayerDepth, WindowRow, window_logos
from seqcnn.settings.interpret.activations import ActivationsSettings
from seqcnn.tasks.encoding import SequenceEncoding

LETTERED_ROWS = 8  # windows drawn beside a logo


def strongest_windows(
    model: Model,
    settings: ActivationsSettings,
    tops: list[TopInputs],
    given: Given,
    advance: Callable[[int], None],
) -> Strongest:
    """Logos of what excites each layer, and how much of it there is, in bits."""
    found = Strongest.none()
    for top in tops:
        found = found.joined(_windows_of_layer(model, settings, top, given))
        advance(1)
    return with_summary(found, model.length, "bp", "bits that a channel's windows share")


def _windows_of_layer(
    model: Model, settings: ActivationsSettings, top: TopInputs, given: Given
) -> Strongest:
    assert given.sequences is not None and isinstance(model.encoding, SequenceEncoding)
    codes, layer = given.sequences.codes, top.layer
    both = not model.encoding.stranded
    windows = {
        one.channel: one
        for one in channel_windows(top, codes, telling_channels(top), both_strands=both)
    }
    random = random_windows(top, codes, both_strands=both, seed=settings.seed)
    missing = [channel for channel in settings.channel if channel not in windows]
    windows |= {one.channel: one for one in channel_windows(top, codes, missing, both_strands=both)}
    if settings.channel:
        drawn = [(windows[channel], 0) for channel in settings.channel]
    else:
        ordered = sorted(windows.values(), key=lambda one: -one.bits)
        drawn = unlike(ordered, settings.channels_drawn)
    channels = pd.DataFrame([_channel_row(layer, one) for one in windows.values()])
    depth = LayerDepth(
        name=layer.name,
        field=layer.field[0] if layer.field else None,
        shared=np.array([one.bits for one in windows.values()]),
        chance=np.array([one.bits for one in random]),
        span=np.array([one.span for one in windows.values()], float),
    )
    figures, pictures = _drawn_logos(layer, drawn, top, model.length)
    return Strongest(
        table=pd.concat([_window_rows(layer, one, given) for one, _ in drawn], ignore_index=True)
        if drawn
        else pd.DataFrame(),
        channels=channels,
        drawn=pd.DataFrame([_channel_row(layer, one) | {"alike": more} for one, more in drawn]),
        layers=strongest_row(layer, depth, "bits"),
        figures=figures,
        pictures=pictures,
        depths=[depth],
        silent={layer.name: float((top.selectivity <= 0).mean())},
    )


def _channel_row(layer: MapLayer, one: ChannelWindows) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "consensus": one.consensus,
        "channel": one.channel,
        "bits": one.bits,
        "composition_bits": one.composition_bits,
        "informative_bp": len(one.columns),
        "stretch_bp": one.span,
        "highest": float(one.values.max()),
        "selectivity": one.selectivity,
        "turned_share": float(one.aligned.turned.mean()),
    }


def _window_rows(layer: MapLayer, one: ChannelWindows, given: Given) -> pd.DataFrame:
    width = one.aligned.codes.shape[1]
    return pd.DataFrame(
        {
            "layer": layer.name,
            "channel": one.channel,
            "rank": np.arange(1, len(one.rows) + 1),
            "input": [given.names[row] for row in one.rows],
            "start": one.starts,
            "end": one.starts + width,
            "strand": np.where(one.aligned.turned, "-", "+"),
            "activation": one.values,
            "sequence": [decode(codes) for codes in one.aligned.codes],
        }
    )


def _drawn_logos(
    layer: MapLayer, drawn: list[tuple[ChannelWindows, int]], top: TopInputs, length: int
) -> tuple[dict[str, Figure], list[Picture]]:
    if not drawn:
        return {}, []
    rows = [
        WindowRow(
            name=f"channel {one.channel}",
            counts=one.aligned.counts,
            codes=one.aligned.codes[:LETTERED_ROWS],
            note=f"{one.bits:.1f} bits in {len(one.columns)} of {len(one.aligned.codes[0])} bp"
            + (f", {more} channels are alike" if more > 1 else ", 1 is alike" if more else ""),
        )
        for one, more in drawn
    ]
    width = width_of(layer, length)
    seen = f"receptive field {layer.field[0]} bp" if layer.field else "sees the whole input"
    title = f"{layer.name}: {seen}"
    figure = window_logos(rows, title)
    k, number = top.values.shape[1], f"{top.inputs:,}"
    note = f"{len(drawn)} of {layer.channels} channels, the {k} strongest of {number} inputs"
    alt = f"Logos of the strongest {width} bp windows of {len(drawn)} channels of {layer.name}"
    return {figure_stem(layer): figure}, [
        Picture(image_uri(figure), f"What excites {layer.name}", note, alt)
    ]

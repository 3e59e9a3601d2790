"""The patches of pictures that excite each layer's channels most, in tables and figures."""

from collections.abc import Callable

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
from seqcnn.interpret.channel_patches import class_shares, patches_of, random_shares
from seqcnn.interpret.channel_windows import distinct_channels
from seqcnn.interpret.top_inputs import TopInputs
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.top_input_figures import LayerDepth, patch_figure
from seqcnn.report.words import percent
from seqcnn.settings.interpret.activations import ActivationsSettings

PATCHES = 9


def strongest_patches(
    model: Model,
    settings: ActivationsSettings,
    tops: list[TopInputs],
    given: Given,
    advance: Callable[[int], None],
) -> Strongest:
    """The nine patches that excite channels most, and how often they are of one class."""
    classes = _classes(model, settings, given)
    found = Strongest.none()
    for top in tops:
        found = found.joined(_patches_of_layer(model, settings, top, given, classes))
        advance(1)
    label = "share of the nine that are of one class"
    return with_summary(found, model.length, "pixels", label)


def _patches_of_layer(
    model: Model,
    settings: ActivationsSettings,
    top: TopInputs,
    given: Given,
    classes: np.ndarray,
) -> Strongest:
    layer = top.layer
    telling = telling_channels(top)
    shares = class_shares(top, telling, classes, PATCHES)
    chance = random_shares(classes, PATCHES, seed=settings.seed)
    wanted = 2 * settings.channels_drawn - settings.channels_drawn % 2
    chosen = settings.channel or distinct_channels(top, telling, wanted, model.length)
    share_of = dict(zip(telling, shares.tolist(), strict=True))
    take = given.examples.take
    crop = model.encoding.shape
    patches = {one: patches_of(top, one, take, crop, PATCHES) for one in chosen}
    sides = layer.field or crop
    depth = LayerDepth(layer.name, layer.field[0] if layer.field else None, shares, chance, None)
    rows = [
        {
            "layer": layer.name,
            "channel": channel,
            "class_share": float(share_of.get(channel, np.nan)),
            "highest": float(top.values[channel].max()),
            "selectivity": float(top.selectivity[channel]),
        }
        for channel in {*telling, *chosen}
    ]
    channels = pd.DataFrame(rows).sort_values(["selectivity"], ascending=False, ignore_index=True)
    figures, pictures = _drawn_patches(top, {one: share_of.get(one) for one in chosen}, patches)
    return Strongest(
        table=pd.concat([_patch_rows(top, one, given, sides) for one in chosen], ignore_index=True)
        if chosen
        else pd.DataFrame(),
        channels=channels,
        drawn=channels[channels["channel"].isin(chosen)].reset_index(drop=True),
        layers=strongest_row(layer, depth, "class_share"),
        figures=figures,
        pictures=pictures,
        depths=[depth],
        silent={layer.name: float((top.selectivity <= 0).mean())},
    )


def _drawn_patches(
    top: TopInputs, shares: dict[int, float | None], patches: dict[int, np.ndarray]
) -> tuple[dict[str, Figure], list[Picture]]:
    if not patches:
        return {}, []
    layer = top.layer
    field = " x ".join(map(str, layer.field)) + " pixels" if layer.field else "the whole picture"
    title = f"{layer.name}: each position sees {field}"
    names = [
        f"{channel}" + ("" if share is None else f": {percent(share, 0)} one class")
        for channel, share in shares.items()
    ]
    figure = patch_figure(list(patches.values()), names, title=title)
    note = f"the nine strongest patches of {len(patches)} of {layer.channels} channels"
    picture = Picture(
        image_uri(figure), f"What excites {layer.name}", note, f"Patches of {layer.name}"
    )
    return {figure_stem(layer): figure}, [picture]


def _patch_rows(top: TopInputs, channel: int, given: Given, sides: tuple[int, ...]) -> pd.DataFrame:
    starts = top.windows(channel)[:PATCHES]
    return pd.DataFrame(
        {
            "layer": top.layer.name,
            "channel": channel,
            "rank": np.arange(1, len(starts) + 1),
            "input": [given.names[row] for row in top.rows[channel, :PATCHES]],
            "row_start": starts[:, 0],
            "row_end": starts[:, 0] + sides[0],
            "column_start": starts[:, -1],
            "column_end": starts[:, -1] + sides[-1],
            "activation": top.values[channel, :PATCHES],
        }
    )


def _classes(model: Model, settings: ActivationsSettings, given: Given) -> np.ndarray:
    """The class of each picture: its label, else what is predicted."""
    if given.labels is not None:
        return np.asarray(given.labels[:, 0], np.int64)
    parts = model.predict_batches(given.examples, batch_size=settings.batch_size)
    return np.concatenate([part.argmax(1) for part in parts])

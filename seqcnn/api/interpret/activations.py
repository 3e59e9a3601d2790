"""What the layers of a network answer to: maps of inputs, and the inputs that excite them most."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.given import Given, read_given, site_images
from seqcnn.api.interpret.inputs import open_model
from seqcnn.api.interpret.layer_findings import layer_findings, layer_text
from seqcnn.api.interpret.layer_pictures import Looked, drawn_maps, read_pixels
from seqcnn.api.interpret.layer_tables import layer_table_of
from seqcnn.api.interpret.panel_tables import panel_table
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.interpret.scoring import value_words
from seqcnn.api.interpret.strongest import Strongest
from seqcnn.api.interpret.strongest_patches import strongest_patches
from seqcnn.api.interpret.strongest_windows import strongest_windows
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.errors import InputError
from seqcnn.interpret.activations import MapLayer, map_layers, named_layers, spread_layers
from seqcnn.interpret.layer_windows import located
from seqcnn.interpret.top_inputs import find_top_inputs
from seqcnn.report.panels import Panel
from seqcnn.report.style import shortened
from seqcnn.settings.interpret.activations import ActivationsSettings
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.pileup_encoding import PileupEncoding

VERB = "activations"
FEWEST = 20  # inputs, below which strongest ones say nothing
LEAD = (
    "The windows of all inputs that excite the channels of a few layers most, from early to late: "
    "deeper layers see more bases and can ask for longer or composed patterns. Then maps of the "
    "first inputs: where each channel answers, and how strongly. Worry when channels never answer, "
    "or when their windows share no more than random ones."
)


def activations(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """Maps of layers, and the inputs that excite their channels most.

    Keyword arguments are those of `ActivationsSettings`. The first network of the bundle is looked
    at, on the strand that is given. The table has a row for each strongest window of each drawn
    channel: its input, start and end (0-based, half-open, below 0 in the padding), strand and
    activation; `tables["layers"]` and `tables["channels"]` say what the windows have in common.
    With `layers=True` the table lists all layers instead, and no input is needed.

    Raises:
        InputError: a file, layer or channel cannot be used.
    """
    settings, write = asked(ActivationsSettings, bundle, input, config, flags)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    model = open_model(bundle, settings)
    shape = (len(model.encoding.channels), *model.encoding.shape)
    known = map_layers(model.networks[0], shape)
    if settings.layers:
        return _listing(known)
    layers = located(
        model.networks[0],
        named_layers(known, settings.layer, model.name) or spread_layers(known),
        shape,
        device=model.device,
    )
    _check_channels(layers, settings)
    if isinstance(model.encoding, PileupEncoding):
        reading = _of_site(model, settings, layers)
    else:
        reading = _of_inputs(model, settings, layers, console)
    return finished(reading, model, settings, write=write)


def _of_inputs(
    model: Model, settings: ActivationsSettings, layers: list[MapLayer], console: Console
) -> Reading:
    given = read_given(model, settings, console=console)
    number = min(settings.shown, len(given))
    taken = given.examples.take(np.arange(number))
    x = model.encoding.quick_views(torch.from_numpy(taken).to(model.device))[0]
    looked = Looked(model, layers, x, _titles(model, given, number), read_pixels(model, taken))
    arrays, pictures, figures = drawn_maps(looked)
    found = _strongest(model, settings, layers, given, console)
    figures |= found.figures
    pictures = [*found.pictures, *pictures]
    layer_rows = found.layers if len(found.layers) else layer_table_of(layers)
    panel = Panel(
        verb=VERB,
        title="What the layers answer to",
        lead=LEAD + _strand_words(model),
        tiles=[
            ("layers shown", str(len(layers)), ", ".join(layer.name for layer in layers)),
            ("inputs", f"{len(given):,}", "that strongest windows are taken from"),
        ],
        findings=layer_findings(found),
        pictures=pictures,
        tables=[
            panel_table("Layers", layer_rows),
            *([panel_table("Drawn channels", found.drawn)] if len(found.drawn) else []),
        ],
    )
    tables = {"layers": layer_rows}
    if len(found.channels):
        tables["channels"] = found.channels
    return Reading(
        verb=VERB,
        table=found.table if len(found.table) else layer_rows,
        panel=panel,
        figures=figures,
        tables=tables,
        arrays=arrays,
        text=layer_text(layer_rows, found),
    )


def _of_site(model: Model, settings: ActivationsSettings, layers: list[MapLayer]) -> Reading:
    images, names = site_images(model, settings, settings.site)
    images, names = images[: settings.shown], names[: settings.shown]
    x = model.encoding.inputs(torch.from_numpy(images).to(model.device))
    arrays, pictures, figures = drawn_maps(Looked(model, layers, x, list(names), images))
    table = layer_table_of(layers)
    panel = Panel(
        verb=VERB,
        title="What the layers make of a site",
        lead="Maps of the pileup image of one site, from its own channels through the layers: rows "
        "are fragments, columns positions about the site, until pooling mixes them.",
        tiles=[("site", names[0], ""), ("layers shown", str(len(layers)), "")],
        pictures=pictures,
        tables=[panel_table("Layers", table)],
    )
    return Reading(
        VERB, table, panel, figures=figures, arrays=arrays, text=table.to_string(index=False)
    )


def _titles(model: Model, given: Given, number: int) -> list[str]:
    values = next(model.predict_batches(given.examples.subset(np.arange(number))))
    words = value_words(model)
    # Of open chromatin and its signal, whose numbers cannot be compared, the probabilities.
    told = [place for place, word in enumerate(words) if word == words[0]]
    titles = []
    for name, row in zip(given.names, values, strict=False):
        best = max(told, key=lambda place: float(row[place]))
        kind = "probability of" if words[best] == "probability" else words[best]
        titles.append(f"{name}, {kind} {shortened(model.outputs[best])}: {row[best]:.3g}")
    return titles


def _strongest(
    model: Model,
    settings: ActivationsSettings,
    layers: list[MapLayer],
    given: Given,
    console: Console,
) -> Strongest:
    if len(given) < FEWEST:
        console.print(
            f"note: {len(given)} inputs are too few for the strongest of them to say anything "
            f"(wanted {FEWEST}); maps only"
        )
        return Strongest.none()
    with progress(console, "reading", len(given)) as advance:
        tops = find_top_inputs(
            model.networks[0],
            layers,
            given.examples,
            view=lambda taken: model.encoding.quick_views(taken)[0],
            k=settings.top,
            order=np.random.default_rng(settings.seed).permutation(len(given)),
            batch_size=settings.batch_size,
            device=model.device,
            precision=model.precision,
            advance=advance,
        )
    with progress(console, "aligning", len(tops)) as advance:
        if given.sequences is not None:
            return strongest_windows(model, settings, tops, given, advance)
        return strongest_patches(model, settings, tops, given, advance)


def _check_channels(layers: list[MapLayer], settings: ActivationsSettings) -> None:
    for channel in settings.channel:
        fewest = min(layers, key=lambda layer: layer.channels)
        if not 0 <= channel < fewest.channels:
            raise InputError(
                f"--channel {channel}: layer {fewest.name} has channels 0 to {fewest.channels - 1}"
            )


def _listing(layers: list[MapLayer]) -> Reading:
    table = layer_table_of(layers)
    panel = Panel(verb=VERB, title="Layers", lead="", tables=[panel_table("Layers", table)])
    return Reading(VERB, table, panel, text=table.to_string(index=False))


def _strand_words(model: Model) -> str:
    if not isinstance(model.encoding, SequenceEncoding) or model.encoding.stranded:
        return ""
    return (
        " Maps are of the strand as it is given; predictions average it with the other one, and "
        "windows were turned where that brings them into line."
    )

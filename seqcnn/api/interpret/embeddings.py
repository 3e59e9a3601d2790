"""An atlas of what the last layer of a network sees, and the nearest neighbours of inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.atlas_colours import chosen_colour, label_classes, predicted
from seqcnn.api.interpret.atlas_inputs import Atlas, read_atlas, wanted_rows
from seqcnn.api.interpret.atlas_tables import atlas_table, neighbour_table, odd_table
from seqcnn.api.interpret.atlas_words import atlas_findings, atlas_text, atlas_tiles
from seqcnn.api.interpret.inputs import chosen_tracks, open_model
from seqcnn.api.interpret.panel_tables import panel_table
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.model import Model
from seqcnn.interpret.atlas import (
    Components,
    principal_components,
    purity,
    tsne_points,
    umap_points,
)
from seqcnn.report.atlas_figures import Classes, Numbers, atlas_figure, variance_figure
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel
from seqcnn.settings.interpret.embeddings import EmbeddingsSettings

VERB = "embeddings"
MOST_POINTS = 5000
COMPONENTS = 10
NAMES = {"pca": "principal components", "tsne": "t-SNE", "umap": "UMAP"}
LEAD = (
    "One point an input: the numbers that the output layer of the first network reads, brought to "
    "two dimensions. Inputs that lie together look alike to the network. Worry when inputs of one "
    "label have neighbours of others as often as by chance, or when inputs of another origin lie "
    "apart from all that the network was trained on."
)


def embeddings(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """An atlas of inputs by what the output layer reads of them, and their nearest neighbours.

    Keyword arguments are those of `EmbeddingsSettings`. The table has a row an input: its name,
    its place in the atlas (`x`, `y`), labels, predictions, and the share of its nearest neighbours
    with the same label; `tables["neighbours"]` lists neighbours by cosine, `arrays` has the vectors
    float32 (N, D). Of more than 5,000 inputs as many are drawn, chosen by `seed`.

    Raises:
        InputError: a file, name or method cannot be used.
    """
    settings, write = asked(EmbeddingsSettings, bundle, input, config, flags)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    model = open_model(bundle, settings)
    track = chosen_tracks(model, settings.track)[0]
    atlas = read_atlas(model, settings, console)
    wanted = wanted_rows(atlas, settings, track)
    drawn = _drawn(len(atlas.given), settings, console)
    points, components = _points(atlas.vectors, drawn, settings)
    colours = _colours(model, atlas, settings, track)
    labelled = label_classes(atlas.given)
    same = None if labelled is None else purity(labelled.number, atlas.near)
    figures, pictures = _figures(points, drawn, components, colours, settings)
    neighbours = neighbour_table(model, atlas, wanted, track)
    odd = odd_table(model, atlas, labelled, same, track)
    panel = Panel(
        verb=VERB,
        title="What the last layer sees",
        lead=LEAD,
        tiles=atlas_tiles(atlas, components, same, settings),
        findings=atlas_findings(atlas, labelled, same, settings),
        pictures=pictures,
        tables=[
            panel_table("Nearest neighbours", neighbours),
            *([panel_table("Among inputs of another label", odd)] if len(odd) else []),
        ],
    )
    reading = Reading(
        verb=VERB,
        table=atlas_table(model, atlas, points, same, settings),
        panel=panel,
        figures=figures,
        tables={"neighbours": neighbours} | ({"odd": odd} if len(odd) else {}),
        arrays={"vectors": atlas.vectors, "points": points, "names": np.array(atlas.given.names)},
        text=atlas_text(atlas, components, panel.findings, neighbours),
    )
    return finished(reading, model, settings, write=write)


def _drawn(number: int, settings: EmbeddingsSettings, console: Console) -> np.ndarray:
    if number <= MOST_POINTS:
        return np.arange(number)
    console.print(f"note: {MOST_POINTS:,} of {number:,} inputs are drawn, chosen at random")
    generator = np.random.default_rng(settings.seed)
    return np.sort(generator.choice(number, MOST_POINTS, replace=False))


def _points(
    vectors: np.ndarray, drawn: np.ndarray, settings: EmbeddingsSettings
) -> tuple[np.ndarray, Components]:
    """Places (N, 2) in the atlas, NaN of inputs that are not drawn, and principal components."""
    components = principal_components(vectors[drawn], COMPONENTS)
    if settings.method == "tsne":
        found = tsne_points(vectors[drawn], seed=settings.seed)
    elif settings.method == "umap":
        found = umap_points(vectors[drawn], seed=settings.seed)
    else:
        found = components.points[:, :2]
        found = np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    points = np.full((len(vectors), 2), np.nan)
    points[drawn] = found
    return points, components


def _colours(
    model: Model, atlas: Atlas, settings: EmbeddingsSettings, track: int
) -> dict[str, Classes | Numbers]:
    """By the stem of its figure: what is asked for, or label and prediction, and the origin."""
    given, values = atlas.given, atlas.values
    found: dict[str, Classes | Numbers] = {}
    if settings.compare is not None and settings.input is not None:
        names = (settings.input.name, settings.compare.name)
        found["origin"] = Classes("input", atlas.source, names)
    if settings.colour is not None:
        colour = chosen_colour(settings.colour, model, given, values, track)
        return found | {"atlas": colour}
    labelled = label_classes(given)
    if labelled is not None:
        found["label"] = labelled
    elif given.labels is not None:
        found["label"] = Numbers(given.label_names[0], given.labels[:, 0])
    return found | {"prediction": predicted(model, values, track)}


def _figures(
    points: np.ndarray,
    drawn: np.ndarray,
    components: Components,
    colours: dict[str, Classes | Numbers],
    settings: EmbeddingsSettings,
) -> tuple[dict[str, Figure], list[Picture]]:
    name = NAMES[settings.method]
    share = [*(100 * components.share[:2]), 0.0, 0.0]
    axes = (f"{name} 1", f"{name} 2")
    if settings.method == "pca":
        first, second = (f"component {i + 1} ({share[i]:.1f} % of the variance)" for i in (0, 1))
        axes = (first, second)
    figures, pictures = {}, []
    for stem, colour in colours.items():
        if isinstance(colour, Classes):
            shown: Classes | Numbers = replace(colour, number=colour.number[drawn])
        else:
            shown = replace(colour, values=colour.values[drawn])
        figure = atlas_figure(points[drawn], shown, axes_names=axes, ticks=settings.method == "pca")
        figures[f"embeddings_{stem}"] = figure
        note = f"{len(drawn):,} inputs, {name}"
        pictures.append(
            Picture(image_uri(figure), f"By {colour.name}", note, f"Atlas by {colour.name}")
        )
    if settings.method == "pca":
        figure = variance_figure(components.share)
        figures["embeddings_variance"] = figure
        pictures.append(Picture(image_uri(figure), "Variance", "", "Variance by component"))
    return figures, pictures

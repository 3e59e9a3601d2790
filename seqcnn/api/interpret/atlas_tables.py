"""Tables of an atlas: its inputs, their neighbours, and those among inputs of another label."""

from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.interpret.atlas_inputs import Atlas
from seqcnn.api.interpret.given import Given
from seqcnn.api.model import Model
from seqcnn.interpret.atlas import Purity
from seqcnn.report.atlas_figures import Classes
from seqcnn.settings.interpret.embeddings import EmbeddingsSettings

ODD = 0.9  # share of neighbours with another label that makes an input odd


def atlas_table(
    model: Model,
    atlas: Atlas,
    points: np.ndarray,
    same: Purity | None,
    settings: EmbeddingsSettings,
) -> pd.DataFrame:
    """A row an input: its place, origin, labels, predictions and the purity of its neighbours."""
    given = atlas.given
    columns: dict[str, Any] = {"input": given.names, "x": points[:, 0], "y": points[:, 1]}
    if settings.compare is not None and settings.input is not None:
        files = (settings.input.name, settings.compare.name)
        columns["origin"] = [files[number] for number in atlas.source]
    if given.labels is not None:
        if given.classes or len(given.label_names) == 1:
            columns["label"] = label_words(given)
        else:
            for number, name in enumerate(given.label_names):
                columns[f"label_{name}"] = given.labels[:, number]
    if same is not None:
        columns["neighbours_with_its_label"] = same.each
    for number, name in enumerate(model.outputs):
        columns[f"predicted_{name}"] = atlas.values[:, number]
    return pd.DataFrame(columns)


def label_words(given: Given) -> list[str]:
    """Each input's label in a word; the names of its labels where they are several."""
    if given.labels is None:
        return [""] * len(given.names)
    if given.classes:
        return [given.label_names[int(number)] for number in given.labels[:, 0]]
    if len(given.label_names) == 1:
        return [f"{value:g}" for value in given.labels[:, 0]]
    return [
        ", ".join(name for name, value in zip(given.label_names, row, strict=True) if value > 0)
        for row in given.labels
    ]


def neighbour_table(model: Model, atlas: Atlas, rows: list[int], track: int) -> pd.DataFrame:
    """The nearest neighbours of some inputs, nearest first."""
    names, labels = atlas.given.names, label_words(atlas.given)
    values, output = _value_words(model, atlas.values, track)
    found = []
    for row in rows:
        for rank, (other, cosine) in enumerate(
            zip(atlas.near[row], atlas.cosine[row], strict=True), 1
        ):
            found.append(
                {
                    "input": names[row],
                    "neighbour": names[other],
                    "label": labels[row],
                    "neighbour_label": labels[other],
                    "rank": rank,
                    "cosine": float(cosine),
                    output: values[row],
                    f"neighbour_{output}": values[other],
                }
            )
    table = pd.DataFrame(found)
    if atlas.given.labels is None:
        table = table.drop(columns=["label", "neighbour_label"])
    return table


def _value_words(model: Model, values: np.ndarray, track: int) -> tuple[list[Any], str]:
    """Each input's prediction as a table shows it, and the name of that column."""
    if model.target.baselines == "multiclass" and values.shape[1] > 2:
        return [model.outputs[number] for number in values.argmax(1)], "predicted"
    return [float(value) for value in values[:, track]], "prediction"


def odd_table(
    model: Model, atlas: Atlas, labelled: Classes | None, same: Purity | None, track: int
) -> pd.DataFrame:
    """Inputs whose neighbours have another label: hard ones, or wrongly labelled ones."""
    if same is None or labelled is None:
        return pd.DataFrame()
    values, output = _value_words(model, atlas.values, track)
    labels = label_words(atlas.given)
    rows = np.flatnonzero(same.each <= 1 - ODD)
    rows = rows[np.argsort(same.each[rows], kind="stable")]
    return pd.DataFrame(
        {
            "input": [atlas.given.names[row] for row in rows],
            "label": [labels[row] for row in rows],
            "neighbours_with_its_label": same.each[rows],
            output: [values[row] for row in rows],
        }
    )

"""What an atlas says, in numbers and sentences."""

from collections.abc import Sequence

import pandas as pd

from seqcnn.api.interpret.atlas_inputs import Atlas
from seqcnn.interpret.atlas import Components, Purity, purity
from seqcnn.report.atlas_figures import Classes
from seqcnn.report.records import Finding
from seqcnn.report.words import percent
from seqcnn.settings.interpret.embeddings import EmbeddingsSettings


def atlas_tiles(
    atlas: Atlas, components: Components, same: Purity | None, settings: EmbeddingsSettings
) -> list[tuple[str, str, str]]:
    """How many, in how many dimensions, and how pure: label, value and note of each number."""
    count, dim = atlas.vectors.shape
    two = 100 * float(components.share[:2].sum())
    tiles = [
        ("inputs", f"{count:,}", ""),
        ("numbers an input", f"{dim:,}", "that the output layer reads"),
        ("in two components", f"{two:.0f} %", "of the variance"),
    ]
    if same is not None:
        near = f"of the {atlas.near.shape[1]} nearest; by chance {percent(same.by_chance, 0)}"
        tiles.append(("neighbours of the same label", percent(same.mean, 0), near))
    if settings.compare is not None:
        apart = purity(atlas.source, atlas.near)
        near = f"by chance {percent(apart.by_chance, 0)}"
        tiles.append(("neighbours of the same origin", percent(apart.mean, 0), near))
    return tiles


def atlas_findings(
    atlas: Atlas, labelled: Classes | None, same: Purity | None, settings: EmbeddingsSettings
) -> list[Finding]:
    """Whether inputs of one label, and those of two files, lie together."""
    found = []
    if same is not None and labelled is not None:
        better = same.mean > same.by_chance + 0.5 * (1 - same.by_chance)
        text = (
            f"{percent(same.mean, 0)} of an input's {atlas.near.shape[1]} nearest neighbours have "
            f"its label ({labelled.name}); by chance {percent(same.by_chance, 0)} would"
        )
        found.append(Finding("good" if better else "warning", text))
    if settings.compare is not None:
        apart = purity(atlas.source, atlas.near)
        far = apart.mean > apart.by_chance + 0.5 * (1 - apart.by_chance)
        text = (
            f"{percent(apart.mean, 0)} of an input's nearest neighbours come from the same file, "
            f"{percent(apart.by_chance, 0)} would by chance: the two "
            + ("lie apart" if far else "lie among each other")
        )
        found.append(Finding("warning" if far else "good", text))
    return found


def atlas_text(
    atlas: Atlas, components: Components, findings: Sequence[Finding], neighbours: pd.DataFrame
) -> str:
    """Numbers, findings and the three nearest neighbours, for the terminal."""
    count, dim = atlas.vectors.shape
    lines = [
        f"{count:,} inputs, {dim:,} numbers each; two principal components have "
        f"{percent(components.share[:2].sum(), 1)} of the variance",
        *(finding.text for finding in findings),
    ]
    listed = neighbours[neighbours["rank"] <= 3]
    return "\n".join([*lines, listed.to_string(index=False, float_format=lambda v: f"{v:.3g}")])

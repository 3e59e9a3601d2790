"""Settings of `seqcnn interpret embeddings`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class EmbeddingsSettings(InterpretSettings):
    """How the atlas is made and coloured, and whose neighbours are listed."""

    input: Path | None = Field(
        None,
        description="sequences: regions (BED, with --genome), FASTA, or a table with a sequence "
        "column; for other bundles a picture or a folder of pictures, or a BAM with --site",
    )
    method: Literal["pca", "tsne", "umap"] = Field(
        "pca", description="how vectors become points (umap needs the extra 'interpret')"
    )
    colour: str | None = Field(
        None,
        description="label, prediction, gc, or the name of a label or output; another column of a "
        "table with --label-column. Default: label where there is one, else prediction",
    )
    neighbours_of: list[str] = Field(
        [], description="inputs by name or number from 1; the surest and the least sure else"
    )
    neighbours: int = Field(10, ge=1, le=100, description="nearest neighbours that are looked at")
    compare: Path | None = Field(
        None, description="other input of the same kind, to be shown in the same atlas"
    )
    max_sequences: int = Field(5000, ge=3, description="use at most so many of the input")
    site: str | None = Field(
        None,
        description="for a bundle that reads pileups: the region of INPUT, a BAM, whose candidate "
        "sites are shown, such as chr20:10,000,001-10,050,000 (1-based)",
    )

"""Settings of `seqcnn interpret filters`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class FiltersSettings(InterpretSettings):
    """How filters become motifs, what these are compared with, and what is silenced."""

    motifs: Path | None = Field(
        None, description="database of motifs (MEME format) that the filters are compared with"
    )
    threshold: float = Field(
        0.7,
        ge=0,
        lt=1,
        description="a sequence's strongest site counts from this share of the filter's highest "
        "activation on",
    )
    flank: int = Field(0, ge=0, le=20, description="bp of each site's surroundings to show as well")
    trim: float = Field(
        0.25, ge=0, lt=2, description="bits below which columns at a motif's ends are cut off"
    )
    silence: int = Field(
        32, ge=0, description="filters, the most important first, to silence one by one"
    )
    silenced_on: int = Field(
        500,
        ge=10,
        description="sequences on which filters are silenced; without negatives in the input as "
        "many of their dinucleotide shuffles come to them",
    )
    alike: float = Field(
        0.8, gt=0, le=1, description="correlation from which on filters are one group"
    )

"""Settings of `seqcnn interpret activations`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class ActivationsSettings(InterpretSettings):
    """Which layers and channels are shown, and for which inputs."""

    input: Path | None = Field(
        None,
        description="sequences: regions (BED, with --genome), FASTA, or a table with a sequence "
        "column; for other bundles a picture or a folder of pictures, or a BAM with --site",
    )
    layer: list[str] = Field(
        [], description="layers to show, or blocks; a few from early to late when not given"
    )
    layers: bool = Field(False, description="list the layers with shapes and receptive fields")
    channel: list[int] = Field(
        [], description="channels whose strongest windows are drawn, from 0; the most telling else"
    )
    channels_drawn: int = Field(
        6, ge=1, le=24, description="channels a layer whose strongest windows are drawn"
    )
    top: int = Field(50, ge=9, description="strongest windows a channel, one an input")
    shown: int = Field(3, ge=1, le=6, description="inputs, from the first, whose maps are drawn")
    site: str | None = Field(
        None,
        description="for a bundle that reads pileups: the position of INPUT, a BAM, such as "
        "chr20:10001436 (1-based)",
    )

"""Settings of `seqcnn join`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.base import Settings


class JoinSettings(Settings):
    """Everything `seqcnn join` can be told."""

    images: Path = Field(description="folder of a run of `seqcnn train --task variants`")
    counts: Path = Field(description="folder of one on the same data with `--encoder counts`")
    out: Path = Field(description="bundle to write, such as both.safetensors")
    gq: float = Field(20.0, ge=0, description="GQ of the counts from which on they settle a site")

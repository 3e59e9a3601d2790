"""Settings of `seqcnn release`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.base import Settings


class ReleaseSettings(Settings):
    """Everything `seqcnn release` can be told."""

    run: Path = Field(description="folder of a run of `seqcnn train`, or a bundle")
    out: Path = Field(description="bundle to write, such as illumina.safetensors")
    comparison: list[str] = Field(
        [], description="accuracy to tell: a name and a folder of `seqcnn compare --out`"
    )
    note: str | None = Field(None, description="what to know first")
    not_for: list[str] = Field([], description="what the model must not be used for")
    source: list[str] = Field([], description="where the training data come from")
    licence: str | None = Field(None, description="of the weights; default: what the run says")

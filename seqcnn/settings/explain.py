"""Settings of `seqcnn explain`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.calling import ReadsSettings


class ExplainSettings(ReadsSettings):
    """Everything `seqcnn explain` can be told."""

    position: str = Field(
        description="such as chr20:10001436 (1-based), or chr20:10,001,436:A>G for one allele"
    )
    out: Path | None = Field(
        None, description="folder for the images by channel as PNG, the text and the JSON"
    )
    occlusion: bool = Field(
        True,
        description="with --out: what the call rests on, by hiding fragments, channels, columns "
        "and numbers, and by gradients; --occlusion tells it without --out, too",
    )
    json_out: Path | None = Field(None, description="write all numbers here as JSON")

"""Settings of `seqcnn gather`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.base import Settings


class GatherSettings(Settings):
    """Everything `seqcnn gather` can be told."""

    shards: list[Path] = Field(
        min_length=1, description="the .calls of one call, or folders of them, in any order"
    )
    out: Path = Field(description="a .vcf.gz or .vcf")
    regions: list[str] = Field(
        [],
        description="what the shards must hold together, as `call-variants --regions` takes it; "
        "default: every contig that has reads",
    )

"""Settings of `seqcnn draw`: those of training that decide what images look like."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from seqcnn.settings.base import Settings
from seqcnn.settings.training import DataSettings


def _as_in_training(name: str) -> Any:
    return DataSettings.model_fields[name]


class DrawSettings(Settings):
    """Flags of `seqcnn draw`; its `--config` may hold any setting of `seqcnn train`."""

    bam: list[Path] = _as_in_training("bam")
    reference: list[Path] = _as_in_training("reference")
    truth: list[Path] = _as_in_training("truth")
    confident: list[Path] = _as_in_training("confident")
    regions: Path | None = _as_in_training("regions")
    contig_alias: str | None = _as_in_training("contig_alias")
    out: Path = Field(description="a .json: how many images, candidate recall, what reads are like")
    images_folder: Path | None = Field(
        None, description="where images are kept, and where `seqcnn train` is to look for them"
    )
    preset: Literal["illumina", "hifi", "ont"] = _as_in_training("preset")
    encoder: Literal["compact", "combined", "deepvariant", "counts"] = _as_in_training("encoder")
    scheme: Literal["joint", "pairs"] = _as_in_training("scheme")
    rows: int = _as_in_training("rows")
    columns: int = _as_in_training("columns")
    realign: bool = _as_in_training("realign")
    downsample: list[float] = _as_in_training("downsample")
    split_seed: int = _as_in_training("split_seed")
    processes: int = _as_in_training("processes")

"""Settings of `seqcnn check` and `seqcnn split`: those of the data, as `seqcnn train` has them."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.training import DataSettings, SequenceSettings


class CheckSettings(DataSettings):
    """Everything `seqcnn check` can be told."""

    task: str = Field("accessibility", description="accessibility, binding, images or variants")
    out: Path | None = Field(
        None, description="folder for check.json and check.html; without it they are only printed"
    )


class SplitSettings(SequenceSettings):
    """Everything `seqcnn split` can be told: nothing of images or reads, which have no windows."""

    task: str = Field("accessibility", description="accessibility or binding")
    out: Path = Field(Path("split"), description="folder of the results")
    overwrite: bool = Field(False, description="replace other splits in --out")

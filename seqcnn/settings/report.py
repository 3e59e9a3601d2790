"""Settings of `seqcnn report`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.base import Settings


class ReportSettings(Settings):
    """Everything `seqcnn report` can be told."""

    paths: list[Path] = Field(
        min_length=1,
        description="folders of seqcnn train, compare and interpret, bundles, JSON of evaluate, "
        "called VCFs, outputs of score-variants; what each is, is found from its content",
    )
    out: Path | None = Field(
        None,
        description="the page (.html); its tables are written beside it as .tsv; "
        "without it what is found is only counted",
    )
    title: str = Field("Report", description="heading of the page")

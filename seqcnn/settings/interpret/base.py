"""Settings that all verbs of `seqcnn interpret` share."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.base import Settings


class InterpretSettings(Settings):
    """The bundle, the sequences it is shown, and where the results go."""

    bundle: Path = Field(description="a trained bundle (model.safetensors)")
    input: Path | None = Field(
        None,
        description="sequences to read: regions (BED, with --genome), FASTA, or a table with a "
        "sequence column",
    )
    out: Path = Field(
        Path("interpretation"),
        description="folder for tables, figures and report.html; several verbs may share it",
    )
    track: list[str] = Field([], description="outputs to look at; all when not given")
    genome: Path | None = Field(None, description="FASTA that the regions are of")
    contig_alias: str | None = Field(
        None, description="add-chr, strip-chr, roman, a two-column TSV, or a=b,c=d"
    )
    sequence_column: str | None = Field(None, description="of a table; found by its name else")
    label_column: str | None = Field(None, description="of a table; found by its name else")
    max_sequences: int = Field(1000, ge=1, description="use at most so many of the input")
    choose: Literal["random", "first"] = Field(
        "random", description="which of them, where there are more"
    )
    seed: int = Field(0, ge=0, description="of everything random")
    batch_size: int = Field(256, ge=1, description="sequences at a time; bounds the memory")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    precision: Literal["auto", "32", "bf16", "16"] = Field("32", description="of the network")


# How the help of every verb groups these.
INPUT_PANEL = (
    *("genome", "contig_alias", "sequence_column", "label_column"),
    *("max_sequences", "choose"),
)
MACHINE_PANEL = ("batch_size", "device", "precision", "seed", "config")

"""Settings of `seqcnn score-variants`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from seqcnn.settings.base import Settings


class ScoreVariantsSettings(Settings):
    """Everything `seqcnn score-variants` can be told."""

    bundle: Path = Field(description="a trained bundle that reads sequences (model.safetensors)")
    vcf: Path = Field(description="the variants: VCF (plain, gzip, bgzip) or BCF, in any order")
    genome: Path = Field(description="FASTA of the assembly that the VCF is of")
    out: Path | None = Field(
        None,
        description="a .vcf.gz, .vcf, .bcf, .tsv, .tsv.gz or .parquet; default: the name of the "
        "VCF with .scored.vcf.gz, here",
    )
    track: list[str] = Field([], description="outputs to score; all when not given")
    shifts: str = Field(
        "-1,0,1", description="windows are moved by each of these bp, and scores averaged"
    )
    background: str = Field(
        "random:1000",
        description="what quantiles are of: random:NUMBER substitutions of the genome, a VCF of "
        "variants without effect (common ones), or none",
    )
    ref_mismatch: Literal["error", "skip", "swap", "annotate"] = Field(
        "error",
        description="where REF is not in the genome: stop; leave without a score; score the other "
        "way round if ALT is in the genome; score with REF written into it",
    )
    max_n: float = Field(
        0.1, ge=0, le=1, description="no score where more than this share of a window is N"
    )
    contig_alias: str | None = Field(
        None, description="add-chr, strip-chr, roman, a two-column TSV, or a=b,c=d"
    )
    seed: int = Field(0, ge=0, description="of the background")
    batch_size: int = Field(256, ge=1, description="sequences at a time; bounds the memory")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1, mps")
    precision: Literal["auto", "32", "bf16", "16"] = Field("32", description="of the network")
    resume: bool = Field(True, description="go on with a run that was stopped")

    @field_validator("shifts", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        """In Python and YAML a list of numbers will do."""
        if isinstance(value, int):
            return str(value)
        return ",".join(map(str, value)) if isinstance(value, list | tuple) else value

    @field_validator("shifts")
    @classmethod
    def _whole_numbers(cls, value: str) -> str:
        try:
            found = {int(part) for part in value.split(",")}
        except ValueError:
            raise ValueError("wanted numbers of bp with commas between, as -1,0,1") from None
        return ",".join(map(str, sorted(found)))

    @property
    def shifts_in_bp(self) -> tuple[int, ...]:
        """`shifts` as numbers, in order."""
        return tuple(int(part) for part in self.shifts.split(","))

"""Settings of `seqcnn compare`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.base import Settings


class CompareSettings(Settings):
    """Everything `seqcnn compare` can be told."""

    truth: Path = Field(description="VCF or BCF of the true variants")
    calls: Path = Field(description="VCF or BCF of the calls to judge")
    reference: Path = Field(description="FASTA that both are of")
    confident: Path | None = Field(
        None, description="BED in which the truth is complete; records elsewhere are not counted"
    )
    regions: list[str] = Field(
        [], description="compare these alone: contig, contig:start-end, or a BED file; repeatable"
    )
    out: Path | None = Field(
        None,
        description="folder for report.html, summary.json, summary.tsv, roc.tsv and the records as "
        "tp-baseline, fn, tp and fp .vcf.gz",
    )
    json_out: Path | None = Field(None, description="write all numbers here as JSON")
    match: Literal["genotype", "allele"] = Field(
        "genotype", description="what must agree; allele = one alternative allele of a record"
    )
    overlap: Literal["strict", "loose"] = Field(
        "strict",
        description="records of one file that overlap: strict = a record takes its whole REF on "
        "both copies (vcfeval's default), loose = only the bases an allele changes, on its copy",
    )
    pass_only: bool = Field(False, description="leave out calls with a FILTER other than PASS")
    sample: str | None = Field(None, description="of the calls, when they have several")
    truth_sample: str | None = Field(None, description="of the truth, when it has several")
    seed: int = Field(0, ge=0, description="of the bootstrap")

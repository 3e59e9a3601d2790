"""Settings of calling and of its explanations."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.base import Settings


class ReadsSettings(Settings):
    """Which reads are looked at, against which reference, with which model."""

    bam: Path = Field(description="sorted, indexed BAM or CRAM of one sample")
    reference: Path | None = Field(
        None,
        description="FASTA; default: $SEQCNN_REFERENCE, else the one the header names, else "
        "rebuilt from the reads' MD tags",
    )
    sample: str | None = Field(None, description="which one, where the file has several")
    model: Path | None = Field(
        None, description="a bundle of `seqcnn train --task variants`; default: the preset's"
    )
    preset: Literal["illumina", "hifi", "ont"] | None = Field(
        None,
        description="what sequenced the reads: illumina, hifi or ont; default: what the model "
        "is for, else illumina",
    )
    contig_alias: str | None = Field(
        None, description="add-chr, strip-chr, roman, a two-column TSV, or a=b,c=d"
    )
    min_mapping_quality: int | None = Field(
        None, ge=0, description="reads below it are not used; default: the model's, most often 5"
    )
    min_base_quality: int | None = Field(
        None, ge=0, description="bases below it are not used; default: the model's, most often 10"
    )
    min_count_snp: int | None = Field(
        None, ge=1, description="fragments that make a candidate; default: the model's (2)"
    )
    min_count_indel: int | None = Field(
        None, ge=1, description="fragments that make a candidate; default: the model's (2)"
    )
    min_fraction_snp: float | None = Field(
        None, ge=0, le=1, description="share that makes a candidate; default: the model's (0.12)"
    )
    min_fraction_indel: float | None = Field(
        None, ge=0, le=1, description="share that makes a candidate; default: the model's (0.06)"
    )
    cascade: bool = Field(
        True,
        description="let counts of fragments settle the sites that they are sure of, where the "
        "model has such a part; else images judge all",
    )
    min_quality: float = Field(3.0, ge=0, description="variants with a lower QUAL are LowQual")
    allow_truncated: bool = Field(False, description="call a BAM whose end is missing")
    make_index: bool = Field(False, description="make the index of the BAM if it is missing")


class CallSettings(ReadsSettings):
    """Everything `seqcnn call-variants` can be told."""

    out: Path | None = Field(
        None,
        description="a .vcf.gz or .vcf, or a .calls: a shard for `seqcnn gather`; default: the "
        "name of the reads with .vcf.gz, here",
    )
    regions: list[str] = Field(
        [], description="such as chr20, chr20:1,000-2,000 (1-based, both included) or a BED file"
    )
    shard: list[str] = Field(
        [],
        description="call only what of the regions lies here, such as chr20:1-1,000,000, into a "
        ".calls for `seqcnn gather`",
    )
    sites: Path | None = Field(
        None, description="VCF: genotype its alleles, and nothing else, whatever the reads show"
    )
    include_ref_calls: bool = Field(
        False, description="keep candidates that were called as the reference (RefCall)"
    )
    threads: int = Field(0, ge=0, description="processes; 0 = all cores")
    device: str = Field("cpu", description="cpu, cuda, cuda:1, mps or auto")
    precision: Literal["auto", "32", "bf16", "16"] = Field(
        "32",
        description="of the network; bf16 is faster where the processor has it (auto takes it "
        "there) and moves QUAL and PL a little",
    )
    chunk_size: int | None = Field(
        None, ge=1000, description="bp a process calls at a time; calls do not depend on it"
    )
    resume: bool = Field(True, description="go on with a run that was stopped")

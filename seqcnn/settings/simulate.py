"""Settings of `seqcnn simulate`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.base import Settings


class SimulateSettings(Settings):
    """Everything `seqcnn simulate` can be told."""

    reference: Path = Field(description="FASTA that the reads are made from and aligned to")
    out: Path = Field(description="folder for sample.bam, truth.vcf.gz, confident.bed")
    truth: Path | None = Field(None, description="VCF of variants to plant; default: drawn")
    truth_sample: str | None = Field(None, description="sample of --truth, when it has several")
    spectrum: Path | None = Field(
        None, description="VCF whose rates, sizes and zygosity drawn variants have"
    )
    confident: Path | None = Field(
        None, description="BED in which --truth is trusted; confident.bed is kept inside it"
    )
    regions: str | None = Field(
        None, description="BED, or comma-separated contigs and regions (chr20:1001-2000)"
    )
    sample: str = Field("simulated", description="name of the sample in BAM and VCF")
    preset: Literal["illumina", "hifi", "ont"] = Field("illumina", description="sequencer")
    profile: str = Field(
        "novaseq",
        description="a built-in profile, a BAM to learn one from, or a JSON of --write-profile",
    )
    write_profile: Path | None = Field(None, description="write the learned profile here (JSON)")
    coverage: float = Field(30.0, gt=0, description="mean depth, duplicates left out")
    read_length: int = Field(0, ge=0, le=1000, description="bases a read; 0 = the profile's")
    fragment_length: int = Field(0, ge=0, description="median bp of a fragment; 0 = the profile's")
    density: float = Field(1.0, gt=0, description="drawn variants, times the natural number")
    transitions: float = Field(2.1, gt=0, description="drawn transitions for each transversion")
    errors: float = Field(1.0, ge=0, description="times the profile's substitution errors")
    stutter: float = Field(1.0, ge=0, description="times the profile's indel errors in repeats")
    strand_errors: float = Field(
        1.0, ge=0, description="times the profile's positions that one strand misreads"
    )
    dispersion: float | None = Field(
        None, ge=0, description="unevenness of coverage (sd of its log); default: the profile's"
    )
    gc_bias: float = Field(1.0, ge=0, description="times the profile's bias by GC content")
    duplicates: float | None = Field(
        None, ge=0, lt=0.9, description="share of reads; default: the profile's"
    )
    marked: float = Field(1.0, ge=0, le=1, description="share of duplicates flagged as such")
    chimeras: float | None = Field(
        None, ge=0, lt=0.5, description="share of fragments; default: the profile's"
    )
    contamination: float = Field(
        0.0, ge=0, lt=0.5, description="share of reads from another person"
    )
    copies: float = Field(
        0.002,
        ge=0,
        lt=0.5,
        description="share of the sequence with a diverged copy that the reference lacks",
    )
    paralogs: float = Field(
        0.02,
        ge=0,
        lt=0.5,
        description="share of the sequence with a diverged copy elsewhere in the reference",
    )
    confident_copies: bool = Field(True, description="keep places with copies in confident.bed")
    aligner: Literal["minimap2", "bwa"] = Field(
        "minimap2", description="minimap2 in process (mappy), or the program bwa"
    )
    md: bool = Field(True, description="write MD tags")
    seed: int = Field(0, ge=0, lt=2**31, description="of everything random")
    processes: int = Field(0, ge=0, description="processes; 0 = all cores")
    overwrite: bool = Field(False, description="replace the simulation in --out")

"""The sets of reads with a truth that `caller_accuracy.py` calls, and where they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pysam
from caller_simulated import DEPTHS, Sample, Workshop

ALL = ("seqcnn", "counts", "bcftools", "freebayes", "oracle")


@dataclass(frozen=True)
class CallSet:
    """Reads, truth, and where the two can be compared.

    `false_calls` says whether the truth is complete enough to call anything false: "all" (there is
    a BED, or the reads are simulated), "upper bound" (holes in the truth count as false calls), or
    "none". `group` chooses the table.
    """

    name: str
    group: str  # "real", "simulated" or "ends"
    use: str  # "test", "tuning" or "held out"
    bam: Path
    reference: Path
    truth: Path
    regions: tuple[str, ...]
    confident: Path | None = None
    copies: Path | None = None
    false_calls: str = "all"
    preset: str = "illumina"
    truth_sample: str | None = None
    callers: tuple[str, ...] = field(default=ALL)


def real_sets(data: Path, cache: Path) -> list[CallSet]:
    """The real slices below `data`; a reference that needs to be padded is written to `cache`."""
    reference = data / "reference"
    chr20 = data / "illumina_NA12878_hg19_chr20_52x"
    nist = chr20 / "test_nist.b37_chr20_100kbp_at_10mb"
    deep = chr20 / "NA12878_S1.chr20.10_10p1mb.bam"
    hg19 = reference / "hg19.chr20.unittest.fa.gz"
    chr22 = reference / "grch38.chr22_16.57-16.80M.masked.fa.gz"
    panel = data / "illumina_NA12878_grch38_chr22_33x"
    three = data / "illumina_1000G_grch38_chr22_3samples"
    slice20 = ("chr20:10000001-10100000",)
    shallow = data / "illumina_NA12878_b37_chr20_7x"
    hg002 = data / "truth/HG002_v4.2.1_grch38_chr20_0-9.99M"
    grch38 = reference / "grch38.chr20_chr21_0-10M.fa.gz"
    chr1 = data / "illumina_NA12878_b37_chr1_30x"
    known = [nist.with_name(nist.name + ending) for ending in (".vcf.gz", ".bed")]
    sets = [
        CallSet("NA12878 52x, inside the BED", "real", "test", deep, hg19, known[0], slice20,
                known[1]),
        CallSet("NA12878 52x, all 100 kb", "real", "test", deep, hg19, known[0], slice20,
                false_calls="upper bound"),
        CallSet("the same, from CRAM", "real", "test", deep.with_suffix(".cram"), hg19, known[0],
                slice20, false_calls="upper bound", callers=("seqcnn", "counts")),
        CallSet("NA12878 7x", "real", "test", shallow / "gatk_mini_bundle_extract.bam",
                reference / "b37.20.unittest.fa.gz",
                shallow / "HG001_v3.3.2_b37_chr20_unittest_windows.vcf.gz",
                ("20:10000001-10270000",), false_calls="upper bound"),
        CallSet("NA12878 33x, panel", "real", "tuning",
                panel / "NA12878.30x.GRCh38.chr22_16600000-16800000.bam", chr22,
                panel / "NA12878.1000GP.chr22.s.bcf", ("chr22:16600001-16799000",),
                false_calls="none"),
        *(
            CallSet(f"{person} 30x, panel", "real", "tuning",
                    three / f"{person}.30x.chr22_16570000-16610000.bam", chr22,
                    three / f"{person}.1000GP.chr22.bcf", ("chr22:16571001-16609000",),
                    false_calls="none")
            for person in ("NA12878", "NA19401", "NA20359")
        ),
        CallSet("NA12878 30x, GIAB chr22", "real", "tuning",
                three / "NA12878.30x.chr22_16570000-16610000.bam", chr22,
                three / "NA12878_GIAB.chr22_16571233-16608171.vcf.gz",
                ("chr22:16571233-16608171",), false_calls="upper bound"),
        CallSet("NA12878 30x, GIAB chr1", "real", "tuning", chr1 / "some_indels.bam",
                padded(chr1 / "ref_from_MD.1_10106601-10212500.fa", cache),
                chr1 / "some_indels.vcf.gz", ("1:10106701-10212400",), false_calls="none"),
        CallSet("HG002 HiFi 46x", "real", "test",
                data / "hifi_HG002_grch38_chr20_46x"
                / "HG002.hifi_revio.GRCh38.chr20_9.0-9.1M.fixedheader.bam",
                grch38, hg002.with_name(hg002.name + ".vcf.gz"), ("chr20:9000001-9100000",),
                hg002.with_name(hg002.name + ".bed"), preset="hifi"),
        CallSet("HG002 Nanopore 54x", "real", "test",
                data / "ont_HG002_grch38_chr20_54x" / "HG002_R10_chr20_5050000_5075000.bam",
                grch38, hg002.with_name(hg002.name + ".vcf.gz"), ("chr20:5050001-5075000",),
                hg002.with_name(hg002.name + ".bed"), preset="ont"),
    ]  # fmt: skip
    return sets


def asked(name: str, group: str, words: Sequence[str]) -> bool:
    """Whether a set is among those that `words` name; none names all."""
    return not words or any(word in name or word in group for word in words)


def simulated_sets(workshop: Workshop, *, quick: bool, words: Sequence[str]) -> list[CallSet]:
    """The held-out simulated samples that `words` name, made where they are not there."""
    depths = (30,) if quick else DEPTHS
    recipes: list[tuple[str, str, Callable[[], Sample]]] = [
        *((f"simulated {n}x", "simulated", partial(workshop.sample, n)) for n in depths),
        ("ART 30x", "simulated", workshop.art),
        ("short contigs 30x", "ends", workshop.short_contigs),
    ]
    return [
        _simulated(name, group, make())
        for name, group, make in recipes
        if asked(name, group, words)
    ]


def _simulated(name: str, group: str, sample: Sample) -> CallSet:
    return CallSet(name, group, "held out", sample.bam, sample.reference, sample.truth,
                   sample.regions, sample.confident, sample.copies)  # fmt: skip


def padded(piece: Path, cache: Path) -> Path:
    """A FASTA named NAME.CONTIG_FIRST-LAST.fa, with N before it: positions are the contig's."""
    out = cache / f"padded.{piece.name}"
    if not out.exists():
        _, _, span = piece.stem.rpartition("_")
        first = int(span.split("-")[0])
        cache.mkdir(parents=True, exist_ok=True)
        with pysam.FastxFile(str(piece)) as records, out.open("w") as fasta:
            for record in records:
                fasta.write(f">{record.name}\n{'N' * (first - 1)}{record.sequence}\n")
        pysam.faidx(str(out))
    return out

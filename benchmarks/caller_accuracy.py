"""Accuracy of calls on real reads: seqcnn, bcftools and freebayes, all with one comparator.

    python benchmarks/caller_accuracy.py ../shared/data/variants --model model.safetensors

Prints one Markdown table. Sets marked "test" are for reporting only: nothing may be chosen by them.
Sets whose truth has no BED give an upper bound of false calls, those with a panel as truth give
recall alone. Calls are left in --out, with a comparison of each.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pysam

from seqcnn.api.compare import Compared, compare
from seqcnn.errors import InputError


@dataclass(frozen=True)
class RealSet:
    """Reads, truth, and where the two can be compared; paths below the data folder."""

    name: str
    use: str  # "test" or "tuning"
    bam: str
    reference: str
    truth: str
    region: str
    confident: str | None = None
    false_calls: bool = True  # the truth is complete enough to call something false
    preset: str = "illumina"


SETS = (
    RealSet(
        "NA12878 52x, inside the BED", "test",
        "illumina_NA12878_hg19_chr20_52x/NA12878_S1.chr20.10_10p1mb.bam",
        "reference/hg19.chr20.unittest.fa.gz",
        "illumina_NA12878_hg19_chr20_52x/test_nist.b37_chr20_100kbp_at_10mb.vcf.gz",
        "chr20:10000001-10100000",
        "illumina_NA12878_hg19_chr20_52x/test_nist.b37_chr20_100kbp_at_10mb.bed",
    ),
    RealSet(
        "NA12878 52x, all 100 kb", "test",
        "illumina_NA12878_hg19_chr20_52x/NA12878_S1.chr20.10_10p1mb.bam",
        "reference/hg19.chr20.unittest.fa.gz",
        "illumina_NA12878_hg19_chr20_52x/test_nist.b37_chr20_100kbp_at_10mb.vcf.gz",
        "chr20:10000001-10100000",
    ),
    RealSet(
        "the same, from CRAM", "test",
        "illumina_NA12878_hg19_chr20_52x/NA12878_S1.chr20.10_10p1mb.cram",
        "reference/hg19.chr20.unittest.fa.gz",
        "illumina_NA12878_hg19_chr20_52x/test_nist.b37_chr20_100kbp_at_10mb.vcf.gz",
        "chr20:10000001-10100000",
    ),
    RealSet(
        "NA12878 7x", "test",
        "illumina_NA12878_b37_chr20_7x/gatk_mini_bundle_extract.bam",
        "reference/b37.20.unittest.fa.gz",
        "illumina_NA12878_b37_chr20_7x/HG001_v3.3.2_b37_chr20_unittest_windows.vcf.gz",
        "20:10000001-10270000",
    ),
    RealSet(
        "NA12878 33x, panel", "tuning",
        "illumina_NA12878_grch38_chr22_33x/NA12878.30x.GRCh38.chr22_16600000-16800000.bam",
        "reference/grch38.chr22_16.57-16.80M.masked.fa.gz",
        "illumina_NA12878_grch38_chr22_33x/NA12878.1000GP.chr22.s.bcf",
        "chr22:16600001-16799000",
        false_calls=False,
    ),
    RealSet(
        "HG002 HiFi 46x", "test",
        "hifi_HG002_grch38_chr20_46x/HG002.hifi_revio.GRCh38.chr20_9.0-9.1M.fixedheader.bam",
        "reference/grch38.chr20_chr21_0-10M.fa.gz",
        "truth/HG002_v4.2.1_grch38_chr20_0-9.99M.vcf.gz",
        "chr20:9000001-9100000",
        "truth/HG002_v4.2.1_grch38_chr20_0-9.99M.bed",
        preset="hifi",
    ),
    RealSet(
        "HG002 Nanopore 54x", "test",
        "ont_HG002_grch38_chr20_54x/HG002_R10_chr20_5050000_5075000.bam",
        "reference/grch38.chr20_chr21_0-10M.fa.gz",
        "truth/HG002_v4.2.1_grch38_chr20_0-9.99M.vcf.gz",
        "chr20:5050001-5075000",
        "truth/HG002_v4.2.1_grch38_chr20_0-9.99M.bed",
        preset="ont",
    ),
)  # fmt: skip
BCFTOOLS_PROFILES = {"hifi": ["-X", "pacbio-ccs"], "ont": ["-X", "ont"], "illumina": []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="default: the released ones")
    parser.add_argument("--out", type=Path, default=Path("runs/caller_accuracy"))
    parser.add_argument("--only", help="sets whose name holds this")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for program in ("bcftools", "freebayes"):
        print(version_of(program))
    print("| set | use | caller | SNP found | SNP missed | SNP false | indel found | indel missed "
          "| indel false | F1 |")  # fmt: skip
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for number, one in enumerate(SETS):
        if options.only and options.only not in one.name:
            continue
        for caller, call in (("seqcnn", seqcnn), ("bcftools", bcftools), ("freebayes", freebayes)):
            out = options.out / f"{number}.{caller}.vcf.gz"
            try:
                call(one, options, out)
                print(row(one, caller, judge(one, options, out, caller)))
            except (subprocess.CalledProcessError, FileNotFoundError, InputError) as error:
                print(f"| {one.name} | {one.use} | {caller} | failed: {error} |")


def row(one: RealSet, caller: str, found: Compared) -> str:
    cells = [one.name, one.use, caller]
    for kind in ("SNP", "INDEL"):
        counts = found.row(kind)
        false = counts.fp if one.false_calls else "-"
        cells += [str(counts.tp_truth), str(counts.fn), str(false)]
    f1 = f"{found.row('all').f1.value:.4f}" if one.false_calls else "-"
    return "| " + " | ".join([*cells, f1]) + " |"


def judge(one: RealSet, options: argparse.Namespace, calls: Path, caller: str) -> Compared:
    return compare(
        options.data / one.truth,
        calls,
        reference=options.data / one.reference,
        regions=[one.region],
        confident=options.data / one.confident if one.confident else None,
        out=options.out / f"{calls.name.removesuffix('.vcf.gz')}.{caller}.comparison",
        pass_only=caller == "seqcnn",
        truth_sample=None,
    )


def seqcnn(one: RealSet, options: argparse.Namespace, out: Path) -> None:
    command = [
        *(sys.executable, "-m", "seqcnn", "call-variants", options.data / one.bam),
        *("--reference", options.data / one.reference, "--regions", one.region, "--out", out),
        *(["--model", options.model] if options.model else ["--preset", one.preset]),
        "--no-resume",
    ]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def bcftools(one: RealSet, options: argparse.Namespace, out: Path) -> None:
    reference = plain(options.data / one.reference, options.out)
    words = ["-f", reference, "-r", one.region, *BCFTOOLS_PROFILES[one.preset]]
    pileup = subprocess.Popen(
        ["bcftools", "mpileup", "-Ou", *words, str(options.data / one.bam)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    subprocess.run(
        ["bcftools", "call", "-mv", "-Oz", "-o", str(out)],
        stdin=pileup.stdout, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if pileup.wait():
        raise subprocess.CalledProcessError(pileup.returncode, "bcftools mpileup")
    pysam.tabix_index(str(out), preset="vcf", force=True)


def freebayes(one: RealSet, options: argparse.Namespace, out: Path) -> None:
    contig, _, span = one.region.partition(":")
    start, end = (int(number) for number in span.split("-"))
    text = subprocess.run(
        [
            *("freebayes", "-f", plain(options.data / one.reference, options.out)),
            *("-r", f"{contig}:{start - 1}-{end}", str(options.data / one.bam)),
        ],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    plain_out = out.with_suffix("")
    plain_out.write_bytes(text)
    pysam.tabix_compress(str(plain_out), str(out), force=True)
    pysam.tabix_index(str(out), preset="vcf", force=True)
    os.unlink(plain_out)


def plain(reference: Path, folder: Path) -> str:
    """An uncompressed copy with its index, which freebayes and bcftools read."""
    copy = folder / reference.name.removesuffix(".gz")
    if not copy.exists():
        with pysam.FastxFile(str(reference)) as records, copy.open("w") as out:
            for record in records:
                out.write(f">{record.name}\n{record.sequence}\n")
        pysam.faidx(str(copy))
    return str(copy)


def version_of(program: str) -> str:
    if which(program) is None:
        return f"{program}: not installed"
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return f"{program}: {told.splitlines()[0].strip()}"


if __name__ == "__main__":
    main()

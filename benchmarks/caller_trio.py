"""Mendelian violations of a real trio: NA12878 and her parents, 10 kb of chr20."""

from collections import Counter
from pathlib import Path
from typing import Any

import pysam
from caller_programs import Programs, plain
from caller_sets import CallSet
from caller_simulated import run

from seqcnn.calling.confident import Confident
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import read_variants

FOLDER = "trio_NA12878_b37_chr20"
PEOPLE = {"child": "HG001", "father": "NA12891", "mother": "NA12892"}
BED = "test_giab.b37_chr20_100kbp_at_10mb.bed"
REGION = "20:10000001-10010000"
FEWEST_READS = 10  # of mapping quality 20 over a position at which a person counts as called
TRANSMITTED = {0: {0}, 1: {0, 1}, 2: {1}}  # copies that a parent with so many may pass on
Alleles = dict[tuple[int, str, str], int]


def trio_rows(data: Path, programs: Programs) -> list[dict[str, Any]]:
    """Each caller's alleles that were checked, and those that break Mendel's rule.

    Alleles are split and left-aligned by `bcftools norm`; one that a caller does not list for a
    person is taken for absent, where the child's BED holds the position and all three have reads.
    """
    people = {
        role: CallSet(
            f"trio {role}", "real", "test",
            data / FOLDER / f"{name}.chr20.10_10p1mb_sorted.bam",
            data / "reference/b37.20.unittest.fa.gz", Path(), (REGION,), None,
            false_calls="none", callers=("seqcnn", "counts", "bcftools", "freebayes"),
        )
        for role, name in PEOPLE.items()
    }  # fmt: skip
    confident = Confident(read_bed(data / FOLDER / BED)[["contig", "start", "end"]])
    calls = {
        role: {row.caller: row for row in programs.called(one)} for role, one in people.items()
    }
    rows = []
    for caller, row in calls["child"].items():
        if any(caller not in of for of in calls.values()):
            continue
        found = {
            role: alleles(calls[role][caller].calls, row.pass_only, one, programs.cache)
            for role, one in people.items()
        }
        sites = sorted({key for one in found.values() for key in one})
        checked, broken = 0, []
        for key in sites:
            inside = bool(confident.contain("20", key[0], key[0] + len(key[1])))
            if not inside or any(depth(one.bam, key[0]) < FEWEST_READS for one in people.values()):
                continue
            checked += 1
            child, father, mother = (found[role].get(key, 0) for role in PEOPLE)
            if not any(a + b == child for a in TRANSMITTED[father] for b in TRANSMITTED[mother]):
                broken.append(f"20:{key[0] + 1} {key[1]}>{key[2]} {child} of {father}, {mother}")
        rows.append({"caller": caller, "alleles": checked, "violations": len(broken),
                     "which": broken})  # fmt: skip
    return rows


def alleles(calls: Path, pass_only: bool, one: CallSet, folder: Path) -> Alleles:
    """Copies of each called allele: atomic, left-aligned, by (0-based position, ref, alt)."""
    text = run("bcftools", "norm", "-f", plain(one.reference, folder), "-m", "-any",
               "--atomize", "--atom-overlaps", ".", calls)  # fmt: skip
    split = folder / f"{calls.name.removesuffix('.vcf.gz')}.split.vcf"
    split.write_bytes(text)
    found: Counter[tuple[int, str, str]] = Counter()
    for variant in read_variants(split):
        if pass_only and variant.filters:
            continue
        for alt, allele in enumerate(variant.alts, 1):
            copies = (variant.genotype or ()).count(alt)
            if copies:
                found[variant.pos, variant.ref, allele] += copies
    split.unlink()
    return {key: min(copies, 2) for key, copies in found.items()}


def depth(bam: Path, pos: int) -> int:
    """Usable reads over a 0-based position of chr20."""
    with pysam.AlignmentFile(str(bam)) as file:
        reads = file.fetch("20", pos, pos + 1)
        return sum(r.mapping_quality >= 20 and not r.flag & 0xF04 for r in reads)

"""A tiny sample with known genotypes: FASTA, BAM, VCF and BED, each written by pysam or by hand."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam

CONTIGS = ("one", "two", "three")
LENGTH = 9_000
EVERY = 90  # bp between sites
READ = 100
DEPTH = 24
NOISY = 0.16  # share of reads that show a wrong base at a site without a variant


class KnownSample(NamedTuple):
    reference: Path
    bam: Path
    truth: Path
    confident: Path

    def flags(self) -> tuple[str, ...]:
        """Of `seqcnn train --task variants`."""
        return (
            *("--task", "variants", "--bam", str(self.bam), "--reference", str(self.reference)),
            *("--truth", str(self.truth), "--confident", str(self.confident)),
            *("--val-contigs", "two", "--test-contigs", "three", "--processes", "1"),
        )


class Planted(NamedTuple):
    """A variant at `pos` (0-based), or with genotype 0/0 a place that reads misread."""

    pos: int
    ref: str
    alt: str
    genotype: tuple[int, int]


def write_known_sample(folder: Path, seed: int = 0) -> KnownSample:
    """Contigs one, two and three with 24x of reads of 100 bp; genotypes 0/0, 0/1, 1/1 in turn."""
    random = np.random.default_rng(seed)
    genome = {name: "".join(random.choice(list("ACGT"), LENGTH)) for name in CONTIGS}
    planted = {name: _plant(genome[name], random) for name in CONTIGS}
    sample = KnownSample(
        folder / "genome.fa", folder / "reads.bam", folder / "truth.vcf", folder / "trusted.bed"
    )
    sample.reference.write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    sample.confident.write_text("".join(f"{name}\t200\t{LENGTH - 200}\n" for name in CONTIGS))
    lines = ["##fileformat=VCFv4.2"]
    lines += [f"##contig=<ID={name},length={LENGTH}>" for name in CONTIGS]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tinvented"]
    for name, variants in planted.items():
        for one in variants:
            if one.genotype != (0, 0):
                genotype = "/".join(map(str, one.genotype))
                lines.append(
                    f"{name}\t{one.pos + 1}\t.\t{one.ref}\t{one.alt}\t.\tPASS\t.\tGT\t{genotype}"
                )
    sample.truth.write_text("\n".join(lines) + "\n")
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": name, "LN": LENGTH} for name in CONTIGS],
        "RG": [{"ID": "a", "SM": "invented"}],
    }
    with pysam.AlignmentFile(str(sample.bam), "wb", header=header) as out:
        for number, name in enumerate(CONTIGS):
            for row, read in enumerate(_reads(genome[name], planted[name], random)):
                record = pysam.AlignedSegment(out.header)
                record.query_name = f"{name}{row}"
                record.flag = 16 * (row % 2)
                record.reference_id, record.reference_start = number, read[0]
                record.query_sequence, record.cigarstring = read[1], read[2]
                record.query_qualities = pysam.qualitystring_to_array("I" * len(read[1]))
                record.mapping_quality = 60
                record.set_tag("RG", "a")
                out.write(record)
    pysam.index(str(sample.bam))
    return sample


def _plant(bases: str, random: np.random.Generator) -> list[Planted]:
    genotypes = [(0, 0), (0, 1), (1, 1)]
    found = []
    for number, pos in enumerate(range(300, LENGTH - 300, EVERY)):
        ref = bases[pos]
        alt = "ACGT"[("ACGT".index(ref) + 1 + int(random.integers(3))) % 4]
        if number % 9 in (4, 5):  # deletions of two bases, het and hom
            ref, alt = bases[pos : pos + 3], bases[pos]
            if bases[pos] == bases[pos + 2] or bases[pos + 1] == bases[pos + 3]:
                continue  # it could stand elsewhere
        found.append(Planted(pos, ref, alt, genotypes[number % 3]))
    return found


def _reads(
    bases: str, planted: list[Planted], random: np.random.Generator
) -> list[tuple[int, str, str]]:
    """(start, sequence, CIGAR) of every read, sorted by start; half of them of each haplotype."""
    found = []
    for start in np.sort(random.integers(0, LENGTH - READ - 4, DEPTH * LENGTH // READ)).tolist():
        copy = int(random.integers(2))
        sequence, cigar, at = "", [], start
        run = 0
        for one in planted:
            if not start <= one.pos < start + READ - 4:
                continue
            shown = one.genotype[copy] or (one.genotype == (0, 0) and random.random() < NOISY)
            if not shown:
                continue
            run += one.pos + 1 - at
            sequence += bases[at : one.pos] + one.alt
            at = one.pos + len(one.ref)
            if len(one.ref) > 1:
                cigar += [f"{run}M", f"{len(one.ref) - 1}D"]
                run = 0
        end = start + READ
        found.append((start, sequence + bases[at:end], "".join([*cigar, f"{run + end - at}M"])))
    return found

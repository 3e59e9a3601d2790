"""Print what realignment gives, and what it costs, on reads whose variants are known.

    python benchmarks/realign.py sample.bam reference.fa truth.vcf.gz chr1:1-1000000 [confident.bed]

`seqcnn simulate` makes such files. Recall is that of candidate sites: the truth's allele,
left-aligned, is among those a site has. The share is that of the fragments which show the allele,
of those which show any of the site's; 0.5 is right for heterozygous and 1 for homozygous variants.
False candidates are alleles that the truth lacks, inside the confident regions. Each pair of
columns is before and after.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pysam

from seqcnn.calling.candidates import Thresholds, find_candidates
from seqcnn.calling.realign import realign
from seqcnn.data.reads import decode_reads
from seqcnn.encoders.dna import encode
from seqcnn.encoders.reads import Reads

MARGIN = 2_000
SIZES = ((1, 5), (6, 15), (16, 30), (31, 200))


class Allele(NamedTuple):
    pos: int
    ref: str
    alt: str


class Support(NamedTuple):
    alt: int
    all: int


def shortest(pos: int, ref: str, alt: str, sequence: str, start: int) -> Allele:
    """The allele trimmed and left-aligned; `sequence` begins at `start`."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    while len(ref) != len(alt) and ref[-1] == alt[-1] and pos > start:
        pos -= 1
        base = sequence[pos - start]
        ref, alt = base + ref[:-1], base + alt[:-1]
    return Allele(pos, ref, alt)


def known(
    path: str, contig: str, start: int, end: int, sequence: str, first: int
) -> dict[Allele, int]:
    """Copies of each allele in the genotypes of the first sample."""
    copies: dict[Allele, int] = defaultdict(int)
    with pysam.VariantFile(path) as file:
        for record in file:
            if record.contig != contig or not start <= record.pos - 1 < end:
                continue
            for allele in record.samples[0]["GT"]:
                alt = record.alleles[allele].upper() if allele else ""
                if alt and set(alt) <= set("ACGT"):
                    found = shortest(record.pos - 1, record.ref.upper(), alt, sequence, first)
                    copies[found] += 1
    return dict(copies)


def confident(path: str | None, contig: str, start: int, end: int) -> np.ndarray:
    """Which positions of [start, end) count."""
    inside = np.full(end - start, path is None)
    for line in open(path) if path else ():
        name, low, high = line.split()[:3]
        if name == contig:
            inside[max(0, int(low) - start) : max(0, int(high) - start)] = True
    return inside


def candidates(
    reads: Reads, codes: np.ndarray, first: int, contig: str, start: int, end: int
) -> Iterator[tuple[Allele, Support]]:
    """Every candidate allele and its fragments."""
    found = find_candidates(reads, codes, first, contig, start, end, Thresholds())
    for site in found.sites:
        for alt, depth in zip(site.alts, site.allele_depths[1:], strict=True):
            allele = shortest(site.pos, site.ref, alt, "", 1 << 60)
            yield allele, Support(depth, sum(site.allele_depths))


def kind_of(allele: Allele) -> str:
    size = abs(len(allele.alt) - len(allele.ref))
    if size == 0:
        return "substitution"
    return next((f"indel {low}-{high}" for low, high in SIZES if low <= size <= high), "longer")


def print_table(truth: dict[Allele, int], versions: list[dict[Allele, Support]]) -> None:
    """A line for each kind and zygosity: before and after."""
    print(f"{'':<28}{'n':>6}{'recall':>18}{'mean share':>18}{'mean fragments':>18}")
    for kind in ["substitution", *(f"indel {low}-{high}" for low, high in SIZES)]:
        for copies, name in ((1, "het"), (2, "hom")):
            alleles = [a for a, n in truth.items() if n == copies and kind_of(a) == kind]
            if not alleles:
                continue
            line = f"{kind + ' ' + name:<28}{len(alleles):>6}"
            rows = [[one[a] for a in alleles if a in one] for one in versions]
            line += "".join(f"{len(row) / len(alleles):>9.4f}" for row in rows)
            for row in rows:
                line += f"{np.mean([s.alt / s.all for s in row] or [0]):>9.3f}"
            line += "".join(f"{sum(s.alt for s in row) / len(alleles):>9.2f}" for row in rows)
            print(line)
    for indel in (False, True):
        wrong = [sum(a not in truth and (kind_of(a) != "substitution") == indel for a in one)
                 for one in versions]  # fmt: skip
        print(f"{'false indels' if indel else 'false substitutions':<34}{wrong[0]:>9}{wrong[1]:>9}")


def main() -> None:
    bam, fasta, vcf, region = sys.argv[1:5]
    contig, span = region.rsplit(":", 1)
    start, end = (int(part.replace(",", "")) for part in span.split("-"))
    start -= 1
    first = max(0, start - MARGIN)
    with pysam.FastaFile(fasta) as genome:
        sequence = genome.fetch(contig, first, end + MARGIN).upper()
    codes = encode(sequence).astype(np.uint8)
    with pysam.AlignmentFile(bam) as file:
        reads = decode_reads(file, contig, start, end).reads
    inside = confident(sys.argv[5] if len(sys.argv) > 5 else None, contig, start, end)
    realigned = realign(reads, codes, first)
    seconds = []
    for _ in range(5):
        began = time.process_time()
        realign(reads, codes, first)
        seconds.append(time.process_time() - began)
    count = len(reads.start)
    print(f"{count:,} reads: {min(seconds):.3f} s, {count / min(seconds):,.0f} reads/s")
    truth = known(vcf, contig, start, end, sequence, first)
    print_table(
        {a: n for a, n in truth.items() if start <= a.pos < end and inside[a.pos - start]},
        [
            {
                allele: support
                for allele, support in candidates(version, codes, first, contig, start, end)
                if inside[allele.pos - start]
            }
            for version in (reads, realigned)
        ],
    )


if __name__ == "__main__":
    main()

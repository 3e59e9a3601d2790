"""Make the demo variants and the demo motif database, beside the demo genome.

    python data/make_demo_variants.py   # needs seqcnn (for pysam) and data/demo/genome.fa.gz

`variants.vcf.gz`: 240 invented variants of the demo genome, sorted, with identifiers and an allele
frequency: one in two within 15 bp of a CTCF-like element, the others anywhere; SNVs, insertions
and deletions of 1 to 6 bp, a few with two alternative alleles. `motifs.meme`: the five motifs that
the demo genome's elements are made of, and 25 random ones that it has nothing of.
"""

import gzip
from pathlib import Path

import numpy as np
import pysam
from make_demo import CHOICES, MOTIFS, MUTATED

SEED = 20261121
VARIANTS = 240
DECOYS = 25
DEMO = Path(__file__).parent / "demo"

Alleles = tuple[str, int, str, list[str]]


def main() -> None:
    random = np.random.default_rng(SEED)
    write_motifs(random, DEMO / "motifs.meme")
    write_variants(drawn(random), DEMO / "variants.vcf.gz")


def genome() -> dict[str, str]:
    text = gzip.decompress((DEMO / "genome.fa.gz").read_bytes()).decode()
    records = (record.partition("\n") for record in text.split(">")[1:])
    return {name: sequence.replace("\n", "") for name, _, sequence in records}


def drawn(random: np.random.Generator) -> list[Alleles]:
    """Variants in the order of the genome, 0-based; none within 30 bp of another."""
    contigs = genome()
    bound = gzip.decompress((DEMO / "factor.bed.gz").read_bytes()).decode().split("\n")[:-1]
    found: list[Alleles] = []
    taken: set[tuple[str, int]] = set()
    while len(found) < VARIANTS:
        if random.random() < 0.5:
            contig, start, end = bound[int(random.integers(len(bound)))].split("\t")
            pos = (int(start) + int(end)) // 2 + int(random.integers(-15, 16))
        else:
            contig = str(random.choice(list(contigs)))
            pos = int(random.integers(1000, len(contigs[contig]) - 1000))
        if (contig, pos // 30) in taken:
            continue
        taken.update((contig, pos // 30 + step) for step in (-1, 0, 1))
        found.append((contig, pos, *alleles(random, contigs[contig], pos)))
    order = {name: number for number, name in enumerate(contigs)}
    return sorted(found, key=lambda one: (order[one[0]], one[1]))


def alleles(random: np.random.Generator, sequence: str, pos: int) -> tuple[str, list[str]]:
    base = sequence[pos]
    kind = random.random()
    if kind < 0.8:
        others = [letter for letter in "ACGT" if letter != base]
        number = 2 if random.random() < 0.06 else 1
        return base, [str(one) for one in random.permutation(others)[:number]]
    size = int(random.integers(1, 7))
    if kind < 0.9:
        return base, [base + "".join(random.choice(list("ACGT"), size))]
    return sequence[pos : pos + size + 1], [base]


def write_variants(variants: list[Alleles], path: Path) -> None:
    lengths = {name: len(sequence) for name, sequence in genome().items()}
    lines = ["##fileformat=VCFv4.2", "##source=make_demo_variants.py, invented"]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
    lines += [
        '##INFO=<ID=AF,Number=A,Type=Float,Description="Invented allele frequency">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
    ]
    random = np.random.default_rng(SEED + 1)
    for number, (contig, pos, ref, alts) in enumerate(variants, 1):
        frequencies = ",".join(f"{random.beta(0.3, 3):.3f}" for _ in alts)
        place = f"{contig}\t{pos + 1}\tdemo{number:03d}\t{ref}\t{','.join(alts)}"
        lines.append(f"{place}\t.\tPASS\tAF={frequencies}")
    with pysam.BGZFile(str(path), "w") as out:
        out.write(("\n".join(lines) + "\n").encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def write_motifs(random: np.random.Generator, path: Path) -> None:
    parts = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n"]
    parts.append("Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n")
    motifs = {name: consensus_matrix(letters) for name, letters in MOTIFS.items()}
    for number in range(1, DECOYS + 1):
        width = int(random.integers(8, 16))
        letters = "".join(random.choice(list("ACGTWR"), width))
        motifs[f"decoy{number}"] = consensus_matrix(letters)
    for name, matrix in motifs.items():
        rows = "\n".join(" ".join(f"{share:.4f}" for share in row) for row in matrix)
        head = f"letter-probability matrix: alength= 4 w= {len(matrix)} nsites= 100"
        parts.append(f"MOTIF {name}\n{head}\n{rows}\n")
    path.write_text("\n".join(parts))


def consensus_matrix(letters: str) -> np.ndarray:
    """Shares (w, 4) of A C G T: the consensus, and a random letter where it is mutated."""
    matrix = np.full((len(letters), 4), MUTATED / 4)
    for place, letter in enumerate(letters):
        for base in CHOICES[letter]:
            matrix[place, "ACGT".index(base)] += (1 - MUTATED) / len(CHOICES[letter])
    return matrix


if __name__ == "__main__":
    main()

"""A sequence with its variants cut into short contigs: what becomes of calls at ends?"""

from pathlib import Path

import pysam

from seqcnn.data.variants import read_variants

Pieces = list[tuple[str, int, int]]  # name, and 0-based half-open where it was cut
EDGE = 50  # bp not compared at an end that cuts a variant in two


def write_short(reference: Path, contig: str, start: int, end: int, size: int, out: Path) -> Pieces:
    """Write [start, end) of a contig as contigs of `size` bp, with their index."""
    pieces = [
        (f"{contig}_{first}", first, min(first + size, end)) for first in range(start, end, size)
    ]
    with pysam.FastaFile(str(reference)) as fasta, out.open("w") as short:
        for name, first, last in pieces:
            short.write(f">{name}\n{fasta.fetch(contig, first, last)}\n")
    pysam.faidx(str(out))
    return pieces


def cut_truth(truth: Path, contig: str, pieces: Pieces, out: Path) -> None:
    """Write the variants that lie wholly in a piece, and where all of them do (confident.bed)."""
    variants = read_variants(truth, contigs=[contig])
    header = "".join(
        f"##contig=<ID={name},length={last - first}>\n" for name, first, last in pieces
    )
    lines, trusted = [], []
    for name, first, last in pieces:
        near = [one for one in variants if one.pos < last and one.end > first]
        for one in near:
            if first <= one.pos and one.end <= last:
                genotype = "|".join(map(str, one.genotype or ()))
                lines.append(
                    f"{name}\t{one.pos - first + 1}\t.\t{one.ref}\t{','.join(one.alts)}\t.\tPASS"
                    f"\t.\tGT\t{genotype}\n"
                )
        low = EDGE if any(one.pos < first for one in near) else 0
        high = last - first - (EDGE if any(one.end > last for one in near) else 0)
        trusted.append(f"{name}\t{low}\t{high}\n")
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsimulated\n"
    form = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    plain = out / "truth.vcf"
    plain.write_text("##fileformat=VCFv4.2\n" + header + form + columns + "".join(lines))
    pysam.tabix_index(str(plain), preset="vcf", force=True)
    (out / "confident.bed").write_text("".join(trusted))

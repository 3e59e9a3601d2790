"""Reads over invented contigs with variants at known places, written by pysam."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pysam

READ = 100
LENGTHS = {"one": 6_000, "two": 3_000}


class Edit(NamedTuple):
    """What a haplotype has in place of `ref` at `pos`, 0-based."""

    pos: int
    ref: str
    alt: str


class Drawn(NamedTuple):
    """One read: `end` is that of the fragment's other read, for pairs."""

    name: str
    start: int
    sequence: str
    cigar: str
    flag: int = 0
    mate: int = -1
    length: int = 0


class Invented(NamedTuple):
    """A folder with genome.fa, reads.bam and its index, and the bases of the contigs."""

    folder: Path
    genome: dict[str, str]

    @property
    def bam(self) -> Path:
        return self.folder / "reads.bam"

    @property
    def reference(self) -> Path:
        return self.folder / "genome.fa"


def invented_genome(lengths: dict[str, int] = LENGTHS, seed: int = 1) -> dict[str, str]:
    """Random bases by contig."""
    random = np.random.default_rng(seed)
    return {name: "".join(random.choice(list("ACGT"), n)) for name, n in lengths.items()}


def other(base: str, by: int = 1) -> str:
    """Another base: A C G T in turn."""
    return "ACGT"[("ACGT".index(base) + by) % 4]


def plant(genome: dict[str, str]) -> tuple[list[Edit], list[Edit]]:
    """Edits of the two haplotypes of contig "one"; `SITES` says what they make."""
    bases = genome["one"]

    def snp(pos: int, by: int = 1) -> Edit:
        return Edit(pos, bases[pos], other(bases[pos], by))

    hom = [snp(1000), Edit(2000, bases[2000:2003], bases[2000])]
    insertion = Edit(1500, bases[1500], bases[1500] + inserted_after(bases, 1500))
    first = [snp(9), snp(500), insertion, snp(2500), *hom, snp(5990)]
    deletion = Edit(3000, bases[3000:3004], bases[3000])
    second = [snp(2500, 2), snp(3001), *hom]
    return sorted([*first, deletion]), sorted(second)


def inserted_after(bases: str, pos: int) -> str:
    """Three bases that can be inserted after `pos` only."""
    last = next(base for base in "ACGT" if base not in (bases[pos], bases[pos + 1]))
    first = next(base for base in "ACGT" if base not in (bases[pos], bases[pos + 1], last))
    return first + first + last


def carried(bases: str, edits: Sequence[Edit], start: int, length: int = READ) -> tuple[str, str]:
    """Sequence and CIGAR of a read of a haplotype over `[start, start + length)`."""
    sequence, at, run = "", start, 0
    cigar: list[str] = []
    for one in edits:
        if not start <= one.pos < start + length - len(one.ref):
            continue
        run += one.pos + 1 - at
        sequence += bases[at : one.pos] + one.alt
        at = one.pos + len(one.ref)
        change = len(one.alt) - len(one.ref)
        if change:
            cigar += [f"{run}M", f"{abs(change)}{'I' if change > 0 else 'D'}"]
            run = 0
    end = start + length
    return sequence + bases[at:end], "".join([*cigar, f"{run + end - at}M"])


def single_reads(
    bases: str, haplotypes: Sequence[Sequence[Edit]], every: int = 4, name: str = "r"
) -> list[Drawn]:
    """A read every few bp of each haplotype in turn, and eight more at either end."""
    last = len(bases) - READ
    starts = [0] * 8 + list(range(0, last + 1, every)) + [last] * 8
    return [
        Drawn(f"{name}{row}", start, *carried(bases, haplotypes[row % len(haplotypes)], start))
        for row, start in enumerate(starts)
    ]


def paired_reads(bases: str, edits: Sequence[Edit], every: int = 8) -> list[Drawn]:
    """Fragments of 150 bp whose two reads of 100 bp overlap by 50."""
    found = []
    for row, start in enumerate(range(0, len(bases) - 150, every)):
        of = edits if row % 2 else []
        left, right = carried(bases, of, start), carried(bases, of, start + 50)
        found.append(Drawn(f"p{row}", start, *left, 0x63, start + 50, 150))
        found.append(Drawn(f"p{row}", start + 50, *right, 0x93, start, -150))
    return sorted(found, key=lambda read: read.start)


def write_fasta(path: Path, genome: dict[str, str]) -> Path:
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    return path


def write_bam(
    path: Path,
    genome: dict[str, str],
    reads: Iterable[tuple[str, Sequence[Drawn]]],
    *,
    header: dict[str, Any] | None = None,
    groups: Sequence[str] = ("a",),
    qualities: bool = True,
    index: bool = True,
) -> Path:
    """Write reads (contig, its reads by position); read groups in turn."""
    shown = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": name, "LN": len(bases)} for name, bases in genome.items()],
        "RG": [{"ID": "a", "SM": "Ann"}],
        **(header or {}),
    }
    shown = {kind: lines for kind, lines in shown.items() if lines}
    with pysam.AlignmentFile(str(path), "wb", header=shown) as out:
        for contig, drawn in reads:
            for row, read in enumerate(drawn):
                record = pysam.AlignedSegment(out.header)
                record.query_name, record.flag = read.name, read.flag
                record.reference_name, record.reference_start = contig, read.start
                record.query_sequence, record.cigarstring = read.sequence, read.cigar
                if qualities:
                    record.query_qualities = pysam.qualitystring_to_array("I" * len(read.sequence))
                record.mapping_quality = 60
                if read.mate >= 0:
                    record.next_reference_name, record.next_reference_start = contig, read.mate
                    record.template_length = read.length
                if groups:
                    record.set_tag("RG", groups[row % len(groups)])
                out.write(record)
    if index:
        pysam.index(str(path))
    return path


def write_invented(folder: Path) -> Invented:
    """Contig "one" with single reads and variants, "two" with pairs and one heterozygous SNP."""
    genome = invented_genome()
    sample = Invented(folder, genome)
    write_fasta(sample.reference, genome)
    pair_edits = [Edit(1500, genome["two"][1500], other(genome["two"][1500]))]
    reads = [
        ("one", single_reads(genome["one"], plant(genome))),
        ("two", paired_reads(genome["two"], pair_edits)),
    ]
    write_bam(sample.bam, genome, reads)
    return sample

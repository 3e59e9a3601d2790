"""Make the demo data: a small invented genome with elements that open in three cell types.

    python data/make_demo.py            # writes data/demo, always the same bytes

Eight contigs of 400 kb with changing GC content. About every 900 bp an element is planted; what it
holds decides where it is open:

    CTCF-like                     open in all three cell types, bound by the demo factor
    HNF4-like and FOX-like pair   open in liver (20 to 60 bp apart; one of the two alone: closed)
    MEF2-like                     open in muscle
    GATA-like twice               open in blood (one alone: closed)

Motifs are drawn from degenerate consensus sequences on either strand, 4 % of elements get a wrong
label, and GC content alone says a little. So there is something to learn, and a ceiling.
"""

import gzip
from pathlib import Path

import numpy as np

SEED = 20261120
CONTIGS = 8
CONTIG_LENGTH = 400_000
SPACING = (600, 1200)
CELLS = ("liver", "muscle", "blood")
MOTIFS = {
    "ctcf": "TGGCCACCAGGGGGCGCTA",
    "hnf4": "CAAAGTCCAGA",
    "fox": "TGTTTACATW",
    "mef2": "GCTAAAAATAGC",
    "gata": "WGATAAGRC",
}
CHOICES = {"A": "A", "C": "C", "G": "G", "T": "T", "W": "AT", "R": "AG"}
COMPLEMENT = str.maketrans("ACGT", "TGCA")
MUTATED = 0.06  # share of motif letters replaced by a random one
MISLABELLED = 0.04


def main() -> None:
    folder = Path(__file__).parent / "demo"
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(SEED)
    peaks: dict[str, list[tuple[str, int, int]]] = {cell: [] for cell in CELLS}
    bound: list[tuple[str, int, int]] = []
    contigs = []
    for number in range(1, CONTIGS + 1):
        name = f"demo{number}"
        sequence = background(random)
        position = int(random.integers(*SPACING))
        while position < CONTIG_LENGTH - 700:
            kind = str(random.choice(list(ELEMENTS), p=list(SHARES)))
            plant(random, sequence, position, kind)
            opens = set(OPEN_IN[kind])
            if random.random() < MISLABELLED:
                opens ^= {str(random.choice(CELLS))}
            for cell in sorted(opens):
                start = position - int(random.integers(80, 220))
                end = position + int(random.integers(80, 220))
                peaks[cell].append((name, start, end))
            if kind == "ctcf":
                bound.append((name, position - 10, position + 10))
            position += int(random.integers(*SPACING))
        contigs.append((name, "".join(sequence)))
    fasta = "".join(f">{name}\n{wrap(sequence)}" for name, sequence in contigs)
    write(folder / "genome.fa.gz", fasta)
    for cell in CELLS:
        write(folder / f"{cell}.bed.gz", "".join(f"{c}\t{s}\t{e}\n" for c, s, e in peaks[cell]))
    write(folder / "factor.bed.gz", "".join(f"{c}\t{s}\t{e}\n" for c, s, e in bound))


ELEMENTS = ("ctcf", "hnf4_fox", "hnf4", "fox", "mef2", "gata_gata", "gata")
SHARES = (0.14, 0.22, 0.06, 0.06, 0.22, 0.22, 0.08)
OPEN_IN: dict[str, tuple[str, ...]] = {
    "ctcf": CELLS,
    "hnf4_fox": ("liver",),
    "mef2": ("muscle",),
    "gata_gata": ("blood",),
    "hnf4": (),
    "fox": (),
    "gata": (),
}


def background(random: np.random.Generator) -> list[str]:
    """Letters whose GC content wanders between .35 and .55 over tens of kilobases."""
    knots = random.uniform(0.35, 0.55, CONTIG_LENGTH // 25_000 + 1)
    share = np.interp(np.arange(CONTIG_LENGTH), np.arange(len(knots)) * 25_000, knots)
    strong = random.random(CONTIG_LENGTH) < share
    first = random.random(CONTIG_LENGTH) < 0.5
    letters = np.where(strong, np.where(first, "C", "G"), np.where(first, "A", "T"))
    return [str(letter) for letter in letters]


def plant(random: np.random.Generator, sequence: list[str], center: int, kind: str) -> None:
    """Write the element's motifs around `center`, and a little extra GC for open ones."""
    if OPEN_IN[kind]:
        for i in range(center - 150, center + 150):
            if sequence[i] in "AT" and random.random() < 0.06:
                sequence[i] = str(random.choice(["C", "G"]))
    position = center - int(random.integers(5, 40))
    for name in kind.split("_"):
        motif = "".join(
            str(random.choice(list("ACGT")))
            if random.random() < MUTATED
            else str(random.choice(list(CHOICES[letter])))
            for letter in MOTIFS[name]
        )
        if random.random() < 0.5:
            motif = motif.translate(COMPLEMENT)[::-1]
        sequence[position : position + len(motif)] = list(motif)
        position += len(motif) + int(random.integers(20, 60))


def wrap(sequence: str, width: int = 80) -> str:
    return "".join(sequence[i : i + width] + "\n" for i in range(0, len(sequence), width))


def write(path: Path, text: str) -> None:
    """Gzip with no time or name inside, so that the bytes are always the same."""
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()

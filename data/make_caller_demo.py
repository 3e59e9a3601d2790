"""Make the demo data of variant calling: one invented person on an invented contig of 20 kb.

    python data/make_caller_demo.py            # writes data/demo/caller*, with seqcnn and mappy

The contig is random sequence whose GC content wanders, with homopolymers and short repeats
planted, so that some indels are hard. `seqcnn simulate` draws the person's variants at three times
the natural density, makes reads at 25x with the built-in NovaSeq profile, and aligns them.
"""

import gzip
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pysam

from seqcnn.api.simulate import simulate

SEED = 20261121
NAME, LENGTH = "demo_caller", 20_000
REPEATS = ("A", "T", "CA", "AG", "AT", "CAG", "AAAT", "GATA")
FILES = {
    "sample.bam": "caller.bam",
    "sample.bam.bai": "caller.bam.bai",
    "truth.vcf.gz": "caller_truth.vcf.gz",
    "truth.vcf.gz.tbi": "caller_truth.vcf.gz.tbi",
    "confident.bed": "caller_confident.bed",
}


def main() -> None:
    folder = Path(__file__).parent / "demo"
    folder.mkdir(exist_ok=True)
    text = f">{NAME}\n{wrap(contig(np.random.default_rng(SEED)))}"
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "caller.fa"
        plain.write_text(text)
        made = simulate(
            plain, out=Path(scratch) / "made", coverage=25, density=3, seed=SEED, processes=1,
            copies=0.03, paralogs=0.03, sample="demo",
        )  # fmt: skip
        for source, target in FILES.items():
            shutil.copyfile(made / source, folder / target)
        (folder / "caller.fa.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    pysam.quickcheck(str(folder / "caller.bam"))


def contig(random: np.random.Generator) -> str:
    """Letters whose GC content wanders between .33 and .57, with a repeat every 250 bp or so."""
    knots = random.uniform(0.33, 0.57, LENGTH // 2000 + 1)
    strong = random.random(LENGTH) < np.interp(
        np.arange(LENGTH), np.arange(len(knots)) * 2000, knots
    )
    first = random.random(LENGTH) < 0.5
    letters = np.where(strong, np.where(first, "C", "G"), np.where(first, "A", "T"))
    place = 300
    while place < LENGTH - 300:
        unit = str(random.choice(REPEATS))
        copies = int(random.integers(6, 16)) if len(unit) == 1 else int(random.integers(4, 12))
        repeat = list(unit * copies)
        letters[place : place + len(repeat)] = repeat
        place += int(random.integers(120, 400))
    return "".join(letters)


def wrap(sequence: str, width: int = 80) -> str:
    return "".join(sequence[i : i + width] + "\n" for i in range(0, len(sequence), width))


if __name__ == "__main__":
    main()

"""Print how fast sequences are encoded, read and shuffled, on one thread.

    python benchmarks/encode_speed.py [genome.fa]

Each figure is the best of several repeats after compilation. Without a genome one of 100 Mb is made
in a temporary folder; windows come out of its packed copy with the page cache warm.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.leakage import check_leakage
from seqcnn.data.negatives import gc_matched_windows
from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders import dna, tensors

BASES = 100_000_000
WINDOWS = 100_000
LENGTH = 600


def best(work: Callable[[], object], repeats: int = 7) -> float:
    """Seconds of the fastest of `repeats` calls, after one that compiles."""
    work()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def row(what: str, seconds: float, amount: float, unit: str) -> None:
    """Print one line of the table."""
    print(f"{what:<58} {seconds:9.4f} s {amount / seconds:16,.0f} {unit}/s", flush=True)


def one_hot_rows(rng: np.random.Generator) -> None:
    """One-hot of 100 Mb in one piece, and of batches on the CPU's tensors."""
    codes = rng.integers(0, 4, BASES, dtype=np.uint8)
    text = np.frombuffer(b"ACGT", np.uint8)[codes].tobytes()
    string = text.decode()
    out = np.empty((4, BASES), np.int8)
    for name, source in (("codes", codes), ("bytes", text), ("str", string)):
        fresh = best(partial(dna.one_hot, source, ambiguous="zero", dtype=np.int8))
        row(f"one-hot int8 of 100 Mb from {name}, fresh array", fresh, BASES, "base")
        filled = best(partial(dna.one_hot, source, ambiguous="zero", out=out))
        row(f"one-hot int8 of 100 Mb from {name}, out=", filled, BASES, "base")
    row("codes of 100 Mb from bytes", best(lambda: dna.encode(text)), BASES, "base")
    batch = torch.from_numpy(codes[: 64 * LENGTH].reshape(64, LENGTH).copy())
    row("one-hot float32 tensor of 64 x 600", best(lambda: tensors.expand(batch)), 64, "sequence")


def window_rows(genome: Genome, rng: np.random.Generator) -> None:
    """Random windows of all contigs, half of them reversed."""
    share = genome.lengths / genome.lengths.sum()
    contig = rng.choice(len(share), WINDOWS, p=share)
    start = (rng.random(WINDOWS) * (genome.lengths[contig] - LENGTH)).astype(np.int64)
    reverse = rng.random(WINDOWS) < 0.5
    seconds = best(lambda: genome.windows(contig, start, LENGTH, reverse))
    row(f"{WINDOWS:,} random windows of 600 bp, one call", seconds, WINDOWS, "window")
    batches = [slice(i, i + 64) for i in range(0, WINDOWS, 64)]
    seconds = best(lambda: [genome.windows(contig[b], start[b], 600, reverse[b]) for b in batches])
    row("the same in batches of 64", seconds, WINDOWS, "window")
    positives = pd.DataFrame({"contig": np.array(genome.names)[contig], "start": start})
    positives = positives.assign(end=start + LENGTH)[:1000]
    seconds = best(lambda: gc_matched_windows(genome, positives, length=LENGTH, seed=0), repeats=3)
    row("1,000 GC-matched negatives", seconds, 1000, "window")


def sequence_rows(rng: np.random.Generator) -> None:
    """Shuffles, and the leakage check of 100,000 sequences."""
    short = rng.integers(0, 4, (100_000, 101), dtype=np.uint8)
    seconds = best(lambda: dinucleotide_shuffle(short, seed=0))
    row("dinucleotide shuffles of 100,000 x 101 bp", seconds, len(short), "sequence")
    codes = rng.integers(0, 4, (100_000, LENGTH), dtype=np.uint8)
    whole = Examples.from_sequences(codes, np.zeros(len(codes)), names=["open"])
    rows = np.arange(len(codes))
    splits = {"train": whole.subset(rows[:80_000]), "test": whole.subset(rows[80_000:])}
    seconds = best(lambda: check_leakage(splits), repeats=2)
    row("leakage check, 80,000 against 20,000 x 600 bp", seconds, len(codes), "sequence")


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    one_hot_rows(rng)
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            fasta = Path(sys.argv[1])
        else:
            fasta = Path(folder) / "random.fa"
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (BASES // 60, 60))]
            lines = np.concatenate([letters, np.full((len(letters), 1), 10, np.uint8)], axis=1)
            fasta.write_bytes(b">random\n" + lines.tobytes())
        began = time.perf_counter()
        genome = Genome(fasta, cache=Path(folder))
        row("packing the FASTA", time.perf_counter() - began, float(genome.lengths.sum()), "base")
        window_rows(genome, rng)
    sequence_rows(rng)


if __name__ == "__main__":
    main()

"""Which stretches are simulated, and how they are cut into parts."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.regions import merge, subtract
from seqcnn.errors import InputError

PART = 250_000  # bp of a part


class Stretch(NamedTuple):
    """A part of the plan: fragments begin in [start, end) of a contig."""

    contig: str
    start: int
    end: int


def chosen_regions(words: str | None, genome: Genome) -> pd.DataFrame:
    """Regions to simulate (contig, start, end), merged and sorted; all contigs without `words`.

    Args:
        words: a BED file, or comma-separated contig names and 1-based closed regions such as
            chr20:1001-2000, without commas in the numbers.
        genome: the reference.

    Raises:
        InputError: no such contig, a region off its contig, or text that is no region.
    """
    if words is None:
        table = pd.DataFrame({
            "contig": genome.names, "start": 0, "end": [int(n) for n in genome.lengths],
        })  # fmt: skip
    elif Path(words).is_file():
        table = read_bed(words)[["contig", "start", "end"]]
    else:
        rows = [_region(word, genome) for word in words.replace(";", ",").split(",") if word]
        table = pd.DataFrame(rows, columns=["contig", "start", "end"])
    for contig, _, end in rows_of(table):
        _check(contig, end, genome)
    order = {name: i for i, name in enumerate(genome.names)}
    merged = merge(table)
    rank = merged["contig"].map(order)
    return (
        merged.assign(rank=rank)
        .sort_values(["rank", "start"], kind="stable")[["contig", "start", "end"]]
        .reset_index(drop=True)
    )


def rows_of(regions: pd.DataFrame) -> list[tuple[str, int, int]]:
    """The rows of a table of regions: contig, start, end."""
    columns = (regions[name].tolist() for name in ("contig", "start", "end"))
    return [(str(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]


def _region(word: str, genome: Genome) -> tuple[str, int, int]:
    word = word.strip()
    if word in genome.length_of:
        return word, 0, genome.length_of[word]
    contig, _, span = word.rpartition(":")
    first, dash, last = span.partition("-")
    wrong = InputError(
        f"--regions: '{word}' is neither a contig of the reference, a region such as "
        "chr20:1001-2000, nor a BED file"
    )
    if contig not in genome.length_of:
        raise wrong
    try:
        start, end = int(first) - 1, int(last) if dash else int(first)
    except ValueError:
        raise wrong from None
    if not 0 <= start < end:
        raise InputError(f"--regions: '{word}' is empty; positions count from 1, first to last")
    return contig, start, end


def _check(contig: str, end: int, genome: Genome) -> None:
    if contig not in genome.length_of:
        raise InputError(
            f"--regions: the reference has no contig '{contig}'; it has "
            f"{', '.join(genome.names[:5])}"
        )
    if end > genome.length_of[contig]:
        raise InputError(
            f"--regions: {contig} ends at {genome.length_of[contig]:,}; the region reaches {end:,}"
        )


def uncalled(regions: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """The stretches of `regions` where the reference is not A, C, G or T."""
    rows: list[tuple[str, int, int]] = []
    for contig, start, end in rows_of(regions):
        for begin in range(start, end, 1 << 22):
            stop = min(end, begin + (1 << 22))
            bad = genome.fetch(contig, begin, stop) > 3
            edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(np.int8), [0]])))
            rows += [(contig, begin + int(a), begin + int(b))
                     for a, b in edges.reshape(-1, 2)]  # fmt: skip
    return merge(pd.DataFrame(rows, columns=["contig", "start", "end"]))


def stretches(regions: pd.DataFrame, genome: Genome, pad: int) -> Iterator[Stretch]:
    """Pieces of at most 250 kb that cover what is called, `pad` bp before each region too.

    A region's first bases are covered by fragments that begin before it.
    """
    padded = regions.assign(start=np.maximum(regions["start"] - pad, 0))
    gaps = uncalled(padded, genome)
    # Short gaps are walked over: fragments over an N are refused one by one.
    long = gaps[gaps["end"] - gaps["start"] > PART // 10]
    for contig, start, end in rows_of(subtract(merge(padded), long)):
        pieces = -(-(end - start) // PART)
        edges = np.linspace(start, end, pieces + 1).astype(np.int64)
        for a, b in pairwise(edges.tolist()):
            yield Stretch(contig, a, b)

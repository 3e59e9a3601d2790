"""Candidate windows of a genome: a grid that keeps clear of given regions, and its composition."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import Codes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHUNK = 20_000  # windows whose bases are in memory at a time


def composition(
    genome: Genome, contig: Integers, start: Integers, length: int
) -> tuple[Floats, Floats]:
    """GC content among A C G T (NaN where there is none), and share of other letters, (n,) each."""
    counts = np.zeros((len(start), 2), np.int64)
    for begin in range(0, len(start), CHUNK):
        part = slice(begin, begin + CHUNK)
        _count(genome.windows(contig[part], start[part], length), counts[part])
    gc, plain = counts.T
    share = np.full(len(start), np.nan)
    np.divide(gc, plain, out=share, where=plain > 0)
    return share, 1 - plain / max(length, 1)


@njit(cache=True, nogil=True)
def _count(codes: Codes, counts: Integers) -> None:
    for row in range(codes.shape[0]):
        gc = plain = 0
        for code in codes[row]:
            gc += (code == 1) | (code == 2)
            plain += code < 4
        counts[row, 0] = gc
        counts[row, 1] = plain


def taken_intervals(
    genome: Genome, positives: pd.DataFrame, margin: int, exclude: pd.DataFrame | None
) -> Integers:
    """Intervals (contig, start, end; n) of positives with their margin and of `exclude`, merged."""
    taken = np.empty((3, 0), np.int64)
    for regions, free in ((positives, margin), (exclude, 0)):
        if regions is None:
            continue
        known = regions[regions["contig"].isin(genome.index_of)]
        contig = known["contig"].map(genome.index_of).to_numpy().astype(np.int64)
        start, end = known["start"].to_numpy() - free, known["end"].to_numpy() + free
        taken = join_intervals(taken, contig, start, end)
    return taken


def join_intervals(taken: Integers, contig: Integers, start: Integers, end: Integers) -> Integers:
    """Intervals (contig, start, end; n) and new ones, sorted, overlapping ones merged."""
    rows = np.concatenate([taken, np.stack([contig, start, end])], axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0]))]
    if not rows.size:
        return rows
    # Ends that never fall within a contig: shift each contig past all ends of the one before.
    span = rows[2].max() - min(rows[1].min(), 0) + 1
    reach = np.maximum.accumulate(rows[2] + rows[0] * span)
    opens = np.ones(rows.shape[1], np.bool_)
    opens[1:] = (rows[1] + rows[0] * span)[1:] > reach[:-1]
    last = np.append(np.flatnonzero(opens)[1:], len(opens)) - 1
    return np.stack([rows[0, opens], rows[1, opens], reach[last] - rows[0, last] * span])


def grid_windows(
    genome: Genome,
    length: int,
    allowed: Integers | None,
    taken: Integers,
    limit: int,
    rng: np.random.Generator,
) -> Integers:
    """(contig, start; n) of grid windows that touch no taken interval, `limit` at most."""
    contigs = np.arange(len(genome.names)) if allowed is None else allowed
    places = []
    for contig in contigs.tolist():
        starts = np.arange(rng.integers(0, length), genome.lengths[contig] - length + 1, length)
        first, last = np.searchsorted(taken[0], [contig, contig + 1])
        _, begins, ends = taken[:, first:last]
        # Merged intervals: the first that ends past a window's start is the only one to look at.
        following = np.append(begins, np.iinfo(np.int64).max)[
            np.searchsorted(ends, starts, side="right")
        ]
        starts = starts[starts + length <= following]
        places.append(np.stack([np.full(len(starts), contig), starts]))
    joined = np.concatenate(places, axis=1)
    # In random order: windows of equal GC are taken in the order given.
    return joined[:, rng.permutation(joined.shape[1])[:limit]]

"""Fragments of DNA: from which sequence, where, how long, on which strand."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.coverage import BIN, draw_starts, start_weights
from seqcnn.calling.simulate.haplotypes import Sequence

Ints = npt.NDArray[np.int64]
SHORTEST = 40  # bp of a fragment


class Source(NamedTuple):
    """A sequence that fragments come from, and how deep."""

    sequence: Sequence
    depth: float  # mean reads over each base
    kind: str  # "0" and "1" haplotypes, "x" another person, "c" a diverged copy


class Fragments(NamedTuple):
    """F fragments; a chimera goes on with a second piece, from anywhere in the same source."""

    source: Ints  # (F,)
    start: Ints  # (F,) in the source
    length: Ints  # (F,)
    flipped: npt.NDArray[np.bool_]  # (F,) read 1 is on the reverse strand
    second_start: Ints  # (F,)
    second_length: Ints  # (F,) 0 = no chimera
    second_flipped: npt.NDArray[np.bool_]  # (F,)
    template: Ints  # (F,) duplicates share it
    marked: npt.NDArray[np.bool_]  # (F,) flagged as duplicate


def draw_lengths(
    percentiles: npt.NDArray[np.float64], number: int, random: np.random.Generator
) -> Ints:
    """Lengths (number,) from their percentiles (101,)."""
    lengths = np.interp(100 * random.random(number), np.arange(101), percentiles)
    return np.maximum(np.round(lengths).astype(np.int64), SHORTEST)


def draw_fragments(
    sources: list[Source],
    random: np.random.Generator,
    *,
    bases_a_fragment: float,
    percentiles: npt.NDArray[np.float64],
    gc: npt.NDArray[np.float64],
    dispersion: float,
    wave_seed: int,
    chimeras: float,
    duplicates: float,
    marked: float,
) -> Fragments:
    """Fragments that give each source its depth, in the order of sources and draws.

    Args:
        sources: what is sequenced.
        random: source of randomness.
        bases_a_fragment: bases read from a fragment, which set the number of fragments.
        percentiles: of fragment lengths, (101,).
        gc: relative coverage by GC per cent, (101,).
        dispersion: standard deviation of the log of the coverage waves.
        wave_seed: of the waves, the same for all parts.
        chimeras: share of fragments with a second piece.
        duplicates: share of all fragments, added to the depth.
        marked: share of the duplicates that carry the flag.
    """
    middle = int(percentiles[50])
    columns: list[tuple[Ints, Ints, Ints]] = []
    for index, source in enumerate(sources):
        codes = source.sequence.codes
        weights = start_weights(source.sequence, middle, gc, dispersion, wave_seed)
        share = float((weights > 0).mean())
        expected = source.depth * len(codes) * share / bases_a_fragment
        number = int(random.poisson(expected)) if share else 0
        start = draw_starts(weights, number, len(codes), random)
        length = draw_lengths(percentiles, number, random)
        # Called bases only: a fragment off the end or over an N is lost, as on a contig's end.
        uncalled = np.concatenate([[0], np.cumsum(codes > 3)])
        end = np.minimum(start + length, len(codes))
        keep = (start + length <= len(codes)) & (uncalled[end] == uncalled[start])
        columns.append((np.full(keep.sum(), index), start[keep], length[keep]))
    source_of, start, length = (np.concatenate(part) for part in zip(*columns, strict=True))
    count = len(start)
    flipped = random.random(count) < 0.5
    second_start, second_length, second_flipped = _second_pieces(
        sources, source_of, length, chimeras, random
    )
    length = length - second_length
    copied = np.flatnonzero(random.random(count) < duplicates / max(1e-9, 1 - duplicates))
    rows = np.concatenate([np.arange(count), copied])
    flagged = np.zeros(len(rows), np.bool_)
    flagged[count:] = random.random(len(copied)) < marked
    return Fragments(
        source_of[rows], start[rows], length[rows], flipped[rows], second_start[rows],
        second_length[rows], second_flipped[rows], rows, flagged,
    )  # fmt: skip


def _second_pieces(
    sources: list[Source], source_of: Ints, length: Ints, share: float, random: np.random.Generator
) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Where the second piece of each chimera begins, its length (0 = none) and its strand."""
    count = len(source_of)
    chosen = (random.random(count) < share) & (length >= 2 * SHORTEST)
    second_length = np.where(chosen, (length * random.uniform(0.2, 0.8, count)).astype(np.int64), 0)
    sizes = np.array([len(source.sequence.codes) for source in sources])[source_of]
    # Most chimeric pieces come from nearby: one in two within 2 kb.
    second_start = (random.random(count) * np.maximum(sizes - second_length, 1)).astype(np.int64)
    for row in np.flatnonzero(chosen):
        codes = sources[source_of[row]].sequence.codes
        if (codes[second_start[row] : second_start[row] + second_length[row]] > 3).any():
            second_length[row] = 0
    return second_start, second_length, random.random(count) < 0.5


__all__ = ["BIN", "Fragments", "Source", "draw_fragments", "draw_lengths"]

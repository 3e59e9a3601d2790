"""Uneven coverage: where fragments begin, from GC content and from waves along the genome."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.simulate.chance import hashed
from seqcnn.calling.simulate.haplotypes import Sequence

BIN = 20  # bp of fragment starts that share one weight
WAVES = (100, 500, 2500)  # bp between the knots of the waves


def start_weights(
    sequence: Sequence,
    fragment: int,
    gc: npt.NDArray[np.float64],
    dispersion: float,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Relative chance (n,) that a fragment begins in each bin of 20 bp of `sequence`; mean 1.

    Fragments of `fragment` bp are looked at for their GC content; a bin whose fragment runs
    off the sequence's end keeps its weight. The waves belong to positions of the reference, so
    both haplotypes, and neighbouring parts, share them.
    """
    codes = sequence.codes
    strong = np.concatenate([[0], np.cumsum((codes == 1) | (codes == 2))])
    called = np.concatenate([[0], np.cumsum(codes < 4)])
    begin = np.arange(0, len(codes), BIN)
    end = np.minimum(begin + fragment, len(codes))
    share = (strong[end] - strong[begin]) / np.maximum(called[end] - called[begin], 1)
    weight = gc[np.round(100 * share).astype(np.int64)]
    if dispersion > 0:
        place = sequence.position[np.minimum(begin + BIN // 2, len(codes) - 1)]
        known = place >= 0
        waves = np.zeros(len(begin))
        for knots in WAVES:
            waves += _wave(place, knots, np.uint64(seed))
        wave = waves * dispersion / np.sqrt(len(WAVES))
        weight = weight * np.where(known, np.exp(wave - dispersion**2 / 2), 1.0)
    return weight / weight.mean()


@njit(cache=True, nogil=True)
def _wave(place: npt.NDArray[np.int64], knots: int, seed: np.uint64) -> npt.NDArray[np.float64]:
    """Numbers of mean 0 and about variance 1, smooth between knots so many bp apart."""
    out = np.empty(place.size)
    for i in range(place.size):
        left = max(place[i], 0) // knots
        t = (max(place[i], 0) - left * knots) / knots
        a = _normal(left, knots, seed)
        b = _normal(left + 1, knots, seed)
        out[i] = ((1 - t) * a + t * b) / np.sqrt((1 - t) ** 2 + t**2)
    return out


@njit(cache=True, nogil=True)
def _normal(knot: int, knots: int, seed: np.uint64) -> float:
    total = 0.0  # of twelve uniform numbers: near enough to a normal one
    for k in range(12):
        total += hashed(seed, np.uint64(knot * 12 + k + knots * 1_000_003))
    return total - 6.0


def draw_starts(
    weights: npt.NDArray[np.float64], number: int, length: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """0-based starts (number,) in [0, length), by the weights of the bins of 20 bp."""
    if not number:
        return np.zeros(0, np.int64)
    cumulative = np.cumsum(weights)
    bins = np.searchsorted(cumulative, random.random(number) * cumulative[-1], side="right")
    starts = bins * BIN + random.integers(0, BIN, number)
    return np.minimum(starts, length - 1).astype(np.int64)

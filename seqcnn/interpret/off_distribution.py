"""Sequences that no network was trained on, and how sure a network is of them all the same."""

from collections.abc import Mapping

import numpy as np

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.dna import N_CODE, Codes
from seqcnn.interpret.fooling import noise

SURE = 0.9
LONGEST_UNIT = 6  # bp of a repeat


def strange_sequences(codes: Codes, *, seed: int = 0) -> dict[str, Codes]:
    """Codes (N, L) of each kind of sequence that is not like the given codes (N, L).

    Shuffles keep each sequence's words of two letters or only its letters; "random" has each base
    equally often, "random, same GC" the given sequences' own shares of G and C; "reversed" is read
    backwards without its complement; repeats have units of 1 to 6 bp.
    """
    generator = np.random.default_rng(seed)
    number, length = codes.shape
    return {
        "dinucleotides shuffled": dinucleotide_shuffle(codes, seed=seed),
        "letters shuffled": generator.permuted(codes, axis=1),
        "random, same GC": _random_of_same_gc(codes, generator),
        "random": noise(number, length, generator),
        "reversed": np.ascontiguousarray(codes[:, ::-1]),
        "repeats": _repeats(number, length, generator),
        "half of it N": _half_unknown(codes, generator),
        "all N": np.full((1, length), N_CODE, np.uint8),
    }


def shares(probability: np.ndarray) -> Mapping[str, float]:
    """Shares of probabilities (N,) that are sure: above 0.9, and below 0.1; and their mean."""
    return {
        "mean": float(probability.mean()),
        "above": float((probability > SURE).mean()),
        "below": float((probability < 1 - SURE).mean()),
    }


def _random_of_same_gc(codes: Codes, generator: np.random.Generator) -> Codes:
    strong = (codes == 1) | (codes == 2)
    known = np.maximum((codes < 4).sum(1, keepdims=True), 1)
    gc = strong.sum(1, keepdims=True) / known
    is_strong = generator.random(codes.shape) < gc
    second = generator.random(codes.shape) < 0.5
    chosen = np.where(is_strong, np.where(second, 1, 2), np.where(second, 0, 3))
    return chosen.astype(np.uint8)


def _repeats(number: int, length: int, generator: np.random.Generator) -> Codes:
    made = np.empty((number, length), np.uint8)
    for row in range(number):
        unit = generator.integers(0, 4, 1 + row % LONGEST_UNIT, dtype=np.uint8)
        made[row] = np.resize(unit, length)
    return made


def _half_unknown(codes: Codes, generator: np.random.Generator) -> Codes:
    """Half of each sequence, in one piece at either end, unknown."""
    made = codes.copy()
    half = codes.shape[1] // 2
    left = generator.random(len(codes)) < 0.5
    made[left, :half] = N_CODE
    made[~left, -half:] = N_CODE
    return made

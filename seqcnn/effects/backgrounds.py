"""Sequences to plant in or to start from: inputs, their shuffles, or random bases."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.dna import Codes

Kind = Literal["shuffled", "input", "random"]


@dataclass(frozen=True)
class Backgrounds:
    """Codes uint8 (N, L), the index of the input that each was made of (N,), and how, in words."""

    codes: Codes
    sources: np.ndarray
    words: str

    def __len__(self) -> int:
        return len(self.codes)


def random_sequences(number: int, length: int, gc: float, generator: np.random.Generator) -> Codes:
    """Codes uint8 (number, length) of independent bases, a share `gc` of them G or C."""
    shares = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    return generator.choice(4, (number, length), p=shares).astype(np.uint8)


def make_backgrounds(
    kind: Kind, inputs: Codes | None, *, number: int, length: int, gc: float, seed: int
) -> Backgrounds:
    """Backgrounds of a `kind`: dinucleotide shuffles of inputs (as many as asked for, of each input
    in turn), at most `number` inputs as they are, or random sequences with a share `gc` of G and C.
    """
    if kind == "random" or inputs is None:
        codes = random_sequences(number, length, gc, np.random.default_rng(seed))
        return Backgrounds(codes, np.arange(number), f"random sequences, {100 * gc:.0f} % GC")
    if kind == "input":
        codes = inputs[:number]
        return Backgrounds(codes, np.arange(len(codes)), "the sequences of the input")
    sources = np.arange(number) % len(inputs)
    codes = dinucleotide_shuffle(inputs[sources], seed=seed)
    return Backgrounds(codes, sources, "dinucleotide shuffles of the input")

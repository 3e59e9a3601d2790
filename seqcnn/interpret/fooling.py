"""Sequences evolved from noise until a network is sure of them, and how unlike any real one.

After Nguyen et al. (2015, arXiv 1412.1897), who did so with images that nobody recognises.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqcnn.interpret.adversarial import Edited, fewest_edits
from seqcnn.interpret.call_goals import Goals
from seqcnn.interpret.substitution_search import Expand, Network
from seqcnn.training.kmers import kmer_counts

WORD = 6  # bp of the words by which sequences are compared


@dataclass(frozen=True)
class Fooled:
    """Noise codes (N, L) before, after, and what was changed; `reached` (N,) the goal or not."""

    before: np.ndarray
    after: np.ndarray
    edited: Edited

    @property
    def reached(self) -> np.ndarray:
        """Whether (N,) the goal was reached."""
        reached: np.ndarray = self.edited.number > 0
        return reached


def noise(number: int, length: int, generator: np.random.Generator) -> np.ndarray:
    """Codes uint8 (number, length), every base as likely as any other."""
    return generator.integers(0, 4, (number, length), dtype=np.uint8)


def evolve(
    network: Network, start: np.ndarray, goals: Goals, *, expand: Expand, most: int, **how: Any
) -> Fooled:
    """Change codes (N, L) a base at a time, each time for the best the network can be shown, until
    each reaches its goal or `most` bases were changed. `how` are options of `fewest_edits`.
    """
    edited = fewest_edits(
        network, start, goals, expand=expand, most=most, whole_first=False, beam=1, **how
    )
    return Fooled(start, edited.applied(start), edited)


def likeness(codes: np.ndarray, real: np.ndarray, *, stranded: bool) -> np.ndarray:
    """Cosine (N,) of the 6-mer counts of codes (N, L) with those of the nearest of `real` (R, L);
    a sequence that is itself in `real` is not compared with itself; NaN where it is the only one.
    """
    ours = kmer_counts(codes, WORD, canonical=not stranded)
    theirs = kmer_counts(real, WORD, canonical=not stranded)
    lengths = [np.sqrt(counts.multiply(counts).sum(1)).A1 for counts in (ours, theirs)]
    cosine = (ours @ theirs.T).toarray() / np.maximum(np.outer(*lengths), 1e-12)
    known = {row.tobytes(): number for number, row in enumerate(real)}
    for number, row in enumerate(codes):
        if row.tobytes() in known:
            cosine[number, known[row.tobytes()]] = -1.0
    nearest: np.ndarray = cosine.max(1)
    return np.where(nearest < 0, np.nan, nearest)

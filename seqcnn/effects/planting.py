"""What a motif adds to an output: planted in backgrounds, alone, at every place, or in a pair.

Marginalisation over backgrounds as in Koo et al. 2021 (global importance analysis): the mean of the
outputs with the motif less those without, so that what a single sequence has around it cancels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqcnn.encoders.dna import Codes, reverse_complement

# Codes uint8 (n, L) -> logits (n, K).
Score = Callable[[Codes], np.ndarray]
How = Literal["replace", "insert"]
# 0-based start in the planted sequence, and codes (N, w) or (w,).
Placement = tuple[int, Codes]


def planted(codes: Codes, placements: Sequence[Placement], how: How = "replace") -> Codes:
    """Codes (N, L) with the motifs in them; a later motif lies over an earlier one.

    "replace" overwrites bases. "insert" keeps the middle L less the motifs' width of each
    background and pushes it apart, so that each motif still starts at its place.

    Raises:
        ValueError: a motif does not lie within the sequence.
    """
    length = codes.shape[1]
    taken = np.zeros(length, bool)
    for start, motif in placements:
        if start < 0 or start + motif.shape[-1] > length:
            raise ValueError(f"{motif.shape[-1]} bp at {start} are not within {length} bp")
        taken[start : start + motif.shape[-1]] = True
    out = codes.copy()
    if how == "insert":
        lost = int(taken.sum())
        out[:, ~taken] = codes[:, lost // 2 : length - (lost - lost // 2)]
    for start, motif in placements:
        out[:, start : start + motif.shape[-1]] = motif
    return out


@dataclass(frozen=True)
class Planter:
    """Backgrounds with their outputs: `codes` (N, L), `without` (N, K) logits."""

    score: Score
    codes: Codes
    without: np.ndarray
    how: How = "replace"

    @classmethod
    def of(cls, score: Score, codes: Codes, how: How = "replace") -> "Planter":
        """The planter of these backgrounds, which are scored once."""
        return cls(score, codes, score(codes), how)

    def with_motifs(self, *placements: Placement) -> np.ndarray:
        """Logits (N, K) of the backgrounds with the motifs in them."""
        return self.score(planted(self.codes, placements, self.how))

    def profile(self, motif: Codes, starts: Sequence[int]) -> np.ndarray:
        """Logits (P, N, K) with the motif at each of P starts."""
        return np.stack([self.with_motifs((start, motif)) for start in starts])

    def pair(
        self, first: Codes, second: Codes, *, start: int, spacings: Sequence[int]
    ) -> "PairLogits":
        """Two motifs, the second `spacings` bp after the end of the first, which lies at `start`.

        Each motif alone is measured where it lies in the pair.
        """
        ends = start + first.shape[-1]
        places = [(ends + spacing, second) for spacing in spacings]
        return PairLogits(
            both=np.stack([self.with_motifs((start, first), place) for place in places]),
            first=self.with_motifs((start, first)),
            second=np.stack([self.with_motifs(place) for place in places]),
            without=self.without,
        )


@dataclass(frozen=True)
class PairLogits:
    """Logits of a pair at S spacings: `both`, `second` (S, N, K); `first`, `without` (N, K)."""

    both: np.ndarray
    first: np.ndarray
    second: np.ndarray
    without: np.ndarray

    @property
    def interaction(self) -> np.ndarray:
        """What the pair adds to the sum of its parts, (S, N, K)."""
        added: np.ndarray = self.both - self.first[None] - self.second + self.without[None]
        return added


def oriented(motif: Codes, sign: str) -> Codes:
    """The motif (N, w) as it is for "+", its reverse complement for "-"."""
    return motif if sign == "+" else reverse_complement(motif)


def in_a_row(motif: Codes, copies: int, *, gap: int, middle: int) -> list[Placement]:
    """Placements of so many copies `gap` bp apart, around base `middle`."""
    width = motif.shape[-1]
    whole = copies * width + (copies - 1) * gap
    first = middle - whole // 2
    return [(first + copy * (width + gap), motif) for copy in range(copies)]

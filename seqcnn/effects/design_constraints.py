"""What a designed sequence must keep to, and the edits that make a sequence keep to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.effects.motif_matches import both_strands, occurrences
from seqcnn.encoders.dna import Codes

BLOCK = 4096  # sequences at a time, which bounds the memory


@dataclass(frozen=True)
class Edits:
    """Substitutions of one base of a sequence: 0-based positions (M,) and new codes (M,)."""

    positions: np.ndarray
    bases: Codes

    def __len__(self) -> int:
        return len(self.positions)

    def of(self, codes: Codes) -> Codes:
        """The sequences (M, L) that the edits make of codes (L,)."""
        out = np.repeat(codes[None], len(self), axis=0)
        out[np.arange(len(self)), self.positions] = self.bases
        return out

    def blocks(self, codes: Codes) -> Iterator[Codes]:
        """The same, some thousands at a time."""
        for first in range(0, len(self), BLOCK):
            yield self.subset(np.arange(first, min(first + BLOCK, len(self)))).of(codes)

    def subset(self, chosen: np.ndarray) -> "Edits":
        """The edits at these indices, or where a mask is true."""
        return Edits(self.positions[chosen], self.bases[chosen])


@dataclass(frozen=True)
class Constraints:
    """Limits of a design; without any, every edit is allowed.

    Attributes:
        kept: bool (L,), positions that must not change, or None.
        gc: lowest and highest share of G and C among all bases.
        forbidden: bool (4, w) each, bases allowed at each column of a motif that must not occur on
            either strand.
        longest_run: of one base.
    """

    kept: np.ndarray | None = None
    gc: tuple[float, float] | None = None
    forbidden: Sequence[np.ndarray] = ()
    longest_run: int | None = None

    def edits(self, codes: Codes) -> Edits:
        """All substitutions of codes (L,) where it may change, by position, then A C G T."""
        positions = np.repeat(np.arange(len(codes)), 4)
        bases = np.tile(np.arange(4, dtype=np.uint8), len(codes))
        changes = bases != codes[positions]
        if self.kept is not None:
            changes &= ~self.kept[positions]
        return Edits(positions[changes], bases[changes])

    def violations(self, codes: Codes) -> np.ndarray:
        """By how much each row of codes (N, L) breaks the limits, int64 (N,): bases of G and C too
        many or too few, occurrences of forbidden motifs, bases over the longest run.
        """
        total = np.zeros(len(codes), np.int64)
        if self.gc is not None:
            total += _out_of_range(codes, *self.gc)
        if self.forbidden:
            total += occurrences(codes, both_strands(self.forbidden))
        if self.longest_run is not None:
            total += _over_run(codes, self.longest_run)
        return total

    def allowed(self, codes: Codes) -> Edits:
        """The edits of codes (L,) after which it keeps to the limits."""
        edits = self.edits(codes)
        return edits.subset(self.violations_after(codes, edits) == 0)

    def violations_after(self, codes: Codes, edits: Edits) -> np.ndarray:
        """Violations (M,) of what each edit makes of codes (L,)."""
        parts = [self.violations(block) for block in edits.blocks(codes)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def gc_share(codes: Codes) -> np.ndarray:
    """Share of G and C among all bases of each row of codes (N, L)."""
    share: np.ndarray = ((codes == 1) | (codes == 2)).mean(axis=1)
    return share


def _out_of_range(codes: Codes, low: float, high: float) -> np.ndarray:
    length = codes.shape[1]
    count = ((codes == 1) | (codes == 2)).sum(axis=1)
    # Shares such as .3 of 10 bases must not miss 3 by rounding.
    least, most = np.ceil(low * length - 1e-9), np.floor(high * length + 1e-9)
    outside: np.ndarray = (least - count).clip(0) + (count - most).clip(0)
    return outside.astype(np.int64)


def _over_run(codes: Codes, longest: int) -> np.ndarray:
    """Bases by which runs are longer: a run of n holds n - longest stretches of longest + 1."""
    places = codes.shape[1] - longest
    if places < 1:
        return np.zeros(len(codes), np.int64)
    same = (codes[:, 1:] == codes[:, :-1]) & (codes[:, 1:] < 4)
    stretch = np.ones((len(codes), places), bool)
    for offset in range(longest):
        stretch &= same[:, offset : offset + places]
    over: np.ndarray = stretch.sum(axis=1)
    return over


def repairs(
    codes: Codes, constraints: Constraints, generator: np.random.Generator
) -> list[tuple[int, int]] | None:
    """Edits (position, base) after which codes (L,) keep to the limits; None where none helps.

    Each is drawn among those that mend most.
    """
    made: list[tuple[int, int]] = []
    broken = int(constraints.violations(codes[None])[0])
    while broken:
        edits = constraints.edits(codes)
        after = constraints.violations_after(codes, edits)
        if not len(after) or after.min() >= broken:
            return None
        chosen = int(generator.choice(np.flatnonzero(after == after.min())))
        made.append((int(edits.positions[chosen]), int(edits.bases[chosen])))
        codes = codes.copy()
        codes[made[-1][0]] = made[-1][1]
        broken = int(after[chosen])
    return made

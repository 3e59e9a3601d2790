"""How large differences are that mean nothing: a background of random or common variants."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from seqcnn.data.genome import Genome
from seqcnn.effects.windows import Changes, Windows, variant_windows
from seqcnn.encoders.dna import LETTERS, N_CODE
from seqcnn.errors import InputError

Item = TypeVar("Item")

_TRIES = 20  # draws a wanted variant, before the genome is taken to be N
_DRAW = 4096  # windows looked at at a time


@dataclass(frozen=True)
class VariantBackground:
    """|difference| of background variants, sorted in each track, float32 (N, T)."""

    sizes: np.ndarray

    @classmethod
    def of(cls, differences: np.ndarray) -> "VariantBackground":
        """Of differences (N, T); rows of NaN are left out."""
        known = differences[~np.isnan(differences).any(axis=1)]
        return cls(np.sort(np.abs(known), axis=0).astype(np.float32))

    def __len__(self) -> int:
        return len(self.sizes)

    def quantiles(self, differences: np.ndarray) -> np.ndarray:
        """The share of the background that changes a track less than each of (n, T) does."""
        found = np.full(differences.shape, np.nan, np.float32)
        for track in range(differences.shape[1]):
            sizes = np.abs(differences[:, track])
            smaller = np.searchsorted(self.sizes[:, track], sizes, side="left")
            found[:, track] = smaller / len(self.sizes)
        found[np.isnan(differences)] = np.nan
        return found


def random_substitutions(
    genome: Genome, contigs: Sequence[str], number: int, *, length: int, max_n: float, seed: int
) -> Changes:
    """`number` substitutions drawn evenly from `contigs`, each base to each other equally often.

    None where the genome has another letter than A C G T, or where more than a share `max_n` of
    the window of `length` bp is N.

    Raises:
        InputError: the contigs have too few such places.
    """
    generator = np.random.default_rng(seed)
    index = np.array([genome.index_of[name] for name in contigs], np.int64)
    sizes = genome.lengths[index]
    chosen: list[np.ndarray] = []
    found = 0
    for _ in range(_TRIES * -(-number // _DRAW)):
        draw = min(number, _DRAW)
        which = generator.choice(len(index), draw, p=sizes / sizes.sum())
        pos = (generator.random(draw) * sizes[which]).astype(np.int64)
        step = generator.integers(1, 4, draw)
        codes = genome.windows(index[which], pos - length // 2, length)
        base = codes[:, length // 2]
        good = (base < N_CODE) & ((codes == N_CODE).mean(axis=1) <= max_n)
        chosen.append(np.stack([index[which], pos, base, (base + step) % 4])[:, good])
        found += int(good.sum())
        if found >= number:
            break
    if found < number:
        raise InputError(
            f"{genome.path}: has too few places without N for {number:,} background variants; "
            "pass --background none, or a VCF"
        )
    contig, pos, ref, alt = np.concatenate(chosen, axis=1)[:, :number].astype(np.int64)
    refs, alts = ([LETTERS[code] for code in codes] for codes in (ref, alt))
    return Changes(contig, pos, refs, alts, np.zeros(number, bool))


def windows_of(
    genome: Genome, changes: Changes, length: int, shifts: Sequence[int], size: int
) -> Iterator[Windows]:
    """The windows of `changes`, `size` variants at a time."""
    for first in range(0, len(changes), size):
        rows = np.arange(first, min(first + size, len(changes)))
        yield variant_windows(genome, changes.subset(rows), length, shifts)


def drawn(items: Iterable[Item], number: int, seed: int) -> list[Item]:
    """At most `number` of `items` (a reservoir sample), in their order."""
    generator = np.random.default_rng(seed)
    kept: list[tuple[int, Item]] = []
    for place, item in enumerate(items):
        if place < number:
            kept.append((place, item))
        elif (slot := int(generator.integers(place + 1))) < number:
            kept[slot] = (place, item)
    return [item for _, item in sorted(kept, key=lambda one: one[0])]

"""The tables of marginalisation: motifs alone, by position, and in pairs by spacing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.data.motif_text import drawn_bases, possible_bases, scrambled
from seqcnn.data.motifs import Motif
from seqcnn.effects.motif_matches import both_strands, occurrences
from seqcnn.effects.planting import Planter, in_a_row, oriented
from seqcnn.effects.planting_summary import Summary, side_by_side
from seqcnn.encoders.dna import Codes, reverse_complement


@dataclass(frozen=True)
class Plantable:
    """A motif with the bases that each background gets, and the same bases in another order."""

    motif: Motif
    codes: Codes  # (N, w)
    scramble: Codes  # (N, w)

    @classmethod
    def draw(cls, motif: Motif, number: int, *, likely: bool, seed: int) -> "Plantable":
        """For so many backgrounds; the same seed gives the same bases."""
        generator = np.random.default_rng(seed)
        codes = drawn_bases(motif, number, generator, likely=likely)
        return cls(motif, codes, scrambled(codes, generator))

    @property
    def name(self) -> str:
        return self.motif.label

    @property
    def width(self) -> int:
        return self.codes.shape[1]

    def signs(self, orientation: str) -> tuple[str, ...]:
        """The strands to plant on; a motif that is its own reverse complement has one."""
        if orientation != "both":
            return ("+",) if orientation == "forward" else ("-",)
        return ("+",) if self.palindrome else ("+", "-")

    @property
    def palindrome(self) -> bool:
        """Whether the bases are their own reverse complement."""
        return np.array_equal(self.codes, reverse_complement(self.codes))


def pair_signs(first: Plantable, second: Plantable, orientation: str) -> list[str]:
    """The strands of both motifs; a palindrome's are not told apart."""
    if orientation != "both":
        return ["++"] if orientation == "forward" else ["--"]
    return [one + other for one in first.signs("both") for other in second.signs("both")]


def motif_table(
    planter: Planter,
    motifs: Sequence[Plantable],
    summary: Summary,
    *,
    starts: Sequence[int],
    orientation: str,
    copies: Sequence[int],
    gap: int,
) -> pd.DataFrame:
    """The effect of each motif, orientation and number of copies on each track; one copy lies at
    the motif's start, more lie around it.

    Beside the columns of `Summary.effect`: `present`, the share of backgrounds that hold the motif
    already, `scrambled`, the effect of the same bases in another order, and `specific`, the effect
    less that, both with `_low` and `_high`.
    """
    parts = []
    for motif, place in zip(motifs, starts, strict=True):
        middle = place + motif.width // 2
        known = both_strands([possible_bases(motif.motif)])
        present = float((occurrences(planter.codes, known) > 0).mean())
        for sign in motif.signs(orientation):
            for number in copies:
                places = [
                    in_a_row(oriented(bases, sign), number, gap=gap, middle=middle)
                    for bases in (motif.codes, motif.scramble)
                ]
                after, control = (planter.with_motifs(*placements) for placements in places)
                table = side_by_side(
                    [
                        summary.effect(after, planter.without),
                        summary.difference(control - planter.without, "scrambled"),
                        summary.difference(after - control, "specific"),
                    ]
                )
                first = places[0][0][0]
                told = {"motif": motif.name, "orientation": sign, "copies": number, "start": first}
                told |= {"backgrounds": len(planter.codes), "present": present}
                parts.append(_with_first(table, told))
    return pd.concat(parts, ignore_index=True)


def profile_table(
    planter: Planter,
    motifs: Sequence[Plantable],
    summary: Summary,
    *,
    orientation: str,
    step: int,
) -> pd.DataFrame:
    """The effect of each motif at every `step`-th place; `offset` is the bp from the middle of the
    sequence to that of the motif.
    """
    length = planter.codes.shape[1]
    parts = []
    for motif in motifs:
        for sign in motif.signs(orientation):
            bases = oriented(motif.codes, sign)
            for start in range(0, length - motif.width + 1, step):
                after = planter.with_motifs((start, bases))
                table = summary.difference(after - planter.without, "effect")
                told = {"motif": motif.name, "orientation": sign, "start": start}
                told["offset"] = start + motif.width / 2 - length / 2
                parts.append(_with_first(table, told))
    return pd.concat(parts, ignore_index=True)


def pair_table(
    planter: Planter,
    first: Plantable,
    second: Plantable,
    summary: Summary,
    *,
    start: int,
    spacings: Sequence[int],
    orientation: str,
) -> pd.DataFrame:
    """Effects of a pair by spacing: `both`, `first` and `second` alone where they lie in the pair,
    and `interaction`, both less the sum; each with `_low` and `_high`.
    """
    parts = []
    for signs in pair_signs(first, second, orientation):
        found = planter.pair(
            oriented(first.codes, signs[0]),
            oriented(second.codes, signs[1]),
            start=start,
            spacings=spacings,
        )
        for number, spacing in enumerate(spacings):
            added = {
                "both": found.both[number] - found.without,
                "first": found.first - found.without,
                "second": found.second[number] - found.without,
                "interaction": found.interaction[number],
            }
            table = side_by_side([summary.difference(one, name) for name, one in added.items()])
            told = {"first_motif": first.name, "second_motif": second.name}
            parts.append(_with_first(table, {**told, "orientations": signs, "spacing": spacing}))
    return pd.concat(parts, ignore_index=True)


def _with_first(table: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    """The table after columns of one value each."""
    constant = pd.DataFrame({name: [value] * len(table) for name, value in columns.items()})
    return pd.concat([constant, table], axis=1)

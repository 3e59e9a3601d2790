"""The background of score-variants: scored first, so that all else gets its quantile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqcnn.data.variant_stream import VariantStream, open_variant_stream
from seqcnn.effects.alleles import AlleleReader
from seqcnn.effects.score import NUMBERS, VariantScorer
from seqcnn.effects.variant_background import (
    VariantBackground,
    drawn,
    random_substitutions,
    windows_of,
)
from seqcnn.effects.variant_blocks import BlockReader, scored_blocks
from seqcnn.errors import InputError

RANDOM = 1000  # random variants where no number is given
COMMON = 10_000  # variants of a VCF that are scored, at most
DIFFERENCE = NUMBERS.index("difference")

# Called with the variants that were just done, and how many there are.
Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class BackgroundScorer:
    """Scores what `--background` names (`wanted`), as the variants themselves are."""

    wanted: str
    scorer: VariantScorer
    reader: BlockReader
    seed: int
    advance: Advance

    def __post_init__(self) -> None:
        if not self.none and self._number is None and not Path(self.wanted).exists():
            raise InputError(
                f"--background {self.wanted}: wanted random:NUMBER, none, or a VCF that is there"
            )

    @property
    def none(self) -> bool:
        """Whether no background is wanted."""
        return self.wanted == "none"

    @property
    def file(self) -> Path | None:
        """The VCF that is the background."""
        return None if self.none or self._number is not None else Path(self.wanted)

    def background(self, stream: VariantStream) -> VariantBackground:
        """The background for the variants of `stream`, within `scorer.ready()`.

        Raises:
            InputError: it has no variant that can be scored.
        """
        differences = self._random(stream) if self.file is None else self._common(self.file)
        background = VariantBackground.of(differences)
        if not len(background):
            raise InputError(
                f"--background {self.wanted}: no variant of it can be scored in this genome"
            )
        return background

    @property
    def _number(self) -> int | None:
        kind, colon, number = self.wanted.partition(":")
        if kind != "random" or (colon and (not number.isdecimal() or int(number) < 1)):
            return None
        return int(number) if number else RANDOM

    def _random(self, stream: VariantStream) -> np.ndarray:
        genome = self.reader.alleles.genome
        number = self._number or RANDOM
        changes = random_substitutions(
            genome,
            self._contigs(stream),
            number,
            length=self.reader.length,
            max_n=self.reader.max_n,
            seed=self.seed,
        )
        found = []
        for windows in windows_of(
            genome, changes, self.reader.length, self.reader.shifts, self.reader.size
        ):
            found.append(self.scorer.launch(windows).numbers()[DIFFERENCE])
            self.advance(len(windows.ref), number)
        return np.concatenate(found)

    def _common(self, path: Path) -> np.ndarray:
        # A wrong REF in the background is no reason to stop: such a variant is left out.
        alleles = AlleleReader(self.reader.alleles.genome, "skip", self.reader.alleles.alias)
        reader = replace(self.reader, alleles=alleles)
        found = [np.zeros((0, len(self.scorer.tracks)))]
        with open_variant_stream(path) as stream:
            lines = drawn(stream, COMMON, self.seed)
            for scored in scored_blocks(self.scorer, reader.blocks_of(stream, lines)):
                found.append(scored.numbers[DIFFERENCE])
                self.advance(len(scored.block.lines), len(lines))
        return np.concatenate(found)

    def _contigs(self, stream: VariantStream) -> Sequence[str]:
        """Those of the genome that the VCF's header names; all where it names none of them."""
        alleles = self.reader.alleles
        known = alleles.genome.index_of
        names = stream.contigs
        if alleles.alias is not None:
            translated = alleles.alias.translate(names, known)
            names = [translated[name] for name in names]
        return [name for name in dict.fromkeys(names) if name in known] or alleles.genome.names

"""Does the genome have what a record calls its reference?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import CODE_OF_BYTE, N_CODE, channel_table, decode

Policy = Literal["error", "skip", "swap", "annotate"]

# [code of the genome, code of an allele]: an ambiguity code of the genome agrees with its bases.
_AGREES = np.zeros((15, 15), bool)
_AGREES[:, :4] = channel_table().T > 0
_SHORT = 32  # bases; alleles up to this are looked up together


@dataclass(frozen=True)
class ReferenceAlleles:
    """Alleles of A, C, G and T at `pos` (n,), 0-based, of contig (n,), within their contigs."""

    contig: npt.NDArray[np.int64]
    pos: npt.NDArray[np.int64]
    ref: Sequence[str]
    alt: Sequence[str]

    def check(self, genome: Genome, policy: Policy) -> list[str]:
        """What is to be said of each: "" where REF is there, "genome_n" where the genome has N.

        Else, with the policy `annotate`, "ref_mismatch_scored", with `swap` "swapped" where the
        genome has ALT, and "ref_mismatch" in all other cases.
        """
        said = [""] * len(self.ref)
        if not said:
            return said
        first = genome.windows(self.contig, self.pos, 1)[:, 0]
        letters = np.frombuffer("".join(ref[0] for ref in self.ref).encode(), np.uint8)
        fits = _AGREES[first, CODE_OF_BYTE[letters]]
        unknown = first == N_CODE
        for row in self._unlike(genome):
            fits[row], unknown[row] = self._look(genome, row, self.ref[row])
        for row in np.flatnonzero(unknown).tolist():
            said[row] = "genome_n"
        for row in np.flatnonzero(~fits & ~unknown).tolist():
            said[row] = self._said(genome, row, policy)
        return said

    def _unlike(self, genome: Genome) -> list[int]:
        """References of several bases that the genome does not have letter for letter."""
        rows = [row for row, ref in enumerate(self.ref) if len(ref) > 1]
        short = [row for row in rows if len(self.ref[row]) <= _SHORT]
        if not short:
            return rows
        codes = genome.windows(self.contig[short], self.pos[short], _SHORT)
        text = decode(codes.reshape(-1))
        like = {row for i, row in enumerate(short) if text.startswith(self.ref[row], i * _SHORT)}
        return [row for row in rows if row not in like]

    def _said(self, genome: Genome, row: int, policy: Policy) -> str:
        if policy == "annotate":
            return "ref_mismatch_scored"
        if policy == "swap":
            fits, unknown = self._look(genome, row, self.alt[row])
            if fits and not unknown:
                return "swapped"
        return "ref_mismatch"

    def _look(self, genome: Genome, row: int, bases: str) -> tuple[bool, bool]:
        """Whether the genome has `bases` at the place of `row`, and whether it has N there."""
        found = genome.windows(self.contig[row : row + 1], self.pos[row : row + 1], len(bases))[0]
        wanted = CODE_OF_BYTE[np.frombuffer(bases.encode(), np.uint8)]
        return bool(_AGREES[found, wanted].all()), bool((found == N_CODE).any())

"""A share of a sample's fragments: the same file at a lower depth."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.data.alignments import Alignments
from seqcnn.encoders.reads import Reads


class Thinned(NamedTuple):
    """Alignments of which a share (0 to 1) of the fragments is read, chosen by name and seed."""

    alignments: Alignments
    share: float
    seed: int

    def reads(self, contig: str, start: int, end: int, **how: Any) -> Reads:
        """As `Alignments.reads`; mates stay together."""
        reads = self.alignments.reads(contig, start, end, **how)
        return kept(reads, _chance(reads.fragment, self.seed) < self.share)


def _chance(fragments: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.float64]:
    """Uniform from 0 to 1, by name (splitmix64, Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = fragments + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2**53


def kept(reads: Reads, keep: npt.NDArray[np.bool_]) -> Reads:
    """The reads of a mask (N,), in their order."""
    bases = np.diff(reads.base_start)
    operations = np.diff(reads.cigar_start)
    of_base, of_operation = np.repeat(keep, bases), np.repeat(keep, operations)
    return reads._replace(
        **{
            name: getattr(reads, name)[keep]
            for name in (
                *("start", "end", "flag", "mapping_quality", "template_length", "fragment"),
                "haplotype",
            )
        },
        base_start=np.concatenate(([0], np.cumsum(bases[keep]))),
        bases=reads.bases[: len(of_base)][of_base],
        qualities=reads.qualities[: len(of_base)][of_base],
        cigar_start=np.concatenate(([0], np.cumsum(operations[keep]))),
        cigar=reads.cigar[: len(of_operation)][of_operation],
    )

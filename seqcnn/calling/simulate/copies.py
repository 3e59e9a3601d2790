"""Diverged copies: stretches of the genome that are there more than once.

Reads of a copy that the reference lacks map onto the original, where the differences look like
heterozygous variants. Reads of a copy that it has (a paralog) mostly map home; the others, and
those of the original, lose mapping quality.
"""

from typing import NamedTuple

import numpy as np

from seqcnn.calling.simulate.drawn import draw_variants
from seqcnn.calling.simulate.haplotypes import Sequence, build_haplotype
from seqcnn.calling.simulate.spectrum import Spectrum
from seqcnn.calling.simulate.variants import Codes

FLANK = 700  # bp on either side that belong to another place
LENGTHS = (600, 8000)  # bp, uniform in the logarithm
DIVERGENCE = (0.003, 0.04)  # of bases, uniform in the logarithm
COPIES = (0.25, 2.0)  # of the depth of the diploid original, uniform in the logarithm


class Copy(NamedTuple):
    """A copy of [start, end), with foreign flanks; `listed` is what the reference has of it."""

    start: int
    end: int
    sequence: Sequence  # as the person has it
    depth: float  # times that of the original
    listed: Codes | None  # None: nothing


def draw_copies(
    codes: Codes,
    offset: int,
    share: float,
    spectrum: Spectrum,
    random: np.random.Generator,
    *,
    listed: bool,
) -> list[Copy]:
    """Copies of about `share` of the bases of `codes`, which begin at `offset`.

    With `listed` the reference has them, with the differences of an ordinary person.
    """
    low, high = np.log(LENGTHS)
    mean = (np.exp(high) - np.exp(low)) / (high - low)
    copies = []
    for _ in range(int(random.poisson(share * len(codes) / mean))):
        length = int(np.exp(random.uniform(low, high)))
        start = int(random.integers(0, max(1, len(codes) - length)))
        divergence = float(np.exp(random.uniform(*np.log(DIVERGENCE))))
        depth = 1.0 if listed else float(np.exp(random.uniform(*np.log(COPIES))))
        piece = codes[start : start + length]
        if len(piece) < LENGTHS[0] or (piece > 3).any():
            continue
        differences = draw_variants(
            piece, 0, spectrum, random, density=divergence / (spectrum.snp_rate * 1.1)
        )
        fixed = [one._replace(alleles=(1, 1)) for one in differences]
        body = build_haplotype(piece, 0, fixed, 0).codes
        whole = np.concatenate([_foreign(piece, random), body, _foreign(piece, random)])
        known = whole if listed else None
        if listed:
            own = [
                one._replace(alleles=(1, 1)) for one in draw_variants(whole, 0, spectrum, random)
            ]
            whole = build_haplotype(whole, 0, own, 0).codes
        sequence = Sequence(whole, np.full(len(whole), -1, np.int64))
        copies.append(Copy(offset + start, offset + start + length, sequence, depth, known))
    return copies


def _foreign(piece: Codes, random: np.random.Generator) -> Codes:
    """A flank of the piece's composition that maps nowhere."""
    return random.choice(piece, FLANK).astype(np.uint8)

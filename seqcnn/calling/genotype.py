"""Genotype probabilities of a site become a call: genotype, qualities, filter, least alleles.

Same bytes: the called genotype is the most probable after rounding to 1e-5, GQ and PL are
integers and QUAL has one decimal, rounded half up with a guard of 1e-4, so noise of 1e-6 in the
probabilities cannot turn an exact tie. It can still turn a value that lies within 1e-5 of the
boundary of two integers: no rounding removes that, only a network that is run on batches of one
shape does.
"""

from collections.abc import Mapping
from math import floor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.alleles import alleles_in, genotypes_of, simplify
from seqcnn.calling.sites import Site

MISSING = (-1, -1)
# What each FILTER means, for the header.
FILTERS: Mapping[str, str] = {
    "RefCall": "The reference genotype is the most probable",
    "LowQual": "QUAL is below the threshold",
    "NoCall": "No usable fragment shows any allele of the site",
}
MIN_QUALITY = 3.0  # QUAL 3: a variant as probable as none
MIN_GQ_REFERENCE = 20
# An allele outside the called genotype stays in the record if it is there with this probability:
# QUAL 1, as in DeepVariant.
MIN_ALT_PROBABILITY = 1 - 10**-0.1
HIGHEST_QUALITY = 99
# Beyond this, PL would be a statement about the underflow of 32-bit floats.
HIGHEST_LIKELIHOOD = 255
_TIE = 1e-4


class Call(NamedTuple):
    """One record to be: `pos` is 0-based and the start of `ref`.

    `depth` (DP) counts all usable fragments over the anchor: mapping and base quality above the
    floors, both mates of a fragment once. `allele_depths` (AD) leaves out of them what shows none
    of the record's alleles (other alleles, alleles that the call dropped) and what does not tell
    (mates that contradict each other); its sum is at most `depth`. `fractions` (VAF) is AD / DP
    of each alternative allele.
    """

    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    genotype: tuple[int, int]  # alleles, -1 = missing
    gq: int  # Phred of "another genotype", at most 99
    depth: int
    allele_depths: tuple[int, ...]  # reference first
    fractions: tuple[float, ...]  # one an alternative allele, four decimals
    likelihoods: tuple[int, ...]  # PL, in VCF order; least 0, at most 255
    quality: float  # QUAL: Phred of "no variant", one decimal, at most 99
    filter: str  # PASS or a key of FILTERS

    @property
    def is_variant(self) -> bool:
        """Whether the called genotype has an alternative allele."""
        return max(self.genotype) > 0


def call_from_row(row: list[Any]) -> Call:
    """A call as it was before JSON made lists of it and of its tuples."""
    return Call._make(tuple(value) if isinstance(value, list) else value for value in row)


class Qualities(NamedTuple):
    """GQ, QUAL and PL of one genotype distribution."""

    gq: int
    quality: float
    likelihoods: tuple[int, ...]


def call_site(
    site: Site,
    probabilities: npt.NDArray[np.floating],
    *,
    min_quality: float = MIN_QUALITY,
    min_gq_reference: int = MIN_GQ_REFERENCE,
    keep_alleles: bool = False,
) -> Call:
    """Call a site from its genotype probabilities (G,) in VCF order.

    G says how many alleles were examined: 3 the first alternative allele, 6 the first two.
    Alternative alleles outside the called genotype that are improbable are dropped and the
    probabilities of the others' genotypes renormalised; with the reference called, the most
    probable stays. Then the alleles are trimmed. `keep_alleles` leaves alleles and position as
    the site has them, for sites that the user gave.
    """
    values = np.asarray(probabilities, np.float64)
    alleles = alleles_in(len(values))
    if sum(site.allele_depths[:alleles]) == 0:
        nothing = Qualities(0, 0.0, (0,) * len(values))
        return _call(site, range(1, alleles), MISSING, nothing, "NoCall", keep_alleles)
    genotypes = genotypes_of(alleles)
    best = genotypes[_most_probable(values)]
    alts = list(range(1, alleles)) if keep_alleles else _alts_to_keep(values, best)
    kept = [0, *alts]
    values = values[[genotypes.index((kept[a], kept[b])) for a, b in genotypes_of(len(kept))]]
    values = values / values.sum()
    called = _most_probable(values)
    found = qualities(values, called)
    genotype, verdict = judge(genotypes_of(len(kept))[called], found, min_quality, min_gq_reference)
    return _call(site, alts, genotype, found, verdict, keep_alleles)


def qualities(probabilities: npt.NDArray[np.float64], called: int) -> Qualities:
    """GQ and PL of the genotype `called`, and QUAL, of probabilities (G,) in VCF order.

    The probability of an error is summed from the other genotypes, so that it is exact where one
    is nearly certain.
    """
    wrong = float(np.delete(probabilities, called).sum())
    with np.errstate(divide="ignore"):
        scaled = -10 * np.log10(probabilities / probabilities[called])
    likelihoods = tuple(
        _rounded(float(min(max(value, 0.0), HIGHEST_LIKELIHOOD))) for value in scaled
    )
    return Qualities(
        _rounded(_phred(wrong)), _rounded(10 * _phred(float(probabilities[0]))) / 10, likelihoods
    )


def judge(
    genotype: tuple[int, int], found: Qualities, min_quality: float, min_gq_reference: int
) -> tuple[tuple[int, int], str]:
    """The genotype to write and its FILTER: an uncertain reference call is written `./.`."""
    if max(genotype) == 0:
        return (genotype if found.gq >= min_gq_reference else MISSING), "RefCall"
    return genotype, "LowQual" if found.quality < min_quality else "PASS"


def _call(
    site: Site,
    alts: range | list[int],
    genotype: tuple[int, int],
    found: Qualities,
    verdict: str,
    keep_alleles: bool,
) -> Call:
    shown = tuple(site.alts[alt - 1] for alt in alts)
    pos, ref = site.pos, site.ref
    if not keep_alleles:
        pos, ref, shown = simplify(pos, ref, shown)
    depths = tuple(int(site.allele_depths[allele]) for allele in (0, *alts))
    fractions = tuple(
        _rounded(10_000 * count / site.depth) / 10_000 if site.depth else 0.0
        for count in depths[1:]
    )
    return Call(
        site.contig, int(pos), ref, shown, genotype, found.gq, int(site.depth), depths, fractions,
        found.likelihoods, found.quality, verdict,
    )  # fmt: skip


def _alts_to_keep(values: npt.NDArray[np.float64], best: tuple[int, int]) -> list[int]:
    genotypes = genotypes_of(alleles_in(len(values)))
    present = {
        alt: round(sum(values[i] for i, pair in enumerate(genotypes) if alt in pair), 5)
        for alt in range(1, genotypes[-1][1] + 1)
    }
    kept = [alt for alt in present if alt in best or present[alt] >= MIN_ALT_PROBABILITY]
    return kept or [max(present, key=lambda alt: (present[alt], -alt))]


def _most_probable(values: npt.NDArray[np.float64]) -> int:
    return int(np.round(values, 5).argmax())


def _phred(probability: float) -> float:
    if probability <= 10 ** (-HIGHEST_QUALITY / 10):
        return float(HIGHEST_QUALITY)
    # A sum of probabilities may exceed 1 by its last bit: no negative zero.
    return max(0.0, -10 * float(np.log10(probability)))


def _rounded(value: float) -> int:
    return floor(value + 0.5 + _TIE)

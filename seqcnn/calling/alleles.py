"""Alleles and genotypes of a site: which images it gets, and what their classes say together."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

Scheme = Literal["joint", "pairs"]


@cache
def genotypes_of(alleles: int) -> tuple[tuple[int, int], ...]:
    """The diploid genotypes of this many alleles (reference among them), in the order of VCF.

    Three alleles: 0/0, 0/1, 1/1, 0/2, 1/2, 2/2.
    """
    return tuple((first, second) for second in range(alleles) for first in range(second + 1))


def alleles_in(genotypes: int) -> int:
    """How many alleles have this many genotypes: 3 genotypes are of 2 alleles, 6 of 3."""
    alleles = 1
    while alleles * (alleles + 1) // 2 < genotypes:
        alleles += 1
    if alleles * (alleles + 1) // 2 != genotypes:
        raise ValueError(f"no number of alleles has {genotypes} genotypes")
    return alleles


def images_of(alts: int, scheme: Scheme) -> list[tuple[int, int]]:
    """The alternative alleles (1 = the best supported; 0 = none) that each image of a site shows.

    "joint": one image of the best two, `(1, 2)`, or of the only one, `(1, 0)`. "pairs", as in
    DeepVariant: one image an allele, then one a pair, `(1, 0), (2, 0), (1, 2)`.
    """
    if scheme == "joint":
        return [(1, min(alts, 2) // 2 * 2)]
    single = [(alt, 0) for alt in range(1, alts + 1)]
    return single + list(combinations(range(1, alts + 1), 2))


def kept_alts(alts: int, scheme: Scheme) -> int:
    """How many of a site's alternative alleles its images show: with "joint" the best two."""
    return min(alts, 2) if scheme == "joint" else alts


def genotype_probabilities(
    scheme: Scheme, alts: int, probabilities: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Merge the class probabilities (images, K) of one site, in the order of `images_of`.

    Returns (G,), summing to 1, over `genotypes_of(kept_alts(alts, scheme) + 1)`. "joint" has
    K = 6 classes, the genotypes of three alleles; a site with one alternative allele has the
    first three of them, renormalised. "pairs" has K = 3 classes: 0, 1 or 2 copies of any allele
    that the image shows. A genotype's probability is the least that any image gives it,
    renormalised (DeepVariant's rule). Where all images exclude each other's genotypes, nothing
    is known and all genotypes are alike.
    """
    values = np.asarray(probabilities, np.float64)
    genotypes = genotypes_of(kept_alts(alts, scheme) + 1)
    if scheme == "joint":
        merged = values[0, : len(genotypes)]
    else:
        copies = np.array(
            [
                [sum(allele in shown for allele in pair if allele) for pair in genotypes]
                for shown in images_of(alts, scheme)
            ]
        )  # (images, G)
        merged = np.take_along_axis(values, copies, axis=1).min(axis=0)
    total = merged.sum()
    return merged / total if total > 0 else np.full(len(genotypes), 1 / len(genotypes))


def simplify(pos: int, ref: str, alts: Sequence[str]) -> tuple[int, str, tuple[str, ...]]:
    """Trim what all alleles share, the end first, leaving each at least one base.

    Alleles of one left-aligned anchor stay left-aligned, and `pos` then stays what it was; it
    moves right only where all alleles share more than the anchor, as in records of other tools.
    """
    alleles = [ref, *alts]
    while min(map(len, alleles)) > 1 and len({allele[-1] for allele in alleles}) == 1:
        alleles = [allele[:-1] for allele in alleles]
    while min(map(len, alleles)) > 1 and len({allele[0] for allele in alleles}) == 1:
        alleles = [allele[1:] for allele in alleles]
        pos += 1
    return pos, alleles[0], tuple(alleles[1:])

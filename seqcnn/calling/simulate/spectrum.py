"""Which variants a person has: rates, sizes and zygosity; built in, or learned from a VCF."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.tracts import Tracts
from seqcnn.calling.simulate.variants import Phased

UNIT_CLASSES = 3  # homopolymers, units of two bases, longer units
MOST_COPIES = 24
LONGEST_INDEL = 50


class Zygosity(NamedTuple):
    """Shares of heterozygous and of two-alternative genotypes; the rest is homozygous."""

    heterozygous: float
    both_differ: float


class Spectrum(NamedTuple):
    """Rates of variants in one person, a base or a tract, and what they look like."""

    snp_rate: float  # a base
    indel_rate: float  # a base, outside of tracts
    tract_rate: npt.NDArray[np.float64]  # (3, 25): chance that a tract of so many copies varies
    steps: npt.NDArray[np.float64]  # (3, 16): weights of -8 … -1, 1 … 8 copies
    lengths: npt.NDArray[np.float64]  # (100,): weights of -50 … -1, 1 … 50 bases outside of tracts
    gaps: tuple[tuple[float, float], ...]  # (share, mean bp): mixture of distances between SNPs
    duplicated: float  # share of insertions outside of tracts that copy what follows
    snp_zygosity: Zygosity
    indel_zygosity: Zygosity
    tract_zygosity: Zygosity


def unit_class(unit: npt.NDArray[np.int64] | int) -> npt.NDArray[np.int64]:
    """0 for homopolymers, 1 for units of two, 2 for longer ones."""
    return np.minimum(np.asarray(unit), UNIT_CLASSES) - 1


# Counted in the truth of HG002 (GIAB v4.2.1, GRCh38 chr20:1-10,000,000), 9.57 Mb of confident
# regions; chances of long tracts are smoothed by eye, as there are few.
_TRACT_RATE = (
    "0 0 0 0 .0005 .0008 .0037 .0083 .035 .08 .11 .2 .25 .29 .33 .36 "
    ".42 .48 .5 .52 .54 .56 .58 .6 .6",
    "0 0 0 .0004 .0027 .011 .03 .084 .19 .31 .43 .51 .52 .6 .62 .7 .8 .85 .88 .88 .88 .9 .9 .9 .9",
    "0 0 0 .0035 .022 .055 .10 .30 .45 .6 .68 .72 .75 .78 .8 .8 .8 .8 .8 .8 .8 .8 .8 .8 .8",
)
_STEPS = (
    "1 2 2 9 10 25 73 427 402 65 25 6 6 3 3 1",
    "2 1 1 7 9 27 40 74 66 34 19 8 3 2 1 1",
    "1 1 1 2 3 11 23 75 57 21 9 2 1 2 1 1",
)
_DELETED = (148, 63, 32, 49, 12, 16, 8, 20, 7, 12, 5, 8, 2, 8, 2, 6, 4, 6, 1, 4, 2, 5, 1, 4)
_INSERTED = (224, 99, 42, 57, 25, 19, 12, 14, 6, 8, 3, 7, 1, 9, 4, 4, 2, 2, 1, 5, 3, 3, 1, 1)


def _numbers(rows: tuple[str, ...]) -> npt.NDArray[np.float64]:
    return np.array([[float(word) for word in row.split()] for row in rows])


def _with_tail(counts: tuple[int, ...]) -> list[float]:
    """Counts of lengths 1 … 24 as weights of 1 … 50: the tail falls by a tenth each base."""
    return [*map(float, counts), *(1.5 * 0.9**n for n in range(LONGEST_INDEL - len(counts)))]


BUILT_IN = Spectrum(
    snp_rate=1.44e-3,
    indel_rate=0.99e-4,
    tract_rate=_numbers(_TRACT_RATE),
    steps=_numbers(_STEPS),
    lengths=np.array(_with_tail(_DELETED)[::-1] + _with_tail(_INSERTED)),
    gaps=((0.08, 25.0), (0.42, 270.0), (0.5, 1160.0)),
    duplicated=0.45,
    snp_zygosity=Zygosity(0.647, 0.0006),
    indel_zygosity=Zygosity(0.606, 0.056),
    tract_zygosity=Zygosity(0.572, 0.092),
)


def learn_spectrum(variants: list[Phased], tracts: Tracts, bases: int) -> Spectrum:
    """The built-in spectrum with rates, sizes and zygosity taken from `variants`.

    Args:
        variants: left-aligned, on the sequence that `tracts` were found in.
        tracts: of that sequence, where variants could have been seen.
        bases: number of bases where they could have been seen.
    """
    if len(variants) < 500 or not bases:
        return BUILT_IN
    unit_of = dict(zip(tracts.start.tolist(), tracts.unit.tolist(), strict=True))
    length_of = dict(zip(tracts.start.tolist(), tracts.length.tolist(), strict=True))
    available = np.zeros_like(BUILT_IN.tract_rate)
    copies = np.minimum(tracts.length // tracts.unit, MOST_COPIES)
    np.add.at(available, (unit_class(tracts.unit), copies), 1)
    seen, steps = np.zeros_like(available), np.zeros_like(BUILT_IN.steps)
    lengths = np.zeros_like(BUILT_IN.lengths)
    kinds: dict[str, list[Phased]] = {"snp": [], "indel": [], "tract": []}
    for variant in variants:
        changes = [len(alt) - len(variant.ref) for alt in variant.alts]
        if not any(changes):
            kinds["snp"].append(variant)
            continue
        unit = unit_of.get(variant.pos + 1, 0)
        if unit and all(change % unit == 0 for change in changes):
            kinds["tract"].append(variant)
            row = int(unit_class(unit))
            seen[row, min(length_of[variant.pos + 1] // unit, MOST_COPIES)] += 1
            for step in (change // unit for change in changes if 0 < abs(change) <= 8 * unit):
                steps[row, step + 8 if step < 0 else step + 7] += 1
        else:
            kinds["indel"].append(variant)
            for change in (change for change in changes if 0 < abs(change) <= LONGEST_INDEL):
                lengths[change + LONGEST_INDEL if change < 0 else change + LONGEST_INDEL - 1] += 1
    # Twenty pseudo-tracts of the built-in rate steady the rare long ones.
    rate = (seen + 20 * BUILT_IN.tract_rate) / (available + 20)
    return BUILT_IN._replace(
        snp_rate=len(kinds["snp"]) / bases,
        indel_rate=len(kinds["indel"]) / bases,
        tract_rate=rate,
        steps=steps + BUILT_IN.steps / BUILT_IN.steps.sum(axis=1, keepdims=True),
        lengths=lengths + BUILT_IN.lengths / BUILT_IN.lengths.sum(),
        snp_zygosity=_zygosity(kinds["snp"], BUILT_IN.snp_zygosity),
        indel_zygosity=_zygosity(kinds["indel"], BUILT_IN.indel_zygosity),
        tract_zygosity=_zygosity(kinds["tract"], BUILT_IN.tract_zygosity),
    )


def _zygosity(variants: list[Phased], otherwise: Zygosity) -> Zygosity:
    if len(variants) < 50:
        return otherwise
    heterozygous = sum(0 in one.alleles for one in variants)
    both = sum(0 not in one.alleles and len(set(one.alleles)) > 1 for one in variants)
    return Zygosity(heterozygous / len(variants), both / len(variants))

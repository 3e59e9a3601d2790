"""Draw the variants of an invented person on a reference."""

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.spectrum import LONGEST_INDEL, MOST_COPIES, Spectrum, Zygosity
from seqcnn.calling.simulate.spectrum import unit_class as class_of
from seqcnn.calling.simulate.tracts import find_tracts
from seqcnn.calling.simulate.variants import Codes, Phased, normalised, without_conflicts
from seqcnn.encoders.dna import decode

TRANSITION = (2, 3, 0, 1)  # A<->G, C<->T


def draw_variants(
    codes: Codes,
    offset: int,
    spectrum: Spectrum,
    random: np.random.Generator,
    *,
    density: float = 1.0,
    transitions: float = 2.1,
) -> list[Phased]:
    """Variants on a stretch of reference: SNPs in clusters, indels in and out of tracts.

    Args:
        codes: (L,) of the reference; nothing is drawn at or beside codes above 3.
        offset: 0-based position of codes[0].
        spectrum: rates, sizes and zygosity.
        random: source of randomness.
        density: times the natural number of variants.
        transitions: transitions for each transversion.

    Returns:
        Sorted, left-aligned, none of them touching another.
    """
    drawn = _tract_indels(codes, offset, spectrum, random, density)
    rate = (spectrum.snp_rate + spectrum.indel_rate) * density
    indel_share = spectrum.indel_rate / (spectrum.snp_rate + spectrum.indel_rate)
    for place in _places(len(codes), rate, spectrum.gaps, random):
        if random.random() < indel_share:
            variant = _indel(codes, offset, int(place), spectrum, random)
        else:
            variant = _snp(codes, offset, int(place), spectrum, transitions, random)
        if variant is not None:
            drawn.append(variant)
    drawn = [normalised(one, codes, offset, offset) for one in drawn]
    return without_conflicts(drawn)[0]


def _places(
    length: int, rate: float, gaps: tuple[tuple[float, float], ...], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Places in [0, length) whose distances are a mixture of exponentials with mean 1 / rate."""
    share, mean = np.array(gaps).T
    scale = 1 / (rate * float((share * mean).sum() / share.sum()))
    expected = int(length * rate * 1.2 + 50)
    kind = random.choice(len(mean), expected, p=share / share.sum())
    steps = 1 + random.exponential(mean[kind] * scale)
    places = np.cumsum(steps).astype(np.int64)
    return places[places < length]


def _zygosity(shares: Zygosity, random: np.random.Generator) -> tuple[int, int]:
    x = random.random()
    if x < shares.heterozygous:
        return (0, 1) if random.random() < 0.5 else (1, 0)
    if x < shares.heterozygous + shares.both_differ:
        return (1, 2) if random.random() < 0.5 else (2, 1)
    return 1, 1


def _snp(
    codes: Codes,
    offset: int,
    place: int,
    spectrum: Spectrum,
    transitions: float,
    random: np.random.Generator,
) -> Phased | None:
    ref = int(codes[place])
    if ref > 3:
        return None
    others = [base for base in range(4) if base != ref]
    weights = [transitions if base == TRANSITION[ref] else 0.5 for base in others]
    chances = np.array(weights) / sum(weights)
    alleles = _zygosity(spectrum.snp_zygosity, random)
    alts = random.choice(others, max(alleles), replace=False, p=chances)
    return Phased(offset + place, "ACGT"[ref], tuple("ACGT"[alt] for alt in alts), alleles)


def _indel(
    codes: Codes, offset: int, place: int, spectrum: Spectrum, random: np.random.Generator
) -> Phased | None:
    """An insertion or deletion after the base at `place`."""
    alleles = _zygosity(spectrum.indel_zygosity, random)
    weights = spectrum.lengths / spectrum.lengths.sum()
    chosen = random.choice(len(weights), max(alleles), replace=False, p=weights)
    changes = [int(i) - LONGEST_INDEL if i < LONGEST_INDEL else int(i) - LONGEST_INDEL + 1
               for i in chosen]  # fmt: skip
    deleted = max(0, -min(changes))
    room = codes[max(place - 1, 0) : place + 2 * LONGEST_INDEL + 2]
    if len(room) < 2 * LONGEST_INDEL + 2 or room.max() > 3 or place < 1:
        return None
    ref = decode(codes[place : place + 1 + deleted])
    alts = []
    for change in changes:
        if change < 0:
            alts.append(ref[:1] + ref[1 - change :])
            continue
        after = codes[place + 1 : place + 1 + change]
        new = after if random.random() < spectrum.duplicated else random.permutation(after)
        if random.random() < 0.5:
            new = np.where(random.random(change) < 0.3, random.integers(0, 4, change), new)
        alts.append(ref[:1] + decode(new.astype(np.uint8)) + ref[1:])
    if len({ref, *alts}) <= len(alts):
        return None
    return Phased(offset + place, ref, tuple(alts), alleles)


def _tract_indels(
    codes: Codes,
    offset: int,
    spectrum: Spectrum,
    random: np.random.Generator,
    density: float,
) -> list[Phased]:
    tracts = find_tracts(codes)
    row = class_of(tracts.unit)
    copies = tracts.length // tracts.unit
    chance = spectrum.tract_rate[row, np.minimum(copies, MOST_COPIES)]
    # With a higher density no tract is sure to vary: odds grow, chances stay below one.
    chance = chance * density / (1 - chance + chance * density)
    drawn = []
    for i in np.flatnonzero(random.random(len(chance)) < chance):
        start, unit = int(tracts.start[i]), int(tracts.unit[i])
        alleles = _zygosity(spectrum.tract_zygosity, random)
        weights = spectrum.steps[row[i]].copy()
        weights[: max(0, 8 - int(copies[i]))] = 0  # more copies than there are cannot go
        chosen = random.choice(16, max(alleles), replace=False, p=weights / weights.sum())
        steps = [int(k) - 8 if k < 8 else int(k) - 7 for k in chosen]
        deleted = max(0, -min(steps)) * unit
        if start < 1 or codes[start - 1] > 3:
            continue
        ref = decode(codes[start - 1 : start + deleted])
        one = decode(codes[start : start + unit])
        alts = tuple(
            ref[:1] + ref[1 - step * unit :] if step < 0 else ref[:1] + one * step + ref[1:]
            for step in steps
        )
        drawn.append(Phased(offset + start - 1, ref, alts, alleles))
    return drawn

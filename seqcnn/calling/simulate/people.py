"""Whose variants are planted: the sample's, drawn or from a VCF, and a contaminating person's."""

from bisect import bisect_left
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.calling.simulate.copies import Copy, draw_copies
from seqcnn.calling.simulate.drawn import draw_variants
from seqcnn.calling.simulate.plan import Stretch, rows_of
from seqcnn.calling.simulate.spectrum import BUILT_IN, Spectrum, learn_spectrum
from seqcnn.calling.simulate.tracts import Tracts, find_tracts
from seqcnn.calling.simulate.truth import read_truth
from seqcnn.calling.simulate.variants import Phased, without_conflicts
from seqcnn.data.genome import Genome
from seqcnn.settings.simulate import SimulateSettings

SHARED = 0.33  # of the sample's variants, carried by the contaminating person too
Variants = dict[str, list[Phased]]  # by contig, sorted


def spectrum_for(settings: SimulateSettings, genome: Genome) -> Spectrum:
    """The spectrum of drawn variants: of the VCF `--spectrum`, or the built-in one."""
    if settings.spectrum is None:
        return BUILT_IN
    return spectrum_of_vcf(settings.spectrum, genome, settings.truth_sample)


def spectrum_of_vcf(path: Path, genome: Genome, sample: str | None) -> Spectrum:
    """Rates, sizes and zygosity of a VCF's variants, from its first to its last on each contig.

    Where it says nothing between them is taken for reference.
    """
    variants, _ = read_truth(path, genome, sample, np.random.default_rng(0))
    bases = 0
    found: list[Tracts] = []
    moved: list[Phased] = []
    shift = 0
    for contig, listed in variants.items():
        first, last = listed[0].pos, listed[-1].end + 1
        codes = genome.fetch(contig, first, last)
        bases += int((codes < 4).sum())
        tracts = find_tracts(codes)
        found.append(tracts._replace(start=tracts.start + shift))
        moved += [one._replace(pos=one.pos - first + shift) for one in listed]
        shift += len(codes) + 100
    if not found:
        return BUILT_IN
    together = Tracts(*(np.concatenate(column) for column in zip(*found, strict=True)))
    return learn_spectrum(moved, together, bases)


def planted(
    settings: SimulateSettings, genome: Genome, regions: pd.DataFrame, spectrum: Spectrum
) -> tuple[Variants, Counter[str]]:
    """The sample's variants, and the records of `--truth` left out by reason."""
    random = np.random.default_rng([settings.seed, 1])
    if settings.truth is not None:
        return read_truth(settings.truth, genome, settings.truth_sample, random)
    drawn: Variants = {}
    for contig, start, end in rows_of(regions):
        drawn.setdefault(contig, []).extend(
            draw_variants(
                genome.fetch(contig, start, end), start, spectrum, random,
                density=settings.density, transitions=settings.transitions,
            )
        )  # fmt: skip
    return drawn, Counter()


def contaminating(
    settings: SimulateSettings,
    genome: Genome,
    pieces: list[Stretch],
    variants: Variants,
    spectrum: Spectrum,
) -> Variants:
    """Variants of another person: a natural number of own ones, and a third of the sample's."""
    if not settings.contamination:
        return {}
    random = np.random.default_rng([settings.seed, 2])
    others: Variants = {}
    for piece in pieces:
        codes = genome.fetch(piece.contig, piece.start, piece.end)
        own = draw_variants(codes, piece.start, spectrum, random)
        shared = [one for one in within(variants, piece, 0) if random.random() < SHARED]
        both = without_conflicts(shared + own)[0]
        others.setdefault(piece.contig, []).extend(both)
    return others


def copies_in(
    settings: SimulateSettings, genome: Genome, piece: Stretch, number: int, spectrum: Spectrum
) -> list[Copy]:
    """The diverged copies of stretches in a part: those the reference lacks, then paralogs."""
    random = np.random.default_rng([settings.seed, 3, number])
    codes = genome.fetch(piece.contig, piece.start, piece.end)
    return [
        *draw_copies(codes, piece.start, settings.copies, spectrum, random, listed=False),
        *draw_copies(codes, piece.start, settings.paralogs, spectrum, random, listed=True),
    ]


def within(variants: Variants, piece: Stretch, reach: int) -> list[Phased]:
    """The variants wholly between the piece's start and `reach` bp past its end."""
    listed = variants.get(piece.contig, [])
    first = bisect_left(listed, piece.start, key=lambda one: one.pos)
    last = bisect_left(listed, piece.end + reach, key=lambda one: one.pos)
    return [one for one in listed[first:last] if one.end <= piece.end + reach]


def clear_of(variants: Variants, piece: Stretch) -> Stretch:
    """The piece with edges moved to the right where they would cut a variant in two."""
    listed = variants.get(piece.contig, [])

    def moved(edge: int) -> int:
        place = bisect_left(listed, edge, key=lambda one: one.pos)
        # Variants do not overlap, so the one before the edge is the only one that can cover it.
        return max(edge, listed[place - 1].end) if place else edge

    return Stretch(piece.contig, moved(piece.start), moved(piece.end))

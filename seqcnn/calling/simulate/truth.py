"""Variants to plant out of a VCF: phased, checked against the reference, left-aligned."""

from collections import Counter
from pathlib import Path

import numpy as np
import pysam

from seqcnn.calling.simulate.variants import Phased, normalised, without_conflicts
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import decode, encode
from seqcnn.errors import InputError

LONGEST_ALLELE = 1000
BASES = set("ACGT")
REACH = 2000  # bp around a variant in which it may be moved left


def read_truth(
    path: Path, genome: Genome, sample: str | None, random: np.random.Generator
) -> tuple[dict[str, list[Phased]], Counter[str]]:
    """The variants of one sample by contig, and how many records were left out, by reason.

    Heterozygous genotypes that are not phased get a random phase. Left out are records that no
    allele of the sample changes, symbolic and very long alleles, missing genotypes, filtered
    records, those over an N, and those that overlap one before them.

    Raises:
        InputError: no such file, not VCF, no such sample, several and none named, a contig that
            the reference lacks, or a REF that differs from the reference.
    """
    skipped: Counter[str] = Counter()
    variants: dict[str, list[Phased]] = {}
    try:
        opened = pysam.VariantFile(str(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as VCF ({error}); check --truth") from None
    with opened:
        name = _sample_of(list(opened.header.samples), sample, path)
        try:
            for record in opened:
                variant = _phased(record, name, random, skipped)
                if variant is None:
                    continue
                _check(record.contig, variant, genome, path)
                variants.setdefault(record.contig, []).append(variant)
        except OSError as error:
            raise InputError(f"{path}: is damaged or cut short ({error}); copy it again") from None
    for contig, planted in variants.items():
        planted, lost = without_conflicts(_left_aligned(planted, contig, genome))
        skipped["overlaps another record"] += lost
        variants[contig] = planted
    return variants, skipped


def _sample_of(samples: list[str], wanted: str | None, path: Path) -> str:
    if not samples:
        raise InputError(f"{path}: has no sample column; --truth needs genotypes")
    if wanted is None and len(samples) > 1:
        raise InputError(
            f"{path}: has {len(samples)} samples ({', '.join(samples[:5])}); choose one with "
            "--truth-sample"
        )
    if wanted is not None and wanted not in samples:
        raise InputError(f"{path}: has no sample '{wanted}'; it has {', '.join(samples[:5])}")
    return wanted or samples[0]


def _phased(
    record: pysam.VariantRecord,
    sample: str,
    random: np.random.Generator,
    skipped: Counter[str],
) -> Phased | None:
    call = record.samples[sample]
    genotype = call.allele_indices
    reason = None
    known = [allele for allele in genotype or () if allele is not None]
    if len(known) not in (1, 2) or len(known) != len(genotype or ()) or not record.alts:
        reason = "no diploid genotype"
    elif set(record.filter.keys()) - {"PASS"}:
        reason = "filtered"
    elif not any(known):
        reason = "reference genotype"
    if reason:
        skipped[reason] += 1
        return None
    pair = (known[0], known[-1])
    if not call.phased and pair[0] != pair[1] and random.random() < 0.5:
        pair = (pair[1], pair[0])
    texts = [(record.ref or "").upper(), *(alt.upper() for alt in record.alts or ())]
    carried = sorted({allele for allele in pair if allele})
    shown = [texts[0], *(texts[allele] for allele in carried)]
    if any(set(text) - BASES for text in shown) or max(map(len, shown)) > LONGEST_ALLELE:
        skipped["symbolic, spanning or over 1,000 bases"] += 1
        return None
    rank = {0: 0, **{allele: i for i, allele in enumerate(carried, 1)}}
    return Phased(record.start, shown[0], tuple(shown[1:]), (rank[pair[0]], rank[pair[1]]))


def _check(contig: str, variant: Phased, genome: Genome, path: Path) -> None:
    where = f"{path}: {contig}:{variant.pos + 1}"
    if contig not in genome.length_of:
        known = ", ".join(genome.names[:5])
        raise InputError(f"{where}: the reference has no contig '{contig}'; it has {known}")
    if variant.end > genome.length_of[contig]:
        raise InputError(
            f"{where}: is past the end of '{contig}' ({genome.length_of[contig]:,} bp); "
            "is it of another reference?"
        )
    codes = genome.fetch(contig, variant.pos, variant.end)
    if not np.array_equal(codes, encode(variant.ref)):
        raise InputError(
            f"{where}: REF is {variant.ref}, the reference has {decode(codes)}; "
            "is the VCF of another reference?"
        )


def _left_aligned(planted: list[Phased], contig: str, genome: Genome) -> list[Phased]:
    """Every variant as far left as it goes without passing the one before it."""
    moved = []
    floor = 0
    for variant in sorted(planted, key=lambda one: (one.pos, one.end)):
        offset = max(0, variant.pos - REACH)
        codes = genome.fetch(contig, offset, variant.end)
        moved.append(normalised(variant, codes, offset, min(floor, variant.pos)))
        floor = max(floor, variant.end)
    return moved

"""The alleles of a VCF as what to genotype, whatever the reads show."""

from collections.abc import Sequence
from pathlib import Path

from seqcnn.calling.candidates import Wanted
from seqcnn.data.call_regions import Region
from seqcnn.data.references import Reference
from seqcnn.data.variants import read_variants
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

LETTERS = frozenset("ACGT")


def read_wanted(
    path: Path, reference: Reference, regions: Sequence[Region]
) -> dict[str, tuple[Wanted, ...]]:
    """Alleles by contig, sorted, of the records of a VCF that lie in the regions.

    Symbolic and spanning-deletion alleles ("<DEL>", "*") are left out.

    Raises:
        InputError: a record does not fit the reference.
    """
    found: dict[str, set[Wanted]] = {}
    contigs = {region.contig for region in regions}
    for variant in read_variants(path):
        if variant.contig not in contigs:
            continue
        seen = decode(reference.fetch(variant.contig, variant.pos, variant.end))
        if seen != variant.ref:
            raise InputError(
                f"{path}: {variant} does not fit the reference, which has {seen} there; "
                "is it of another genome build?"
            )
        for alt in variant.alts:
            if LETTERS.issuperset(alt) and alt != variant.ref:
                found.setdefault(variant.contig, set()).add(Wanted(variant.pos, variant.ref, alt))
    return {contig: tuple(sorted(alleles)) for contig, alleles in found.items()}

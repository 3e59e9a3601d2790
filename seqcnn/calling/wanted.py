"""The alleles of a VCF as what to genotype, whatever the reads show."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from seqcnn.calling.candidates import Wanted
from seqcnn.data.call_regions import Region
from seqcnn.data.references import Reference
from seqcnn.data.variants import open_variants, records_of
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

LETTERS = frozenset("ACGT")


def read_wanted(
    path: Path, reference: Reference, regions: Sequence[Region]
) -> dict[str, tuple[Wanted, ...]]:
    """Alleles by contig, sorted, of the records of a VCF that lie in the regions.

    Symbolic and spanning-deletion alleles ("<DEL>", "*") are left out. `regions` are sorted and
    do not overlap.

    Raises:
        InputError: a record does not fit the reference, or all are on other contigs.
    """
    starts: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}
    for region in regions:
        starts.setdefault(region.contig, []).append(region.start)
        ends.setdefault(region.contig, []).append(region.end)
    found: dict[str, set[Wanted]] = {}
    strange, known = "", False
    with open_variants(path) as file:
        for record in records_of(path, file):
            if record.chrom not in reference.length_of:
                strange = strange or record.chrom
                continue
            known = True
            row = bisect_right(starts.get(record.chrom, []), record.start) - 1
            if row < 0 or record.start >= ends[record.chrom][row]:
                continue
            ref = record.ref.upper()
            _check(path, reference, record.chrom, record.start, ref)
            for alt in record.alts or ():
                alt = alt.upper()
                if LETTERS.issuperset(alt) and alt != ref:
                    wanted = Wanted(record.start, ref, alt)
                    found.setdefault(record.chrom, set()).add(wanted)
    if strange and not known:
        raise InputError(
            f"{path}: its contigs, such as '{strange}', are none of those called, such as "
            f"'{next(iter(reference.length_of), '')}'; rename them: bcftools annotate --rename-chrs"
        )
    return {contig: tuple(sorted(alleles)) for contig, alleles in found.items()}


def _check(path: Path, reference: Reference, contig: str, start: int, ref: str) -> None:
    seen = decode(reference.fetch(contig, start, start + len(ref)))
    # N: not known, as where a reference is rebuilt from reads and none lies.
    if any(base not in (letter, "N") for letter, base in zip(ref, seen, strict=True)):
        raise InputError(
            f"{path}: {contig}:{start + 1} has REF {ref}, the reference has {seen} there; "
            "is it of another genome build?"
        )

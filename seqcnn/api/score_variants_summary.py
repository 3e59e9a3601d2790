"""What a person is told when variants have been scored."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from seqcnn.api.model import Model
from seqcnn.data.genome import Genome
from seqcnn.effects.alleles import first_names
from seqcnn.errors import InputError

FEW = 10  # wrong REFs that may be chance
SHARE = 0.05


def summary(counts: Counter[str], absent: Mapping[str, int], genome: Genome) -> list[str]:
    """Alleles by status, and what looks wrong, a line each.

    `absent` are the contigs that the genome does not have, with their records.
    """
    total = counts.total()
    told = ", ".join(f"{number:,} {status}" for status, number in counts.most_common())
    lines = [f"{total:,} alleles: {told}" if total else "note: the VCF has no records"]
    wrong = counts["swapped"] + counts["ref_mismatch"] + counts["ref_mismatch_scored"]
    if wrong > FEW and wrong > SHARE * total:
        lines.append(
            f"warning: {wrong:,} of {total:,} alleles ({wrong / total:.0%}) have another REF than "
            f"{genome.path.name}: is the VCF of another assembly?"
        )
    if absent:
        records = sum(absent.values())
        lines.append(
            f"note: {records:,} records are on {len(absent):,} contigs that {genome.path.name} "
            f"does not have ({first_names(absent)})"
        )
    return lines


def refuse_foreign(
    counts: Counter[str], absent: Mapping[str, int], genome: Genome, vcf: Path
) -> None:
    """Refuse a VCF of which no record is on a contig of the genome: scores would say nothing.

    Raises:
        InputError: with the names on both sides.
    """
    if 0 < counts.total() == counts["unknown_contig"]:
        raise InputError(
            f"{vcf}: none of its contigs ({first_names(absent)}) is in {genome.path.name} (it has "
            f"{first_names(genome.names)}); give the genome of the VCF, or "
            "--contig-alias with a table"
        )


def units_of(model: Model) -> list[str]:
    """What the values of each output are."""
    units = [""] * len(model.outputs)
    tracks = len(model.outputs) // len(model.target.parts(1))
    for columns, target in model.target.parts(tracks):
        calibrated = target.probabilities and model.calibration is not None
        unit = "probability" if target.probabilities else "signal"
        units[columns] = [unit + ", calibrated" * calibrated] * len(units[columns])
    return units

"""What calling and its explanations open first: reads, reference, regions and the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from seqcnn.calling.caller import CallerCard, read_caller_card
from seqcnn.calling.drift import drift
from seqcnn.calling.examine import ExamineSettings, with_thresholds
from seqcnn.calling.read_sample import sample_reads
from seqcnn.data.alignments import Alignments
from seqcnn.data.call_inputs import open_inputs
from seqcnn.data.call_regions import Region
from seqcnn.data.references import Reference
from seqcnn.errors import InputError
from seqcnn.settings.calling import ReadsSettings

ZOO = Path(__file__).parents[1] / "zoo"


@dataclass(frozen=True)
class Calling:
    """All that a call depends on.

    `notes` are what the user should know (those of `file_notes` whatever the regions), `warnings`
    how the reads differ from those that the model was trained on; one sentence each.
    `other_names` and `called` are those of `CallInputs`.
    """

    alignments: Alignments
    reference: Reference
    regions: list[Region]
    card: CallerCard
    settings: ExamineSettings
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    file_notes: tuple[str, ...]
    other_names: Mapping[str, str]
    called: tuple[str, ...]


def open_calling(
    settings: ReadsSettings,
    regions: Sequence[str],
    console: Console,
    *,
    shard: Sequence[str] = (),
) -> Calling:
    """Open and check everything; prints the notes and the warnings.

    `shard` is the part of the regions that is to be called; empty is all.

    Raises:
        InputError: a file is missing or wrong, or the model is of another preset.
    """
    card = read_caller_card(settings.model or released_model(settings.preset or "illumina"))
    if settings.preset is not None and settings.preset != card.preset:
        raise InputError(
            f"{card.path}: is a model for {card.preset} reads, and this is --preset "
            f"{settings.preset}; pass a model trained for them"
        )
    inputs = open_inputs(
        settings.bam,
        reference=settings.reference,
        regions=regions,
        shard=shard,
        sample=settings.sample,
        contig_alias=settings.contig_alias,
        allow_truncated=settings.allow_truncated,
        make_index=settings.make_index,
        name_options=True,
    )
    for note in inputs.notes:
        console.print(f"note: {note}", soft_wrap=True)
    warnings = _warnings(inputs.alignments, card)
    for warning in warnings:
        console.print(f"warning: {warning}", soft_wrap=True)
    return Calling(
        inputs.alignments,
        inputs.reference,
        inputs.regions,
        card,
        with_thresholds(
            card.settings,
            min_count_snp=settings.min_count_snp,
            min_count_indel=settings.min_count_indel,
            min_fraction_snp=settings.min_fraction_snp,
            min_fraction_indel=settings.min_fraction_indel,
            min_base_quality=settings.min_base_quality,
            min_mapping_quality=settings.min_mapping_quality,
        ),
        tuple(inputs.notes),
        warnings,
        tuple(inputs.file_notes),
        inputs.other_names,
        inputs.called,
    )


def _warnings(alignments: Alignments, card: CallerCard) -> tuple[str, ...]:
    if not card.reads:
        return ()
    reads = sample_reads(alignments.spec)
    return () if reads is None else tuple(drift(reads, card.reads, card.shares))


def released_model(preset: str) -> Path:
    """The bundle that is installed with seqcnn for a preset.

    Raises:
        InputError: there is none.
    """
    path = ZOO / f"{preset}.safetensors"
    if not path.is_file():
        raise InputError(
            f"no model for {preset} reads is released with seqcnn; train one with "
            f"`seqcnn train --task variants --preset {preset}` on samples of known genotypes, "
            f"which `seqcnn simulate --preset {preset}` makes, and pass it with --model"
        )
    return path

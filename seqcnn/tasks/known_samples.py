"""The samples that task variants learns from: reads, reference, truth and where it is whole."""

from pathlib import Path

import numpy as np

from seqcnn.calling.labelled_parts import Source
from seqcnn.data.call_inputs import CallInputs, open_inputs
from seqcnn.data.check import Finding
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import Variant, read_variants
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings


def open_sources(settings: DataSettings) -> tuple[list[Source], list[Finding]]:
    """The samples to learn from, with what was noticed.

    Raises:
        InputError: unequal numbers of files, a file that cannot be used, or files that do not
            belong together.
    """
    number = len(settings.bam)
    if not number:
        raise InputError(
            "--bam is needed: task variants learns from aligned reads with known genotypes "
            "(--bam, --reference, --truth, --confident; seqcnn simulate makes such data)"
        )
    for name in ("truth", "confident"):
        given = len(getattr(settings, name))
        if given != number:
            raise InputError(f"--{name}: {given} files for {number} of --bam; give one for each")
    if len(settings.reference) not in (1, number):
        raise InputError(
            f"--reference: {len(settings.reference)} files for {number} of --bam; give one for "
            "all, or one for each"
        )
    sources, findings = [], []
    for index, bam in enumerate(settings.bam):
        reference = settings.reference[index if len(settings.reference) > 1 else 0]
        regions = [] if settings.regions is None else [str(settings.regions)]
        inputs = open_inputs(
            bam, reference=reference, regions=regions, contig_alias=settings.contig_alias
        )
        findings += [Finding("note", f"{bam.name}: {note}") for note in inputs.notes]
        sources.append(
            _source(inputs, bam, settings.truth[index], settings.confident[index], settings)
        )
    return sources, findings


def _source(
    inputs: CallInputs, bam: Path, truth: Path, confident: Path, settings: DataSettings
) -> Source:
    contigs = {region.contig for region in inputs.regions}
    variants = read_variants(truth)
    trusted = read_bed(confident)[["contig", "start", "end"]]
    found = {variant.contig for variant in variants}
    for path, theirs in ((truth, found), (confident, set(trusted["contig"]))):
        if not contigs & theirs:
            shown = ", ".join(f"'{name}'" for name in sorted(theirs)[:3]) or "no contig"
            raise InputError(
                f"{path}: has {shown}, but the reads of {bam.name} to learn from are on "
                f"{', '.join(repr(name) for name in sorted(contigs)[:3])}"
            )
    variants = [variant for variant in variants if variant.contig in contigs]
    trusted = trusted[trusted["contig"].isin(contigs)]
    if not any(variant.genotype is not None for variant in variants):
        raise InputError(f"{truth}: its records have no genotypes (GT); training needs them")
    source = Source(
        inputs.alignments, inputs.reference, variants, trusted, inputs.regions, str(truth)
    )
    if not _any_inside(variants, source):
        raise InputError(f"{truth}: no true variant lies in the regions of {confident}")
    return source


def _any_inside(variants: list[Variant], source: Source) -> bool:
    starts = {
        str(contig): part[["start", "end"]].to_numpy(np.int64)
        for contig, part in source.confident.groupby("contig", sort=False, observed=True)
    }
    none = np.zeros((0, 2), np.int64)
    for variant in variants:
        spans = starts.get(variant.contig, none)
        if ((spans[:, 0] <= variant.pos) & (variant.end <= spans[:, 1])).any():
            return True
    return False

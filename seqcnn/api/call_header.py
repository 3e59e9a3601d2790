"""What the header of a VCF says of the call that made it: the same of a call in shards."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from seqcnn.api.calling_inputs import Calling
from seqcnn.calling.vcf import CallHeader
from seqcnn.settings.calling import CallSettings

# Settings that say where or how fast, not what: calls do not depend on them.
UNTOLD = {"out", "threads", "chunk_size", "resume", "device", "make_index", "shard"}


def told_settings(settings: CallSettings) -> dict[str, Any]:
    """The settings that are not their defaults and that the calls depend on, as JSON holds them."""
    return settings.model_dump(mode="json", exclude=UNTOLD, exclude_defaults=True)


def header_parts(settings: CallSettings, calling: Calling) -> dict[str, Any]:
    """All that `header_of` needs, as JSON holds it.

    Nothing here may depend on how the work was shared out: not on processes, not on shards. So
    notes that come of looking at the reads of a region are not told.
    """
    examined = calling.settings
    limits = examined.thresholds
    notes = {
        "reference": str(calling.reference.source),
        "candidates": f"SNP: {limits.min_count_snp} fragments and {limits.min_fraction_snp:g}; "
        f"indel: {limits.min_count_indel} and {limits.min_fraction_indel:g}; "
        f"mapping quality {limits.min_mapping_quality}, base quality {limits.min_base_quality}",
        "caps": f"images show at most {examined.images.picture_rows} fragments, drawn by chance; "
        "DP and AD count all"
        if examined.images.pictures
        else "none: all fragments are counted",
    }
    for key, sentences in (("notes", calling.file_notes), ("warnings", calling.warnings)):
        if sentences:
            notes[key] = "; ".join(sentences)
    return {
        "told": told_settings(settings),
        "sample": calling.alignments.sample,
        "contigs": dict(calling.alignments.length_of),
        "model": calling.card.name,
        "model_sha256": calling.card.sha256,
        "notes": notes,
    }


def header_of(parts: Mapping[str, Any], regions: Sequence[str]) -> CallHeader:
    """The header of the calls of `regions`, as the user named them."""
    told = {**parts["told"], "regions": list(regions)}
    words = ["seqcnn", "call-variants", str(told["bam"])]
    for name in CallSettings.model_fields:
        if name == "bam" or not (name in told and told[name] != []):
            continue
        value = told[name]
        words.append(("--no-" if value is False else "--") + name.replace("_", "-"))
        if not isinstance(value, bool):
            words += map(str, value if isinstance(value, list) else [value])
    return CallHeader(
        sample=parts["sample"],
        contigs=parts["contigs"],
        command=shlex.join(words),
        model=parts["model"],
        model_sha256=parts["model_sha256"],
        notes=parts["notes"],
    )

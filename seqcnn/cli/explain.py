"""`seqcnn explain`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.explain import ExplainSettings

EPILOG = """Examples:

seqcnn explain sample.bam chr20:10001436 --reference hg38.fa

seqcnn explain sample.bam chr20:10,001,436 -g hg38.fa --model mine.safetensors --out why

seqcnn explain sample.bam chr20:10001436 -g hg38.fa --occlusion

seqcnn explain sample.bam "chr20:10001436:A>G" -g hg38.fa --json why.json
"""
PANELS = {
    "Main": (
        "bam",
        "position",
        "reference",
        "model",
        "preset",
        "sample",
        "cascade",
        "out",
        "occlusion",
        "json_out",
    ),
    "Candidates": (
        *("min_mapping_quality", "min_base_quality", "min_count_snp", "min_count_indel"),
        *("min_fraction_snp", "min_fraction_indel", "min_quality"),
    ),
    "Input": ("contig_alias", "allow_truncated", "make_index", "config"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.explain import explain

    print(explain(flags.pop("bam"), flags.pop("position"), config=config, quiet=False, **flags))


command = settings_command(
    ExplainSettings,
    run,
    PANELS,
    short={"out": "-o", "reference": "-g", "json_out": "--json"},
    arguments=("bam", "position"),
)

"""`seqcnn compare`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.compare import CompareSettings

EPILOG = """Examples:

seqcnn compare truth.vcf.gz calls.vcf.gz --reference hg38.fa --confident truth.bed --out compared

seqcnn compare truth.vcf.gz calls.vcf.gz -r hg38.fa --regions chr20:1-10,000,000 --json numbers.json
"""
PANELS = {
    "Main": ("truth", "calls", "reference", "confident", "regions", "out", "json_out", "config"),
    "What counts": ("match", "overlap", "pass_only", "sample", "truth_sample", "seed"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.compare import compare

    print(compare(flags.pop("truth"), flags.pop("calls"), config=config, **flags))


command = settings_command(
    CompareSettings,
    run,
    PANELS,
    short={"reference": "-r", "out": "-o", "json_out": "--json", "confident": "-b"},
    arguments=("truth", "calls"),
)

"""`seqcnn simulate`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.simulate import SimulateSettings

EPILOG = """Examples:

seqcnn simulate --reference chr20.fa --out person1 --coverage 30 --seed 1

seqcnn simulate --reference chr20.fa --truth truth.vcf.gz --confident truth.bed --out person2

seqcnn simulate --reference chr20.fa --profile sample.bam --write-profile sample.json --out person3
"""
PANELS = {
    "Main": ("reference", "out", "truth", "truth_sample", "confident", "regions", "coverage",
             "seed", "config"),
    "Sequencing": ("preset", "profile", "write_profile", "read_length", "fragment_length",
                   "errors", "stutter", "strand_errors", "dispersion", "gc_bias", "duplicates",
                   "marked", "chimeras", "contamination", "copies", "paralogs", "confident_copies"),
    "Variants": ("spectrum", "density", "transitions"),
    "Output": ("sample", "aligner", "md", "processes", "overwrite"),
}  # fmt: skip


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.simulate import simulate

    print(simulate(flags.pop("reference", None), config=config, quiet=False, **flags))


command = settings_command(SimulateSettings, run, PANELS, short={"reference": "-r", "out": "-o"})

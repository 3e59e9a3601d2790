"""`seqcnn gather`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.gather import GatherSettings

EPILOG = """Examples:

seqcnn call-variants sample.bam -g hg38.fa --shard chr20:1-32,000,000 --out a.calls

seqcnn call-variants sample.bam -g hg38.fa --shard chr20:32,000,001- --out b.calls

seqcnn gather a.calls b.calls --regions chr20 --out sample.vcf.gz

seqcnn gather shards/sample --out sample.vcf.gz   (a folder of .calls; the whole genome)
"""
PANELS: dict[str, tuple[str, ...]] = {"Main": ("shards", "out", "regions", "config")}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.gather import gather

    result = gather(flags.pop("shards"), config=config, quiet=False, **flags)
    print("\n".join([*result.lines(), str(result.path)]))


command = settings_command(GatherSettings, run, PANELS, short={"out": "-o"}, arguments=("shards",))

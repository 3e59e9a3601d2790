"""`seqcnn join`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.join import JoinSettings

EPILOG = """Examples:

seqcnn train --task variants --encoder counts … --out runs/counts
seqcnn join runs/caller runs/counts --out both.safetensors
"""
PANELS: dict[str, tuple[str, ...]] = {"Main": ("images", "counts", "out", "gq", "config")}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.cascade import join_runs
    from seqcnn.settings import resolve

    settings = resolve(JoinSettings, config, flags, {})
    tiers = join_runs(settings.images, settings.counts, settings.out, gq=settings.gq)
    share = tiers.settled(settings.gq).mean()
    print(f"{settings.out}: counts settle {share:.1%} of {len(tiers.truth):,} validation sites")


command = settings_command(
    JoinSettings, run, PANELS, short={"out": "-o"}, arguments=("images", "counts")
)

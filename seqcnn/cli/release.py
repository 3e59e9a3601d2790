"""`seqcnn release`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.release import ReleaseSettings

EPILOG = """Examples:

seqcnn release runs/caller --out illumina.safetensors --comparison "held out=compared/held_out"
--note "Trained on simulated reads alone" --not-for "clinical decisions" "tumours"

seqcnn release runs/caller --config card.yaml --out illumina.safetensors
"""
PANELS: dict[str, tuple[str, ...]] = {
    "Main": ("run", "out", "comparison", "config"),
    "Card": ("note", "not_for", "source", "licence"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.release import release

    print(release(flags.pop("run"), config=config, **flags), end="")


command = settings_command(ReleaseSettings, run, PANELS, short={"out": "-o"}, arguments=("run",))

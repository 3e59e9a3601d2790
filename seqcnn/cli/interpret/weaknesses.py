"""`seqcnn interpret weaknesses`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

EPILOG = """Examples:

seqcnn interpret weaknesses model.safetensors test.fa

seqcnn interpret weaknesses model.safetensors peaks.bed -g hg38.fa --other sacCer3.fa

seqcnn interpret weaknesses old.safetensors test.fa --like train.fa --number 100
"""
PANELS = {
    "Main": ("bundle", "input", "out", "track", "other", "like"),
    "Input": (*INPUT_PANEL, "regions"),
    "Attacks": (
        *("number", "max_edits", "max_steps", "threshold", "confident", "fooled"),
        *("beam", "candidates"),
    ),
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.weaknesses import weaknesses

    ask(weaknesses, config, flags)


command = settings_command(
    WeaknessesSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

"""`seqcnn interpret filters`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.filters import FiltersSettings

EPILOG = """Examples:

seqcnn interpret filters model.safetensors peaks.bed --genome hg38.fa --motifs hocomoco.meme.gz

seqcnn interpret filters model.safetensors test.csv --silence 100 --out filters
"""
PANELS = {
    "Main": ("bundle", "input", "out", "motifs", "track"),
    "Input": INPUT_PANEL,
    "Motifs": ("threshold", "flank", "trim"),
    "Importance": ("silence", "silenced_on", "alike"),
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.filters import filters

    ask(filters, config, flags)


command = settings_command(
    FiltersSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g", "motifs": "-m"},
    arguments=("bundle", "input"),
)

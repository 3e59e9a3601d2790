"""`seqcnn interpret design`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.design import DesignSettings

EPILOG = """Examples:

seqcnn interpret design model.safetensors --up liver --until 0.9

seqcnn interpret design model.safetensors peaks.bed -g hg38.fa --up liver --down muscle blood \
--method beam --gc 0.4:0.6 --forbid GAATTC GGATCC

seqcnn interpret design model.safetensors promoter.fa --up liver=2 --keep 40:60 --max-edits 5
"""
PANELS = {
    "Main": ("bundle", "input", "out", "up", "down", "until", "track"),
    "Search": ("start", "number", "method", "beam_width", "max_edits", "objective"),
    "Limits": ("gc", "forbid", "motifs", "keep", "longest_run"),
    "Input": INPUT_PANEL,
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.design import design

    ask(design, config, flags)


command = settings_command(
    DesignSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

"""`seqcnn interpret marginalisation`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.marginalisation import MarginalisationSettings

EPILOG = """Examples:

seqcnn interpret marginalisation model.safetensors peaks.fa --motif CACGTG CACATG

seqcnn interpret marginalisation model.safetensors --motif CCGGAAGTR --orientation both --profile

seqcnn interpret marginalisation model.safetensors peaks.bed -g hg38.fa --motif CTCF_HUMAN \
--motifs jaspar.meme --copies 2 3

seqcnn interpret marginalisation model.safetensors peaks.fa --motif CACGTG --second CCGGAAGT \
--spacings 0:40 --orientation both
"""
PANELS = {
    "Main": ("bundle", "input", "out", "motif", "motifs", "second", "track"),
    "Planting": (
        *("orientation", "bases", "how", "at", "copies", "gap", "profile", "step", "spacings"),
    ),
    "Backgrounds": ("background", "backgrounds", "gc"),
    "Input": INPUT_PANEL,
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.marginalisation import marginalisation

    ask(marginalisation, config, flags)


command = settings_command(
    MarginalisationSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

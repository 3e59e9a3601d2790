"""`seqcnn interpret activations`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.activations import ActivationsSettings
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL

EPILOG = """Examples:

seqcnn interpret activations model.safetensors --layers

seqcnn interpret activations model.safetensors peaks.bed --genome hg38.fa --out reading

seqcnn interpret activations model.safetensors bound.fa --layer body.1 --channel 91

seqcnn interpret activations digits.safetensors pictures --out reading

seqcnn interpret activations caller.safetensors sample.bam --genome hg38.fa --site chr20:10001436
"""
PANELS = {
    "Main": ("bundle", "input", "out", "layer", "layers", "channel", "top", "track"),
    "Figures": ("shown", "channels_drawn"),
    "Input": (*INPUT_PANEL, "site"),
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.activations import activations

    ask(activations, config, flags)


command = settings_command(
    ActivationsSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

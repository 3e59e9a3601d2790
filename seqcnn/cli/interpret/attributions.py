"""`seqcnn interpret attributions`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.attributions import AttributionsSettings
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL

EPILOG = """Examples:

seqcnn interpret attributions model.safetensors peaks.bed --genome hg38.fa --out reading

seqcnn interpret attributions model.safetensors bound.fa --modisco

seqcnn interpret attributions model.safetensors bound.fa --motifs HOCOMOCO.meme.gz

seqcnn interpret attributions model.safetensors bound.fa --method integrated-gradients --steps 64
"""
PANELS = {
    "Main": ("bundle", "input", "out", "method", "track", "modisco", "motifs"),
    "Method": ("baseline", "references", "steps", "gate_sequences", "max_seqlets"),
    "Shown": ("shown", "table_sequences"),
    "Input": INPUT_PANEL,
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.attributions import attributions

    ask(attributions, config, flags)


command = settings_command(
    AttributionsSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

"""`seqcnn interpret mutagenesis`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.mutagenesis import MutagenesisSettings

EPILOG = """Examples:

seqcnn interpret mutagenesis model.safetensors peaks.fa --max-sequences 4

seqcnn interpret mutagenesis model.safetensors peaks.bed -g hg38.fa --track liver --figures 8

seqcnn interpret mutagenesis model.safetensors enhancer.fa --around 250:350
"""
PANELS = {
    "Main": ("bundle", "input", "out", "track", "around", "incremental", "figures"),
    "Input": INPUT_PANEL,
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.mutagenesis import mutagenesis

    ask(mutagenesis, config, flags)


command = settings_command(
    MutagenesisSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

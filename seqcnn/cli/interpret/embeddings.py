"""`seqcnn interpret embeddings`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.interpret import ask
from seqcnn.cli.options import settings_command
from seqcnn.settings.interpret.base import INPUT_PANEL, MACHINE_PANEL
from seqcnn.settings.interpret.embeddings import EmbeddingsSettings

EPILOG = """Examples:

seqcnn interpret embeddings model.safetensors peaks.bed --genome hg38.fa --out reading

seqcnn interpret embeddings model.safetensors labelled.csv --method tsne --out reading

seqcnn interpret embeddings model.safetensors bound.fa --neighbours-of site_12

seqcnn interpret embeddings model.safetensors human.fa --compare mouse.fa --out reading

seqcnn interpret embeddings digits.safetensors pictures --method umap --out reading
"""
PANELS = {
    "Main": ("bundle", "input", "out", "method", "colour", "track"),
    "Neighbours": ("neighbours_of", "neighbours", "compare"),
    "Input": (*INPUT_PANEL, "site"),
    "Machine": MACHINE_PANEL,
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.interpret.embeddings import embeddings

    ask(embeddings, config, flags)


command = settings_command(
    EmbeddingsSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

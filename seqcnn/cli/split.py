"""`seqcnn split`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.cli.train import PANELS as TRAIN_PANELS
from seqcnn.settings.check import SplitSettings

EPILOG = """Examples:

seqcnn split --genome hg38.fa --peaks liver.bed brain.bed --test-contigs chr8 --out split

seqcnn train --genome hg38.fa --peaks liver.bed brain.bed --splits split/splits.bed --model basset

seqcnn predict runs/accessibility/model.safetensors split/test.bed --genome hg38.fa --out test.tsv
"""
PANELS: dict[str, tuple[str, ...]] = {
    "Main": ("task", "out", "config", "overwrite"),
    **{title: TRAIN_PANELS[title] for title in ("Data", "Windows and labels", "Splits")},
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.split import split

    print(split(config=config, quiet=False, **flags))


command = settings_command(
    SplitSettings, run, PANELS, short={"out": "-o", "genome": "-g", "peaks": "-p"}
)

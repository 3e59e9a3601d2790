"""`seqcnn check`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.cli.train import PANELS as TRAIN_PANELS
from seqcnn.settings.check import CheckSettings

EPILOG = """Examples:

seqcnn check   (demo data)

seqcnn check --genome hg38.fa --peaks liver.bed brain.bed --out checked

seqcnn check --task binding --genome hg38.fa --positives ctcf.narrowPeak --config train.yaml

seqcnn check --task binding --table train.csv --test-table test.csv
"""
TITLES = ("Data", "Windows and labels", "Images", "Variants", "Splits")
PANELS: dict[str, tuple[str, ...]] = {
    "Main": ("task", "out", "config"),
    **{title: TRAIN_PANELS[title] for title in TITLES},
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.check import check

    print(check(config=config, quiet=False, **flags))


command = settings_command(
    CheckSettings, run, PANELS, short={"out": "-o", "genome": "-g", "peaks": "-p"}
)

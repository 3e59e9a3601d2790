"""`seqcnn predict`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings import PredictSettings

EPILOG = """Examples:

seqcnn predict model.safetensors regions.bed --genome hg38.fa --out predictions.tsv

seqcnn predict model.safetensors sequences.fa --out predictions.tsv.gz

seqcnn predict model.safetensors designed.fa --distance --out predictions.tsv

seqcnn predict photos.safetensors new_photographs --out classes.tsv

seqcnn predict model.safetensors regions.bed -g hg38.fa --step 32 --output liver --out liver.bw
"""
PANELS = {
    "Main": ("bundle", "input", "out", "genome", "output", "step", "contig_alias", "distance"),
    "Machine": ("batch_size", "device", "precision"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.predict import predict

    print(predict(config=config, quiet=False, **flags))


command = settings_command(
    PredictSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g"},
    arguments=("bundle", "input"),
)

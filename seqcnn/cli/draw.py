"""`seqcnn draw`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.draw import DrawSettings

EPILOG = """Examples:

seqcnn draw --config train.yaml --bam a.bam --reference hg38.fa --truth a.vcf.gz
--confident a.bed --images-folder images --out a.json

seqcnn train --task variants --config train.yaml --bam a.bam b.bam … --images-folder images
"""
PANELS: dict[str, tuple[str, ...]] = {
    "Main": ("bam", "reference", "truth", "confident", "out", "images_folder", "config"),
    "What is drawn": (
        *("preset", "encoder", "scheme", "rows", "columns", "realign", "downsample"),
        *("split_seed", "regions", "contig_alias"),
    ),
    "Machine": ("processes",),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.draw import draw

    for one in draw(config=config, quiet=False, **flags):
        print(f"{one['bam']}: {one['images']:,} images of {one['share']:.0%} of the fragments")


command = settings_command(DrawSettings, run, PANELS, short={"out": "-o"})

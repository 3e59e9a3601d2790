"""`seqcnn train`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings import FitSettings, TrainSettings

EPILOG = """Examples:

seqcnn train   (demo data)

seqcnn train --genome hg38.fa --peaks liver.bed brain.bed --val-contigs chr7 --test-contigs chr8

seqcnn train --genome hg38.fa --signal *.bw --target signal --val-share 0.1 --test-share 0.1

seqcnn train --genome hg38.fa --peaks liver=ENCFF001ABC.bed.gz --splits split/splits.bed --seed 1

seqcnn train --task binding --genome hg38.fa --positives ctcf.narrowPeak

seqcnn train --task binding --table train.csv --val-table dev.csv --test-table test.csv

seqcnn train --task images --data photographs --model resnet18 --weights resnet18.pth

seqcnn train --task variants --bam a.bam b.bam --reference hg38.fa --truth a.vcf.gz b.vcf.gz
--confident a.bed b.bed

seqcnn train --task images   (LeNet-5 on handwritten digits)
"""
MAIN = (
    *("task", "out", "config", "model", "model_arguments", "weights", "ensemble", "ensemble_by"),
    *("resume", "go_on"),
)
PANELS = {
    "Main": (*MAIN, "overwrite"),
    "Data": (
        *("genome", "peaks", "signal", "regions", "hdf5", "positives", "negatives", "strength"),
        *("negatives_per_positive", "table", "val_table", "test_table", "sequence_column"),
        *("label_column", "contig_alias", "off_end", "ambiguous", "stranded", "subset"),
    ),
    "Windows and labels": (
        *("window", "stride", "train_stride", "center", "target", "loss", "open_above"),
        *("min_overlap", "length"),
    ),
    "Images": (
        *("data", "image_size", "resize", "colour", "flip", "crops", "broken", "colour_noise"),
    ),
    "Variants": (
        *("bam", "reference", "truth", "confident", "preset", "encoder", "scheme", "rows"),
        *("columns", "realign", "downsample", "balance", "thin", "mine", "images_folder"),
        "processes",
    ),
    "Splits": (
        *("splits", "val_contigs", "test_contigs", "val_share", "test_share", "val_bam"),
        "split_seed",
    ),
    "Learning": (
        *("shift", "label_smoothing", "positive_weight", "calibration", "baselines"),
        *FitSettings.model_fields,
    ),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.train import train

    result = train(config=config, quiet=False, **flags)
    print(f"report: {result.report}\nbundle: {result.bundle}")


command = settings_command(
    TrainSettings, run, PANELS, short={"out": "-o", "genome": "-g", "peaks": "-p"}
)

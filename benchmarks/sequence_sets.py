"""The real data sets of sequence_accuracy.py: settings of each, and published figures."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from seqcnn.atomic import write_text
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.encoders.dna import decode

GUE = {  # MCC x 100 of DNABERT-2 (Zhou et al., ICLR 2024)
    "tf/0": 71.99,
    "tf/3": 58.54,
    "mouse/0": 56.76,
    "mouse/3": 66.47,
    "prom/prom_core_tata": 74.17,
}
DEEPBIND = "DeepBind_star_all_peaks"  # column of published_auc.tsv
PIECE = 1_000_000  # bases
FACTORS = ("Abf1", "Cbf1", "Fkh1", "Mcm1", "Rap1", "Reb1")


@dataclass(frozen=True)
class DataSet:
    """One training run's settings, the metrics to show of it, and a published figure.

    `reference` is (metric, value, source) or None; `group` is what `--only` chooses; `prepare`
    writes files that the settings name. `short` sequences are padded for networks that need more.
    """

    group: str
    name: str
    settings: dict[str, Any]
    metrics: tuple[str, ...]
    reference: tuple[str, float, str] | None = None
    short: bool = False
    prepare: Callable[[], None] | None = None

    @property
    def folder(self) -> str:
        """A folder name for its runs."""
        kept = (letter if letter.isalnum() or letter in "-_" else "_" for letter in self.name)
        return f"{self.group}_{''.join(kept)}"


def data_sets(shared: Path, work: Path) -> list[DataSet]:
    """Every data set below `shared`, the folder with `regulatory/`, in the order of the table.

    Files that have to be made first go to `work`.
    """
    root = shared / "regulatory"
    return [*_dnase(root), *_deepbind(root), *_gue(root), *_pbmc(root, work), *_yeast(root)]


def _dnase(root: Path) -> list[DataSet]:
    folder = root / "dnase_hg38_10_biosamples"
    settings: dict[str, Any] = {
        "task": "accessibility",
        "genome": folder / "genome.fa.gz",
        "signal": [folder / "targets.tsv"],
        "regions": folder / "labelled_regions.bed",
        "val_contigs": ["valid_*"],
        "test_contigs": ["test_*"],
        # Open or closed, and the signal, from one network.
        "target": "both",
    }
    return [DataSet("dnase", "DNase, 10 tracks", settings, ("auroc", "auprc", "pearson"))]


def _deepbind(root: Path) -> list[DataSet]:
    folder = root / "deepbind_encode"
    published: dict[str, float] = {}
    if (folder / "published_auc.tsv").exists():
        with (folder / "published_auc.tsv").open(newline="", encoding="utf-8") as opened:
            for row in csv.DictReader(opened, delimiter="\t"):
                published[row["dataset"]] = float(row[DEEPBIND])
    return [
        DataSet(
            "deepbind",
            name,
            {
                "task": "binding",
                "positives": folder / f"{name}_AC.seq.gz",
                "negatives": "shuffle",
                "test_table": folder / f"{name}_B.seq.gz",
            },
            ("auroc",),
            ("auroc", value, "DeepBind"),
            short=True,
        )
        for name, value in published.items()
    ]


def _gue(root: Path) -> list[DataSet]:
    return [
        DataSet(
            "gue",
            name,
            {
                "task": "binding",
                "table": root / "gue" / name / "train.csv",
                "val_table": root / "gue" / name / "dev.csv",
                "test_table": root / "gue" / name / "test.csv",
            },
            ("mcc", "auroc"),
            ("mcc", value / 100, "DNABERT-2"),
            short=True,
        )
        for name, value in GUE.items()
    ]


def _pbmc(root: Path, work: Path) -> list[DataSet]:
    settings: dict[str, Any] = {
        "task": "accessibility",
        "genome": work / "pbmc.fa",
        "peaks": [work / "pbmc.bed"],
        "val_share": 0.15,
        "test_share": 0.25,
        "off_end": "drop",
    }
    prepare = partial(cut_genome, root / "genome", work)
    return [DataSet("pbmc", "PBMC ATAC peaks", settings, ("auroc", "auprc"), prepare=prepare)]


def cut_genome(source: Path, work: Path) -> None:
    """Write the two contigs in pieces of 1 Mb, and the peaks on them, so that contigs can be split.

    The peaks are of the whole genome; those elsewhere or over a cut are left out.
    """
    genome = Genome(source / "hg38.chr20_and_21_10M.fa.gz", cache=work)
    lines = []
    for contig, length in genome.length_of.items():
        for start in range(0, length, PIECE):
            bases = decode(genome.fetch(contig, start, min(start + PIECE, length)))
            lines += [f">{contig}_{start // PIECE:02d}", bases]
    write_text(work / "pbmc.fa", "\n".join(lines) + "\n")
    peaks = read_bed(source / "pbmc_atac_peaks.hg38.bed.gz")
    piece = peaks["start"] // PIECE
    kept = peaks["contig"].isin(genome.names) & (piece == (peaks["end"] - 1) // PIECE)
    moved = zip(
        peaks["contig"][kept], piece[kept], peaks["start"][kept], peaks["end"][kept], strict=True
    )
    rows = [
        f"{contig}_{number:02d}\t{start - number * PIECE}\t{end - number * PIECE}\n"
        for contig, number, start, end in moved
    ]
    write_text(work / "pbmc.bed", "".join(rows))


def _yeast(root: Path) -> list[DataSet]:
    folder = root / "yeast_saccer3"
    return [
        DataSet(
            "yeast",
            factor,
            {
                "task": "binding",
                "genome": folder / "sacCer3.fa.gz",
                "positives": folder / "chipexo_peaks" / f"{factor}_CX.bed",
                "negatives": "genomic",
                "contig_alias": "roman",
            },
            ("auroc", "auprc"),
            short=True,
        )
        for factor in FACTORS
    ]

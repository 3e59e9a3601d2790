"""The real data sets of sequence_accuracy.py: settings of each, and published figures."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GUE = {  # MCC x 100 of DNABERT-2 (Zhou et al., ICLR 2024)
    "tf/0": 71.99,
    "tf/3": 58.54,
    "mouse/0": 56.76,
    "mouse/3": 66.47,
    "prom/prom_core_tata": 74.17,
}
DEEPBIND = "DeepBind_star_all_peaks"  # column of published_auc.tsv
FACTORS = ("Abf1", "Cbf1", "Fkh1", "Mcm1", "Rap1", "Reb1")


@dataclass(frozen=True)
class DataSet:
    """One training run's settings, the metrics to show of it, and a published figure.

    `reference` is (metric, value, source) or None; `group` is what `--only` chooses; `short`
    sequences are padded for networks that need more.
    """

    group: str
    name: str
    settings: dict[str, Any]
    metrics: tuple[str, ...]
    reference: tuple[str, float, str] | None = None
    short: bool = False

    @property
    def folder(self) -> str:
        """A folder name for its runs."""
        kept = (letter if letter.isalnum() or letter in "-_" else "_" for letter in self.name)
        return f"{self.group}_{''.join(kept)}"


def data_sets(shared: Path) -> list[DataSet]:
    """Every data set below `shared`, the folder with `regulatory/`, in the order of the table."""
    root = shared / "regulatory"
    return [*_dnase(root), *_deepbind(root), *_gue(root), *_pbmc(root), *_yeast(root)]


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
                "strength": "order",  # the files are sorted, strongest peak first
                "val_share": 0.05,
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
                # Core promoters are aligned to their start site and have a direction.
                "stranded": name.startswith("prom"),
            },
            ("mcc", "auroc"),
            ("mcc", value / 100, "DNABERT-2"),
            short=True,
        )
        for name, value in GUE.items()
    ]


def _pbmc(root: Path) -> list[DataSet]:
    settings: dict[str, Any] = {
        "task": "accessibility",
        "genome": root / "genome" / "hg38.chr20_and_21_10M.fa.gz",
        "peaks": [root / "genome" / "pbmc_atac_peaks.hg38.bed.gz"],
        # Two contigs: each is cut in place.
        "val_share": 0.15,
        "test_share": 0.25,
        # The peaks are of the whole genome.
        "off_end": "drop",
    }
    return [DataSet("pbmc", "PBMC ATAC peaks", settings, ("auroc", "auprc"))]


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

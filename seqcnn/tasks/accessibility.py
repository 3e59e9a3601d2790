"""Chromatin accessibility from DNA: open or closed in each track, or the signal itself."""

from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.data.basset import read_basset_hdf5
from seqcnn.data.check import Finding, check_assembly, checked_bed
from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.negatives import gc_matched_windows
from seqcnn.data.signal import mean_signal
from seqcnn.data.splits import assign, split_rows
from seqcnn.data.windows import merge_peaks, tile
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.contig_spans import contig_spans
from seqcnn.tasks.labels import MultiLabel
from seqcnn.tasks.targets import TARGETS
from seqcnn.tasks.task import SPLITS, Placed, Task, TaskData, by_split, task_data
from seqcnn.tasks.tracks import track_files

TRAIN_STRIDE = 32


def read(settings: DataSettings) -> TaskData:
    """Windows and labels from peaks, bigWigs or a Basset HDF5 file.

    Raises:
        InputError: a file cannot be used, or the flags do not name exactly one kind of data.
    """
    if settings.loss == "poisson" and settings.target != "signal":
        raise InputError("--loss poisson is for --target signal; pass that too")
    kinds = [name for name in ("peaks", "signal", "hdf5") if getattr(settings, name)]
    if len(kinds) != 1:
        named = " and ".join(f"--{kind}" for kind in kinds) or "none of them"
        raise InputError(f"accessibility reads --peaks, --signal or --hdf5; given: {named}")
    if kinds[0] == "hdf5":
        return _from_hdf5(settings)
    if settings.genome is None:
        raise InputError(f"--{kinds[0]} needs the genome's sequence: pass --genome FASTA")
    genome = Genome(settings.genome)
    return (_from_peaks if kinds[0] == "peaks" else _from_signal)(settings, genome)


def _from_peaks(settings: DataSettings, genome: Genome) -> TaskData:
    findings: list[Finding] = []
    peaks = {}
    paths, names = track_files(settings.peaks, "--peaks")
    for name, path in zip(names, paths, strict=True):
        peaks[name] = checked_regions(path, genome, settings, findings)
    regions, labels = merge_peaks(
        peaks, genome.length_of, window=settings.window, min_overlap=settings.min_overlap
    )
    targets = labels.astype(np.float32)
    spans = contig_spans(settings, genome, regions, findings)
    report = None
    wanted = settings.negatives
    if wanted not in ("auto", "genomic", "none"):
        raise InputError(
            f"--negatives {wanted}: with --peaks expected genomic, none or auto "
            "(genomic when there is one track, else none: a region closed in a track is its 0)"
        )
    if wanted == "genomic" or (wanted == "auto" and len(peaks) == 1):
        made, report = gc_matched_windows(
            genome,
            regions,
            length=settings.window,
            seed=settings.split_seed,
            per_positive=settings.negatives_per_positive or 1,
            within_contig=True,
        )
        regions = pd.concat([regions, made[["contig", "start", "end"]]], ignore_index=True)
        targets = np.concatenate([targets, np.zeros((len(made), len(peaks)), np.float32)])
    splits = by_split(genome, regions, targets, names, assign(regions, spans))
    files = (settings.genome, *paths)
    placed = Placed(genome, spans, dict(splits))
    return task_data(settings, MultiLabel(), names, splits, files, findings, report, placed)


def _from_signal(settings: DataSettings, genome: Genome) -> TaskData:
    paths, names = track_files(settings.signal, "--signal")
    findings: list[Finding] = []
    if settings.regions is None:
        regions = pd.DataFrame(
            {"contig": genome.names, "start": 0, "end": np.asarray(genome.lengths)}
        )
    else:
        regions = checked_regions(settings.regions, genome, settings, findings)
    spans = contig_spans(settings, genome, regions, findings)
    windows = {}
    for split in SPLITS:
        stride = settings.stride
        if split == "train":
            stride = settings.train_stride or min(TRAIN_STRIDE, settings.stride)
        tiled = tile(
            regions,
            window=settings.window,
            stride=stride,
            center=settings.center,
            lengths=genome.length_of,
        )
        windows[split] = tiled[assign(tiled, spans) == split].reset_index(drop=True)
    target = TARGETS[_target_name(settings)]
    splits = {}
    for split, table in windows.items():
        middle = (table["start"] + table["end"]) // 2
        half = settings.center // 2
        central = pd.DataFrame(
            {"contig": table["contig"], "start": middle - half, "end": middle + half}
        )
        signal, notes = mean_signal(paths, central, names=names)
        findings += [Finding("warning", f"{split}: {note}") for note in notes]
        opened = (signal > settings.open_above).astype(np.float32)
        targets = {"multilabel": opened, "open+signal": np.concatenate([opened, signal], axis=1)}
        splits[split] = Examples.from_windows(
            genome, table, targets.get(target.name, signal), names=target.columns(names)
        )
    files = tuple(path for path in (settings.genome, settings.regions, *paths) if path)
    target = target.fitted(splits["train"].targets)
    placed = Placed(genome, spans, dict(splits))
    return task_data(settings, target, names, splits, files, findings, None, placed)


def _target_name(settings: DataSettings) -> str:
    if settings.target == "open":
        return "multilabel"
    if settings.target == "signal":
        return "counts" if settings.loss == "poisson" else "signal"
    return "open+signal"


def _from_hdf5(settings: DataSettings) -> TaskData:
    assert settings.hdf5 is not None
    contents = read_basset_hdf5(settings.hdf5)
    splits = {
        split: Examples.from_sequences(codes, targets, names=contents.target_names)
        for split, (codes, targets) in contents.splits.items()
    }
    if "val" not in splits:
        whole = splits["train"]
        part = split_rows(len(whole), (settings.val_share, 0.0), settings.split_seed)
        splits = {"val": whole.subset(part == "val"), **splits}
        splits["train"] = whole.subset(part == "train")
    return task_data(
        settings, MultiLabel(), contents.target_names, splits, (settings.hdf5,), [], None
    )


def checked_regions(
    path: Path, genome: Genome, settings: DataSettings, findings: list[Finding]
) -> pd.DataFrame:
    """Regions of a BED file after the pre-flight check, which adds to `findings`."""
    regions, found = checked_bed(
        path, genome, contig_alias=settings.contig_alias, off_end=settings.off_end
    )
    findings += found + check_assembly(regions, genome, path=path)
    return regions


TASK = Task(
    name="accessibility",
    summary="open chromatin (DNase-seq, ATAC-seq) from DNA",
    model="duplex",
    model_arguments={
        "kernel": 15,
        "pool": 5,
        "pool2": 4,
        # The label is about the middle of the window: the head must know where things are.
        "bins": 10,
        "hidden": 128,
        "slope": 0.75,
        "dropout": 0.3,
        "channel_dropout": 0.1,
    },
    defaults={"batch_size": 256, "lr": 2e-3, "weight_decay": 0.05, "ema_decay": 0.998, "shift": 16},
    sources=("genome", "peaks", "signal", "hdf5"),
    demo={
        "genome": Path("genome.fa.gz"),
        "peaks": (Path("liver.bed.gz"), Path("muscle.bed.gz"), Path("blood.bed.gz")),
        "max_steps": 300,
        "batch_size": 64,
    },
    read=read,
)

"""Binding sites from DNA or RNA: bound against unbound sequences, or classes of sequences."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.data.check import Finding
from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.negatives import gc_matched_windows, shuffled_negatives
from seqcnn.data.splits import assign, split_rows, strand_groups
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.accessibility import checked_regions
from seqcnn.tasks.contig_spans import contig_spans
from seqcnn.tasks.labels import MultiLabel
from seqcnn.tasks.tables import (
    codes_of,
    common_length,
    ending,
    identifiers_of,
    labels,
    read_sequences,
)
from seqcnn.tasks.task import SPLITS, Placed, Task, TaskData, by_split, task_data
from seqcnn.tasks.tracks import named_file

BED_ENDINGS = (".bed", ".narrowPeak", ".broadPeak")
SHUFFLES = 4  # of each positive in training, so that the network cannot learn them by heart
STRONG = 500  # rank at which a peak is drawn half as often as the strongest


def read(settings: DataSettings) -> TaskData:
    """Sequences and labels from a table, from FASTA files, or from BED files and a genome.

    Raises:
        InputError: a file cannot be used, or the flags do not go together.
    """
    if settings.table and settings.positives:
        raise InputError("binding reads --table or --positives, not both")
    if settings.table:
        return _from_tables(settings)
    if settings.positives is None:
        raise InputError("binding needs --table, or --positives (and --genome when it is BED)")
    if ending(named_file(settings.positives)[1]) in BED_ENDINGS:
        return _from_regions(settings)
    return _from_positives(settings)


def _from_tables(settings: DataSettings) -> TaskData:
    paths = {"train": settings.table, "val": settings.val_table, "test": settings.test_table}
    tables = {
        split: read_sequences(path, settings, labelled=True)
        for split, path in paths.items()
        if path
    }
    length = settings.length or common_length(tables)
    target, outputs, targets = labels(tables)
    pieces = {
        split: (codes_of(table, length), targets[split], identifiers_of(table), table.weights)
        for split, table in tables.items()
    }
    splits = _share_out(settings, pieces, outputs if isinstance(target, MultiLabel) else ("class",))
    return task_data(settings, target, outputs, splits, tuple(filter(None, paths.values())))


def _from_positives(settings: DataSettings) -> TaskData:
    """Positive sequences, with negatives given or made by shuffling each split's positives."""
    assert settings.positives is not None
    name, bound_path = named_file(settings.positives)
    positives = read_sequences(bound_path, settings, labelled=False)
    files = [bound_path]
    tables = {"positives": positives}
    given = settings.negatives not in ("auto", "shuffle")
    if given:
        negatives_path = _existing(settings.negatives)
        tables["negatives"] = read_sequences(negatives_path, settings, labelled=False)
        files.append(negatives_path)
    held_out = {}
    for split, path in (("val", settings.val_table), ("test", settings.test_table)):
        if path:
            held_out[split] = read_sequences(path, settings, labelled=True)
            files.append(path)
    length = settings.length or common_length({**tables, **held_out})
    outputs = (name,)
    codes = codes_of(positives, length)
    targets = np.ones((len(codes), 1), np.float32)
    sampling = draws(settings, positives=len(codes), scores=None)
    if given:
        unbound = codes_of(tables["negatives"], length)
        codes = np.concatenate([codes, unbound])
        targets = np.concatenate([targets, np.zeros((len(unbound), 1), np.float32)])
        sampling = _drawn_alike(sampling, len(unbound))
    pieces: dict[str, Any] = {"train": (codes, targets, None, None)}
    for split, table in held_out.items():
        assert table.labels is not None
        bound = (table.labels[:, :1] > 0).astype(np.float32)
        pieces[split] = (codes_of(table, length), bound, identifiers_of(table), None)
    splits = _share_out(settings, pieces, outputs, sampling)
    report = None
    if not given:
        for number, split in enumerate(SPLITS):
            if split in held_out:
                continue
            splits[split], made = _with_shuffles(splits[split], settings, number)
            report = report or made
    return task_data(settings, MultiLabel(), outputs, splits, tuple(files), negatives=report)


def _from_regions(settings: DataSettings) -> TaskData:
    """Windows around the summit (or the middle) of each region, against genomic windows."""
    assert settings.positives is not None
    if settings.genome is None:
        raise InputError("--positives is BED, so --genome FASTA is needed for its sequences")
    genome = Genome(settings.genome)
    findings: list[Finding] = []
    length = settings.length or settings.window
    name, path = named_file(settings.positives)
    positives = _centred(checked_regions(path, genome, settings, findings), length)
    files = [settings.genome, path]
    report = None
    scores = pd.to_numeric(positives["score"], errors="coerce").fillna(0).to_numpy()
    sampling = draws(settings, positives=len(positives), scores=scores)
    if settings.negatives in ("auto", "genomic"):
        negatives, report = gc_matched_windows(
            genome,
            positives,
            length=length,
            seed=settings.split_seed,
            per_positive=settings.negatives_per_positive or 1,
            within_contig=True,
        )
    elif settings.negatives == "shuffle":
        negatives = positives.iloc[:0]
    else:
        path = _existing(settings.negatives)
        files.append(path)
        negatives = _centred(checked_regions(path, genome, settings, findings), length)
    windows = pd.concat([positives, negatives], ignore_index=True)[["contig", "start", "end"]]
    targets = np.zeros((len(windows), 1), np.float32)
    targets[: len(positives)] = 1
    sampling = _drawn_alike(sampling, len(negatives))
    spans = contig_spans(settings, genome, windows, findings)
    outputs = (name,)
    splits = by_split(genome, windows, targets, outputs, assign(windows, spans), sampling)
    placed = Placed(genome, spans, dict(splits))
    if settings.negatives == "shuffle":
        for number, split in enumerate(SPLITS):
            in_memory = Examples.from_sequences(
                splits[split].take(np.arange(len(splits[split]))),
                splits[split].targets,
                names=outputs,
            )
            in_memory = replace(in_memory, sampling=splits[split].sampling)
            splits[split], report = _with_shuffles(in_memory, settings, number)
    return task_data(
        settings, MultiLabel(), outputs, splits, tuple(files), findings, report, placed
    )


def draws(
    settings: DataSettings, *, positives: int, scores: np.ndarray | None
) -> np.ndarray | None:
    """How often each positive is drawn in training, float32 (N,), or None for all alike.

    The strongest peaks say most about a factor: by rank r, from 0, a peak is drawn in proportion
    to 1 / (1 + r / 500).

    Raises:
        InputError: ranks by score are wanted where there are none.
    """
    if settings.strength == "none":
        return None
    rank = np.arange(positives)
    if settings.strength == "score":
        if scores is None or np.ptp(scores) == 0:
            raise InputError(
                "--strength score: the positives have no scores that differ; "
                "sort them, strongest first, and pass --strength order"
            )
        rank[np.argsort(-scores, kind="stable")] = np.arange(positives)
    return (1 / (1 + rank / STRONG)).astype(np.float32)


def _drawn_alike(sampling: np.ndarray | None, negatives: int) -> np.ndarray | None:
    """Draws of the positives, then of so many negatives: as often in all, and all alike."""
    if sampling is None:
        return None
    mean = np.full(negatives, sampling.sum() / max(1, negatives), np.float32)
    return np.concatenate([sampling, mean])


def _share_out(
    settings: DataSettings,
    pieces: dict[str, Any],
    names: tuple[str, ...],
    sampling: np.ndarray | None = None,
) -> dict[str, Examples]:
    """Examples by split; splits that were not given are taken from the training examples.

    With `sampling` the strong are as frequent in a validation split as in training, since it
    decides when training stops.
    """
    missing = [split for split in ("val", "test") if split not in pieces]
    splits = {
        split: Examples.from_sequences(
            piece[0], piece[1], names=names, identifiers=piece[2], weights=piece[3]
        )
        for split, piece in pieces.items()
    }
    if missing:
        shares = (
            settings.val_share if "val" in missing else 0.0,
            settings.test_share if "test" in missing else 0.0,
        )
        whole = replace(splits["train"], sampling=sampling)
        groups = strand_groups(pieces["train"][0])
        part = split_rows(len(whole), shares, settings.split_seed, groups)
        if sampling is not None and "val" in missing:
            part = _strong_validation(part, groups, sampling, settings)
        for split in ("train", *missing):
            splits[split] = whole.subset(np.flatnonzero(part == split))
    return splits


def _strong_validation(
    part: np.ndarray, groups: np.ndarray, sampling: np.ndarray, settings: DataSettings
) -> np.ndarray:
    """`part` with validation rows drawn again, by their draws in training."""
    part = np.where(part == "val", "train", part)
    random = np.random.default_rng(settings.split_seed)
    rows = np.flatnonzero(part == "train")
    chance = sampling[rows].astype(np.float64)
    number = max(1, round(settings.val_share * len(rows)))
    chosen = random.choice(rows, number, replace=False, p=chance / chance.sum())
    part[np.isin(groups, groups[chosen]) & (part == "train")] = "val"
    return part


def _with_shuffles(examples: Examples, settings: DataSettings, number: int) -> tuple[Examples, Any]:
    """Positives and shuffles of each, drawn in training as often in all as their positive."""
    per_positive = settings.negatives_per_positive or (SHUFFLES if number == 0 else 1)
    shuffled, report = shuffled_negatives(
        examples,
        per_positive=per_positive,
        seed=settings.split_seed * len(SPLITS) + number,
    )
    codes = np.concatenate([examples.take(np.arange(len(examples))), shuffled])
    targets = np.zeros((len(codes), 1), np.float32)
    targets[: len(examples)] = 1
    each = np.ones(len(examples), np.float32) if examples.sampling is None else examples.sampling
    made = Examples.from_sequences(codes, targets, names=examples.names)
    sampling = np.concatenate([each, np.repeat(each / per_positive, per_positive)])
    return replace(made, sampling=sampling if number == 0 else None), report


def _centred(regions: pd.DataFrame, length: int) -> pd.DataFrame:
    """Windows of `length` bp around each summit, or the middle where there is none."""
    middle = (regions["start"] + regions["end"]) // 2
    if "summit" in regions:
        middle = middle.where(regions["summit"] < 0, regions["summit"])
    start = middle - length // 2
    return regions.assign(start=start, end=start + length).reset_index(drop=True)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise InputError(f"--negatives {name}: no such file, and not one of auto, shuffle, genomic")
    return path


TASK = Task(
    name="binding",
    summary="binding sites of a protein, or classes of sequences",
    model="duplex",
    model_arguments={},
    defaults={"window": 101, "lr": 3e-3, "ema_decay": 0.995, "shift": 4},
    sources=("genome", "positives", "table"),
    demo={
        "genome": Path("genome.fa.gz"),
        "positives": Path("factor.bed.gz"),
        "max_steps": 300,
    },
    read=read,
)

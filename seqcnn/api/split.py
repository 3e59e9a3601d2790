"""Divide a genome's windows into training, validation and test once, for many runs."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from seqcnn.api import folder as files
from seqcnn.api.out_file import require_room
from seqcnn.api.train import read_data, resolve_settings
from seqcnn.atomic import whole_file, write_text
from seqcnn.data.examples import Examples
from seqcnn.data.splits_bed import splits_text
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.settings.check import SplitSettings
from seqcnn.tasks.task import TaskData

SPLITS_BED, WINDOWS = "splits.bed", "windows.tsv.gz"
HIGHEST = 0.1  # of the windows, by a signal, that stand for positive ones


@dataclass(frozen=True)
class SplitResult:
    """Where the files are, and how many windows each split holds; `str()` is what is printed."""

    folder: Path
    splits: Path
    windows: dict[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{split} {count:,}" for split, count in self.windows.items())
        return f"windows: {counts}\nsplits: {self.splits}"


def split(*, config: Path | None = None, quiet: bool = True, **flags: Any) -> SplitResult:
    """Write the splits that `seqcnn train` would make with these settings into the folder `out`.

    `splits.bed` (contig, start, end, split) is for `--splits`; `windows.tsv.gz` has a row a window
    with its labels; `train.bed`, `val.bed` and `test.bed` have the windows for `predict`, and
    `test/TRACK.bed` those that are positive in a track, for `interpret` (of a signal alone: the
    highest tenth). Positions are 0-based and half-open. `config` may be a file of training.

    Raises:
        InputError: what `train` would refuse; a task of images or reads, or a keyword of theirs;
            examples without places in a genome; or other splits are in `out` and `overwrite` is
            not given.
    """
    out = Path(flags.pop("out", None) or "split")
    overwrite = bool(flags.pop("overwrite", False))
    _refuse_images_and_reads(flags)
    settings, task, is_demo = resolve_settings(config, flags)
    if "genome" not in task.sources:
        raise InputError(
            f"--task {task.name}: there are no windows of a genome to divide; seqcnn split is for "
            "accessibility and binding"
        )
    require_room(out)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    if is_demo:
        console.print(f"No data was named: this is {task.demo_words}.")
    data = read_data(task, settings, console)
    if data.placed is None:
        raise InputError(
            "these examples have no places in a genome, so there are no stretches of it to divide; "
            "give --genome with BED or bigWig files, or split tables by files: --val-table, "
            "--test-table"
        )
    placed = data.placed
    text = splits_text(placed.spans, placed.genome.length_of)
    path = out / SPLITS_BED
    if path.is_dir():
        raise InputError(f"{path}: is a folder, and the splits would be written there")
    if path.exists() and not overwrite and path.read_bytes() != text.encode():
        raise InputError(
            f"{path}: holds other splits, which earlier runs may have used; name another --out, or "
            "pass --overwrite"
        )
    files.make_folder(out)
    for name, windows in placed.windows.items():
        write_text(out / f"{name}.bed", _bed(windows))
        _write_positive(out / name, data, windows, overwrite)
    _write_windows(out / WINDOWS, placed.windows)
    write_text(path, text)
    counts = {name: len(windows) for name, windows in placed.windows.items()}
    return SplitResult(out, path, counts)


def _refuse_images_and_reads(flags: dict[str, Any]) -> None:
    for name in flags:
        if name in DataSettings.model_fields and name not in SplitSettings.model_fields:
            raise InputError(
                f"--{name.replace('_', '-')}: is of images or reads, and seqcnn split divides the "
                "windows of a genome; leave it out"
            )


def _table(windows: Examples) -> pd.DataFrame:
    assert windows.genome is not None and windows.contig is not None and windows.start is not None
    names = np.asarray(windows.genome.names)[windows.contig]
    ends = windows.start + windows.length
    return pd.DataFrame({"contig": names, "start": windows.start, "end": ends})


def _write_positive(folder: Path, data: TaskData, windows: Examples, overwrite: bool) -> None:
    """A BED a track; with `overwrite`, those of tracks that there are no longer are removed."""
    files.make_folder(folder)
    earlier = set(folder.glob("*.bed")) if overwrite else set()
    for track, positive in _positive(data, windows):
        write_text(folder / f"{track}.bed", _bed(windows, positive))
        earlier.discard(folder / f"{track}.bed")
    for path in earlier:
        path.unlink()


def _positive(data: TaskData, windows: Examples) -> Iterator[tuple[str, np.ndarray]]:
    """Each track, as a file may be named, and which of the windows (bool) are positive in it."""
    columns, part = data.target.parts(len(data.outputs))[0]
    for name, values in zip(data.outputs, windows.targets[:, columns].T, strict=True):
        least = 0.0
        if part.baselines == "regression" and len(values):
            least = np.nextafter(np.nanquantile(values, 1 - HIGHEST), -np.inf)
        yield re.sub(r"[^\w.+-]", "_", name), values > least


def _bed(windows: Examples, chosen: np.ndarray | None = None) -> str:
    """Windows as BED lines; one that leaves its contig is cut on both sides, so that its middle,
    around which `predict` reads, stays. `chosen` (bool) leaves others out."""
    table = _table(windows)
    assert windows.genome is not None
    over = table["end"] - table["contig"].map(windows.genome.length_of)
    cut = np.maximum(np.maximum(-table["start"], over), 0)
    start = table["start"] + cut
    table = table.assign(start=start, end=np.maximum(table["end"] - cut, start + 1))
    table = table if chosen is None else table[chosen]
    return table.to_csv(sep="\t", header=False, index=False)


def _write_windows(path: Path, splits: dict[str, Examples]) -> None:
    tables = []
    for name, windows in splits.items():
        labels = pd.DataFrame(windows.targets, columns=list(windows.names))
        tables.append(pd.concat([_table(windows).assign(split=name), labels], axis=1))
    text = pd.concat(tables, ignore_index=True).to_csv(sep="\t", index=False, float_format="%.6g")
    with whole_file(path) as temporary:
        temporary.write_bytes(gzip.compress(text.encode(), mtime=0))

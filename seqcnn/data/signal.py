"""Signal of many bigWig files over regions, and bigWig files out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pybigtools

from seqcnn.errors import InputError

CHUNK = 1 << 20  # bases of one contig read at a time: at most 24 MB, whatever the file
BRIDGE = 1 << 14  # regions nearer than this are read in one go
RECORD = np.dtype([("start", np.int64), ("end", np.int64), ("value", np.float64)])


def mean_signal(
    paths: Sequence[Path | str],
    regions: pd.DataFrame,
    *,
    names: Sequence[str],
    missing: float = 0.0,
) -> tuple[np.ndarray, list[str]]:
    """Mean of each track over each region (contig, start, end; 0-based, half-open).

    A base that the bigWig has no value for counts as `missing`, so by default as 0 and not as
    left out. Each file is read once, along the spans that the regions cover, with running sums.

    Returns:
        float32 (N, T), tracks in the order of `paths`; and notes, one for each track that is 0
        over all regions.

    Raises:
        InputError: a file is missing, not a bigWig or cut short; it has not one of the contigs;
            a value under the regions is NaN or infinite; `names` and `paths` differ in number.
    """
    binned, notes = _read_tracks(paths, regions, names, None, missing)
    return binned[:, :, 0], notes


def binned_signal(
    paths: Sequence[Path | str],
    regions: pd.DataFrame,
    bin_size: int,
    *,
    names: Sequence[str],
    missing: float = 0.0,
) -> tuple[np.ndarray, list[str]]:
    """Mean of each track over each `bin_size` bp of regions of one length.

    Returns:
        float32 (N, T, bins), and the notes of `mean_signal`.

    Raises:
        InputError: as `mean_signal`; also regions of several lengths, or of a length that
            `bin_size` does not divide.
    """
    lengths = np.unique((regions["end"] - regions["start"]).to_numpy(np.int64))
    if len(lengths) > 1:
        raise InputError(
            f"regions are {lengths[0]} to {lengths[-1]} bp long; binned signal wants one length"
        )
    if bin_size < 1 or (len(lengths) and lengths[0] % bin_size):
        raise InputError(f"--bin-size {bin_size} does not divide the window, {lengths[0]} bp")
    return _read_tracks(paths, regions, names, bin_size, missing)


def _read_tracks(
    paths: Sequence[Path | str],
    regions: pd.DataFrame,
    names: Sequence[str],
    bin_size: int | None,
    missing: float,
) -> tuple[np.ndarray, list[str]]:
    if len(names) != len(paths):
        raise InputError(f"{len(paths)} bigWig files but {len(names)} track names; give as many")
    start, end = (regions[column].to_numpy(np.int64) for column in ("start", "end"))
    bins = 1 if bin_size is None else int((end[0] - start[0]) // bin_size) if len(start) else 0
    signal = np.zeros((len(regions), len(paths), bins), np.float32)
    steps = np.arange(bins + 1)
    groups = regions.groupby("contig", sort=False).indices
    notes = []
    for track, (path, name) in enumerate(zip(paths, names, strict=True)):
        reader = _open(path)
        lengths = reader.chroms()
        for contig, rows in groups.items():
            if contig not in lengths:
                raise InputError(_absent(path, str(contig), list(lengths)))
            if bin_size is None:
                edges = np.stack([start[rows], end[rows]], axis=1)
            else:
                edges = start[rows][:, None] + steps * bin_size
            means = _means(reader, path, str(contig), edges, missing)
            signal[rows, track] = means
        if len(regions) and not signal[:, track].any():
            notes.append(f"{path}: track '{name}' is 0 over all {len(regions)} regions")
    return signal, notes


def _means(reader: Any, path: Path | str, contig: str, edges: np.ndarray, missing: float) -> Any:
    """Means between neighbouring edges, (n, k + 1) positions -> float64 (n, k)."""
    places, where = np.unique(edges, return_inverse=True)
    total = np.zeros(len(places))
    covered = np.zeros(len(places))
    low, high = edges.min(axis=1), edges.max(axis=1)
    for begin, stop in _spans(low, high):
        first, last = np.searchsorted(places, [begin, stop])
        inside = slice(int(first), int(last) + 1)
        sums = _running_sums(reader, path, contig, places[inside])
        total[inside], covered[inside] = sums
    where = where.reshape(edges.shape)
    length = np.diff(edges, axis=1)
    bases = np.diff(covered[where], axis=1)
    return (np.diff(total[where], axis=1) + missing * (length - bases)) / length


def _spans(low: np.ndarray, high: np.ndarray) -> list[tuple[int, int]]:
    """Disjoint spans that hold all intervals; near ones are bridged."""
    order = np.argsort(low, kind="stable")
    low, reach = low[order], np.maximum.accumulate(high[order])
    breaks = np.flatnonzero(low[1:] > reach[:-1] + BRIDGE)
    begins = low[np.concatenate([[0], breaks + 1])]
    stops = reach[np.concatenate([breaks, [len(reach) - 1]])]
    return list(zip(begins.tolist(), stops.tolist(), strict=True))


def _running_sums(
    reader: Any, path: Path | str, contig: str, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of values, and bases with a value, from the first of the sorted `places` to each."""
    total, covered = np.zeros(len(places)), np.zeros(len(places))
    carried = carried_bases = 0.0
    for begin in range(int(places[0]), int(places[-1]), CHUNK):
        stop = min(begin + CHUNK, int(places[-1]))
        records = _records(reader, path, contig, begin, stop)
        size = (records["end"] - records["start"]).astype(np.float64)
        sums = np.concatenate([[0.0], np.cumsum(records["value"] * size)])
        bases = np.concatenate([[0.0], np.cumsum(size)])
        first = np.searchsorted(places, begin, side="right")
        last = np.searchsorted(places, stop, side="right")
        here = places[first:last]
        index = np.searchsorted(records["end"], here, side="right")
        # The record that a place cuts in two adds only the part before the place.
        cut = np.minimum(index, len(records) - 1)
        part = np.zeros(len(here))
        value = np.zeros(len(here))
        if len(records):
            part = np.where(index < len(records), here - records["start"][cut], 0).clip(min=0)
            value = records["value"][cut]
        total[first:last] = carried + sums[index] + value * part
        covered[first:last] = carried_bases + bases[index] + part
        carried += sums[-1]
        carried_bases += bases[-1]
    return total, covered


def _records(reader: Any, path: Path | str, contig: str, begin: int, stop: int) -> np.ndarray:
    # records() and not values(): the latter turns a NaN in the file into a missing base.
    with _rust_failures(
        f"{path}: the data of contig '{contig}' cannot be read; the file is cut "
        "short or damaged, copy it again"
    ):
        records = np.fromiter(reader.records(contig, max(begin, 0), max(stop, 0)), RECORD)
    wrong = np.flatnonzero(~np.isfinite(records["value"]))
    if len(wrong):
        start, end, value = records[wrong[0]].tolist()
        raise InputError(
            f"{path}: the signal is {value} at {contig}:{start}-{end} (0-based); wanted finite "
            "numbers, remove these intervals from the bigWig"
        )
    return records


def _open(path: Path | str) -> Any:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the name")
    with _rust_failures(f"{path}: is not a bigWig, or is cut short; wanted a .bw or .bigWig file"):
        try:
            reader = pybigtools.open(str(path))
        except ValueError:  # its answer to a suffix it does not know
            raise InputError(
                f"{path}: the name of a bigWig must end in .bw or .bigWig; rename the file"
            ) from None
    if not reader.is_bigwig:
        raise InputError(f"{path}: is a bigBed; wanted a bigWig (.bw)")
    return reader


@contextmanager
def _rust_failures(message: str) -> Iterator[None]:
    """Turn pybigtools' failures on bad files into an InputError with `message`.

    It reports some with BBIReadError and others with a PanicException, which derives from
    BaseException and which no module exports; so it is known by the module it says it is from.
    """
    try:
        yield
    except pybigtools.BBIReadError:
        raise InputError(message) from None
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise InputError(message) from None


def _absent(path: Path | str, contig: str, has: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in has[:5]) + (", …" if len(has) > 5 else "")
    return (
        f"{path}: has no contig '{contig}' (it has {shown}); leave out the regions on it, "
        "or rename the contigs of one of the two"
    )

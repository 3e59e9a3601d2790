"""Tables of intervals: BED and narrowPeak files in, and the set operations the project needs.

A table of regions is a DataFrame with the columns ``contig`` (text), ``start`` and ``end`` (int64,
0-based, half-open). Tables read from a file also carry ``line`` (1-based) and ``attrs["path"]``.
"""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.data.textfiles import read_bytes
from seqcnn.errors import InputError

LARGEST = 2**40  # no contig is longer; keeps sums of positions far from the limits of int64
NARROW_PEAK_COLUMNS = 10


def read_bed(path: Path | str, *, allow_empty: bool = False) -> pd.DataFrame:
    """Read a BED3+ or narrowPeak file, plain, gzip or bgzip.

    ``track``, ``browser``, ``#`` and blank lines are skipped. Columns are split at tabs, or at
    white space in a line without tabs. The columns of the table are contig, start, end, name
    (``""`` if absent), score (float64, NaN if absent or not a number), strand (``"+"``, ``"-"`` or
    ``"."``), summit (absolute position from column 10 of narrowPeak, -1 if unknown) and line;
    ``attrs["path"]`` is the path. Rows keep the file's order.

    Raises:
        InputError: with file and line: no such file, no regions (unless `allow_empty`), fewer than
            3 columns, text in a number column, negative start, end not after start, summit
            outside its peak, truncated gzip.
    """
    data = read_bytes(path)
    lines, body = _without_headers(data)
    if not len(lines):
        if not allow_empty:
            state = "has no regions, only headers" if data.strip() else "the file is empty"
            raise InputError(f"{path}: {state}; wanted BED lines 'contig start end'")
        body = b""
    fields = _split_fast(body) if len(lines) else pd.DataFrame()
    if fields is None or len(fields) != len(lines):
        fields = _split_exactly(body, lines, path)
    return _as_regions(fields, lines, path)


def _without_headers(data: bytes) -> tuple[np.ndarray, bytes]:
    """1-based numbers of the lines that hold regions, and those lines alone."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data and not data.endswith(b"\n"):
        data += b"\n"
    text = np.frombuffer(data, np.uint8)
    stops = np.flatnonzero(text == ord("\n")) + 1
    starts = np.concatenate([[0], stops[:-1]]).astype(np.int64) if len(stops) else stops
    suspects = np.flatnonzero(np.isin(text[starts], np.frombuffer(b"#tb \t\n", np.uint8)))
    header = np.zeros(len(starts), bool)
    for i in suspects:
        header[i] = _is_header(data[starts[i] : stops[i]])
    if not header.any():
        return np.arange(1, len(starts) + 1), data
    kept = np.flatnonzero(~header)
    body = b"".join([data[starts[i] : stops[i]] for i in kept])
    return kept + 1, body


def _is_header(line: bytes) -> bool:
    words = line.split(None, 1)
    return not words or words[0].startswith(b"#") or words[0] in (b"track", b"browser")


def _split_fast(body: bytes) -> pd.DataFrame | None:
    """Columns of a regular file, or None where only the exact path can say what is wrong."""
    first = body[: body.index(b"\n")]
    tabs = b"\t" in first
    width = len(first.split(b"\t") if tabs else first.split())
    if width < 3:
        return None
    # From 6 columns on, no column of ours can stand only in later, wider rows.
    wanted = [i for i in (0, 1, 2, 3, 4, 5, 9) if i < width] if width >= 6 else None
    types = {i: "int64" if i in (1, 2) else "str" for i in range(width)}
    try:
        return pd.read_csv(
            io.BytesIO(body),
            sep="\t" if tabs else r"\s+",
            header=None,
            names=list(range(width)),
            usecols=wanted,
            dtype=types,
            na_filter=False,
            quoting=3,
            engine="c",
        ).assign(width=width)
    except (ValueError, OverflowError):
        return None


def _split_exactly(body: bytes, lines: np.ndarray, path: Path | str) -> pd.DataFrame:
    """The same columns, line by line; raises for the first line that cannot be used."""
    rows = []
    texts = body.decode("utf-8", errors="replace").split("\n")
    for line, text in zip(lines.tolist(), texts, strict=False):
        fields = text.split("\t") if "\t" in text else text.split()
        if len(fields) < 3:
            raise InputError(
                f"{path}:{line}: {len(fields)} column{'s' * (len(fields) != 1)}, "
                "at least 3 were wanted: contig, start, end"
            )
        start = _position(fields[1], "start", line, path)
        end = _position(fields[2], "end", line, path)
        rest = [fields[i] if i < len(fields) else "" for i in (3, 4, 5, 9)]
        rows.append([fields[0], start, end, *rest, len(fields)])
    return pd.DataFrame(rows, columns=pd.Index([0, 1, 2, 3, 4, 5, 9, "width"], dtype=object))


def _position(text: str, name: str, line: int, path: Path | str) -> int:
    try:
        value = int(text.strip())
    except ValueError:
        raise InputError(f"{path}:{line}: {name} is '{text}', a whole number was wanted") from None
    if abs(value) > LARGEST:
        raise InputError(f"{path}:{line}: {name} {value} is larger than any contig")
    return value


def _as_regions(fields: pd.DataFrame, lines: np.ndarray, path: Path | str) -> pd.DataFrame:
    count = len(lines)

    def text(column: int) -> pd.Series:
        return fields[column] if column in fields else pd.Series([""] * count, dtype=str)

    regions = pd.DataFrame(
        {
            "contig": text(0).astype(str),
            "start": fields[1].to_numpy(np.int64) if count else np.empty(0, np.int64),
            "end": fields[2].to_numpy(np.int64) if count else np.empty(0, np.int64),
            "name": text(3).astype(str),
            "score": pd.to_numeric(text(4), errors="coerce").astype(np.float64),
            "strand": text(5).where(text(5).isin(["+", "-"]), "."),
            "summit": np.full(count, -1, np.int64),
            "line": lines.astype(np.int64),
        }
    )
    regions.attrs["path"] = str(path)
    if count:
        _check_positions(regions, path)
        regions["summit"] = _summits(fields, regions, path)
    return regions


def _check_positions(regions: pd.DataFrame, path: Path | str) -> None:
    start, end = regions["start"].to_numpy(), regions["end"].to_numpy()
    wrong = np.flatnonzero((start < 0) | (end <= start) | (end > LARGEST))
    if not len(wrong):
        return
    i = wrong[0]
    where = f"{path}:{regions['line'].iloc[i]}"
    if start[i] < 0:
        raise InputError(f"{where}: start {start[i]} is negative; BED starts count from 0")
    if end[i] > LARGEST:
        raise InputError(f"{where}: end {end[i]} is larger than any contig")
    if end[i] < start[i]:
        raise InputError(f"{where}: end {end[i]} is before start {start[i]}")
    raise InputError(
        f"{where}: the region is empty (start {start[i]} = end {end[i]}); "
        "BED is half-open, a single base is 'start start+1'"
    )


def _summits(fields: pd.DataFrame, regions: pd.DataFrame, path: Path | str) -> np.ndarray:
    """Absolute summits; only a table of exactly 10 columns can be narrowPeak."""
    unknown = np.full(len(regions), -1, np.int64)
    if not (fields["width"] == NARROW_PEAK_COLUMNS).all():
        return unknown
    start, size = regions["start"], regions["end"] - regions["start"]
    offset = pd.to_numeric(fields[9], errors="coerce")
    fine = (offset % 1 == 0) & (offset >= -1) & (offset < size)
    if fine.all():
        return np.where(offset >= 0, start + offset, -1).astype(np.int64)
    if ".narrowpeak" in str(path).lower():
        i = int(np.argmin(fine.to_numpy()))
        raise InputError(
            f"{path}:{regions['line'].iloc[i]}: summit '{fields[9].iloc[i]}' (column 10) is "
            f"outside its peak of {size.iloc[i]} bp; wanted an offset from the start, or -1"
        )
    return unknown

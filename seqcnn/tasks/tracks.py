"""Files of tracks, and what the tracks are called."""

from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.errors import InputError


def track_files(given: list[Path], flag: str) -> tuple[list[Path], tuple[str, ...]]:
    """Paths and names of tracks: of files, of NAME=FILE, or of a sheet that names them.

    Raises:
        InputError: two tracks of one name, or the sheet cannot be used.
    """
    if len(given) == 1 and given[0].suffix.lower() in (".tsv", ".txt", ".csv"):
        return read_sheet(given[0])
    named = [named_file(path) for path in given]
    names = tuple(name for name, _ in named)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"{flag}: two tracks are called '{twice}', by their files' names or as said; pass "
            "NAME=FILE"
        )
    return [path for _, path in named], names


def named_file(path: Path) -> tuple[str, Path]:
    """A file and its track's name, from FILE or NAME=FILE.

    Raises:
        InputError: the name is empty.
    """
    name, equals, file = str(path).partition("=")
    if not equals or "/" in name or path.exists():
        return track_name(path), path
    if not name or not file:
        raise InputError(f"{path}: wanted NAME=FILE or FILE")
    return name, Path(file)


def read_sheet(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Track files and names of a sheet with columns `file` and `name` (or `biosample`).

    Raises:
        InputError: the sheet is missing, lacks the columns, or names a missing file.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file")
    try:
        sheet = pd.read_csv(path, sep="," if path.suffix.lower() == ".csv" else "\t", dtype=str)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty; wanted columns file and name") from None
    except (OSError, ValueError) as error:  # pandas' and what is not UTF-8
        raise InputError(
            f"{path}: is no table ({error}); wanted text with columns file and name"
        ) from None
    name = next((c for c in ("name", "biosample", "identifier") if c in sheet.columns), None)
    if "file" not in sheet.columns or name is None:
        raise InputError(
            f"{path}: a sheet of tracks needs the columns 'file' and 'name'; "
            f"it has {', '.join(map(str, sheet.columns))}"
        )
    if not len(sheet):
        raise InputError(f"{path}: names no track; wanted a line a track")
    for column in ("file", name):
        lines = np.flatnonzero(sheet[column].isna()) + 2
        if len(lines):
            raise InputError(f"{path}:{lines[0]}: nothing stands in column '{column}'")
    lines = np.flatnonzero(sheet[name].duplicated()) + 2
    if len(lines):
        twice = sheet[name].iloc[lines[0] - 2]
        raise InputError(f"{path}:{lines[0]}: a second track is called '{twice}'; rename it")
    paths = [path.parent / file for file in sheet["file"]]
    for row, file in enumerate(paths):
        if not file.exists():
            raise InputError(f"{path}:{row + 2}: no such file: {file}")
    return paths, tuple(sheet[name])


def track_name(path: Path) -> str:
    """A track's name is its file's, without folder and endings."""
    name = path.name
    for ending in (".gz", ".bed", ".narrowPeak", ".bw", ".bigWig", ".bigwig", ".fa", ".fasta"):
        name = name.removesuffix(ending)
    return name

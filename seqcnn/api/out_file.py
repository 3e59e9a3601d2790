"""The file or folder that `--out` names, looked at before the work that fills it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from seqcnn.errors import InputError


def check_out_file(out: Path) -> None:
    """Refuse a file that cannot be written, so that no work is done in vain.

    Raises:
        InputError: its folder is missing or cannot be written, or it is a folder itself.
    """
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    if out.is_dir():
        raise InputError(f"--out {out}: is a folder; name a file in it")
    if not os.access(out.parent, os.W_OK):
        raise InputError(f"--out {out}: nothing can be written in {out.parent}; name another place")


def check_ending(out: Path, endings: Sequence[str]) -> str:
    """Which of `endings` the file has, of which longer ones stand first.

    Raises:
        InputError: none of them, or it cannot be written (`check_out_file`).
    """
    found = next((ending for ending in endings if out.name.lower().endswith(ending)), None)
    if found is None:
        raise InputError(f"--out {out}: ends in none of {', '.join(endings)}; choose one of these")
    check_out_file(out)
    return found


def refuse_input(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over a file that is read, under whatever name.

    Raises:
        InputError: `out` is one of `inputs`.
    """
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise InputError(
                f"--out {out}: is the same file as {path}, which is read; name another"
            )


def require_room(out: Path) -> None:
    """Refuse a folder that cannot be written before anything is computed for it; make nothing.

    Raises:
        InputError: it or what it would lie in is a file, or cannot be written.
    """
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise InputError(f"{nearest}: is a file; name a folder with --out")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{nearest}: cannot be written; name another place with --out")

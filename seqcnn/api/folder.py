"""The folder of a run: what may stand in it, and the files that say how it was made."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import yaml

from seqcnn.api.out_file import require_room
from seqcnn.atomic import write_text
from seqcnn.errors import InputError
from seqcnn.settings import Settings

CHECKED = "check.json"
BUNDLE, REPORT, SETTINGS, RESULTS = "model.safetensors", "report.html", "run.yaml", "results.json"
BEGINNINGS = {"resume", "overwrite", "go_on"}  # settings that say how to begin, not what is run
BEGUN = "begun.json"  # what a run that may go on was begun with
OWN = (
    *(BUNDLE, REPORT, SETTINGS, RESULTS, BEGUN),
    *("leakage.json", "metrics.csv", "checkpoint.safetensors"),
)


def check_run_folder(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Make sure that nobody's results are replaced unasked, and that there is room; make nothing.

    Raises:
        InputError: it holds a run already, holds none to resume, or cannot be made or written.
    """
    require_room(folder)
    # Settings alone are of a run that failed before its first checkpoint: nothing to lose.
    weights = (BUNDLE, "checkpoint.safetensors", "member_1/checkpoint.safetensors")
    held = [name for name in weights if (folder / name).exists()]
    if held and not (resume or overwrite):
        raise InputError(
            f"{folder}: holds a run already ({', '.join(held)}); pass --resume to continue it, "
            "--overwrite to replace it, or another --out"
        )
    if resume and not held and not (folder / SETTINGS).exists():
        raise InputError(f"{folder}: holds no run to resume; leave --resume out to start one")


def make_folder(folder: Path) -> None:
    """Make `folder` if it is not there; call it once the inputs are read.

    Raises:
        InputError: it is a file, or cannot be made or written.
    """
    require_room(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); pass --out") from None


def clear_folder(folder: Path) -> None:
    """Remove the files of an earlier run, and nothing else; call it once the inputs are read."""
    for member in (folder, *sorted(folder.glob("member_*"))):
        for name in OWN:
            (member / name).unlink(missing_ok=True)


def write_settings(folder: Path, settings: Settings) -> str:
    """Write the resolved settings as `run.yaml`, from which `--config` starts the same run."""
    chosen = settings.model_dump(mode="json", exclude=BEGINNINGS)
    text = yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True)
    write_text(folder / SETTINGS, text)
    return text


def names_only(settings: Any) -> Any:
    """Settings, as JSON holds them, with the names of files in place of paths."""
    if isinstance(settings, dict):
        return {key: names_only(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [names_only(value) for value in settings]
    return PurePath(settings).name if isinstance(settings, str) and "/" in settings else settings


def write_json(path: Path, content: Any) -> None:
    """Write `content` as JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=1, default=_plain) + "\n")


def describe_files(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Name, size and sha256 of each file, for the card and the report.

    A folder stands for the files in it: all their bytes, and the digest of their names and sizes.
    """
    described = []
    for path in paths:
        digest = hashlib.sha256()
        if path.is_dir():
            held = sorted(file for file in path.rglob("*") if file.is_file())
            sizes = [file.stat().st_size for file in held]
            for file, size in zip(held, sizes, strict=True):
                digest.update(f"{file.relative_to(path).as_posix()} {size}\n".encode())
            described.append({"name": path.name, "bytes": sum(sizes), "sha256": digest.hexdigest()})
            continue
        with path.open("rb") as opened:
            while block := opened.read(1 << 20):
                digest.update(block)
        described.append(
            {"name": path.name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}
        )
    return described


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def machine() -> str:
    """Processor and system in a few words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)

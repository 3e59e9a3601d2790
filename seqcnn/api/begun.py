"""Whether a folder holds the run that is asked for, so that `--go-on` may continue it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seqcnn.api.folder import BEGINNINGS, BEGUN, describe_files
from seqcnn.settings import TrainSettings

CHECKPOINTS = ("checkpoint.safetensors", "member_1/checkpoint.safetensors")
# Where it runs, which may change on the way, and how to begin.
FREE = {"out", "device", "devices", "nodes", "threads", "processes", "images_folder"}
FREE |= {"checkpoint_every", "tensorboard", *BEGINNINGS}


def begun_with(settings: TrainSettings, data: Iterable[Path]) -> dict[str, Any]:
    """What a run must share with one that it continues: settings, and the bytes of its data."""
    return {
        "settings": settings.model_dump(mode="json", exclude=FREE),
        "data": describe_files(data),
    }


def may_go_on(folder: Path) -> bool:
    """Whether what `folder` holds was begun with `--go-on`, so that it may be replaced too.

    Of other runs it is not known what they were begun with: they are kept.
    """
    return (folder / BEGUN).exists()


def is_begun(folder: Path, wanted: dict[str, Any]) -> bool:
    """Whether `folder` holds a checkpoint of a run begun with what is `wanted`."""
    try:
        begun = json.loads((folder / BEGUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return begun == wanted and any((folder / name).exists() for name in CHECKPOINTS)

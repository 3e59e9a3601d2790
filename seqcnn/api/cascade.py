"""Make one bundle of a run on counts and one on images: counts settle the easy sites."""

import os
from dataclasses import replace
from pathlib import Path

from seqcnn.api import folder as files
from seqcnn.calling.caller import Caller, read_caller_card
from seqcnn.calling.cascade import PART, Cascade
from seqcnn.calling.tiers import Tiers, judge_tiers
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings, read_config, resolve
from seqcnn.tasks.variants import read
from seqcnn.training.bundle import load_bundle

GQ = 20.0  # of counts, from which on they settle a site


def join_runs(images: Path | str, counts: Path | str, out: Path | str, *, gq: float = GQ) -> Tiers:
    """Write `out`: the bundle of a run on images, with that of a run on counts as a part of it.

    Both are calibrated together on the validation split, which must be the same in both. Images
    that are still where the runs kept them are not drawn again.

    Example: `join_runs("runs/caller", "runs/counts", "both.safetensors")`.

    Args:
        images: folder of a run of `seqcnn train --task variants`.
        counts: folder of one with `--encoder counts`, else with the same settings of data.
        gq: of the counts, from which on they settle a site.

    Raises:
        InputError: no finished run lies there, or the two do not go together.
    """
    folders = [Path(counts), Path(images)]
    callers = open_callers(*(folder / files.BUNDLE for folder in folders))
    parts = []
    for folder in folders:
        saved = read_config(folder / files.SETTINGS)
        given = {name: saved[name] for name in DataSettings.model_fields if name in saved}
        if not given.get("images_folder"):
            given["images_folder"] = os.environ.get("SEQCNN_CACHE") or str(folder / "pileups")
        parts.append(read(resolve(DataSettings, None, given, {})).splits["val"])
    tiers = judge_tiers(callers, parts)
    write_joined(folders[1] / files.BUNDLE, folders[0] / files.BUNDLE, Path(out), tiers.cascade(gq))
    return tiers


def open_callers(counts: Path, images: Path) -> list[Caller]:
    """Callers of two bundles, each on its own.

    Raises:
        InputError: a bundle of another kind, or they look for candidates in other ways.
    """
    callers = [Caller(read_caller_card(path), cascade=False) for path in (counts, images)]
    settings = [one.card.settings for one in callers]
    if settings[0].images.pictures or not settings[1].images.pictures:
        raise InputError(
            f"{counts} must be a model of --encoder counts, and {images} one of another encoder"
        )
    alike = [(one.thresholds, one.realign, one.images.scheme) for one in settings]
    if alike[0] != alike[1] or alike[0][2] != "joint":
        raise InputError(
            f"{counts} and {images} look for candidates in other ways, or not with --scheme joint; "
            "train both with the same settings"
        )
    return callers


def write_joined(images: Path, counts: Path, out: Path, cascade: Cascade) -> None:
    """Write the bundle of images with the counts as a part of it."""
    whole, part = load_bundle(images), load_bundle(counts)
    card = {**whole.card, "cascade": cascade.to_dict()}
    replace(whole, card=card, parts={PART: part}).save(out)

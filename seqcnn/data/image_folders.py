"""Folders of images in ImageNet's layout: one folder a class, in train, val and test or not."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqcnn.data.images import Colour, Pixels, attempted, decode
from seqcnn.data.splits import check_shares
from seqcnn.errors import InputError

ENDINGS = (".jpg", ".jpeg", ".png")
SPLIT_NAMES = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}


@dataclass(frozen=True)
class ImageFiles:
    """Image files and their classes: `classes[number[i]]` is the class of `files[i]`."""

    files: tuple[Path, ...]
    number: npt.NDArray[np.int64]
    split: npt.NDArray[np.str_]  # "train", "val", "test"; "" where the folders do not say
    classes: tuple[str, ...]
    others: int  # files that are no images, by their names


def find_images(folder: Path) -> ImageFiles:
    """The images below `folder`: `CLASS/file`, or `train/CLASS/file` beside `val` and `test`.

    Hidden folders and links to folders inside a class are not entered.

    Raises:
        InputError: no such folder, one class, images outside class folders, a class without
            images, or a class that `train` lacks.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; wanted one folder of images a class in it")
    parts = _parts(folder)
    first = next(iter(parts.values()))
    classes = tuple(entry.name for entry in _folders(first))
    if len(classes) < 2:
        raise InputError(
            f"{first}: folders in it: {len(classes)}; wanted one folder of images a class, two or "
            "more classes"
        )
    files: list[Path] = []
    number: list[int] = []
    split: list[str] = []
    others = 0
    for part, place in parts.items():
        loose = [path for path in _entries(place) if _is_image(path) and not path.is_dir()]
        if loose:
            raise InputError(
                f"{loose[0]}: is in no class folder; move each image into the folder of its class"
            )
        for entry in _folders(place):
            if entry.name not in classes:
                raise InputError(f"{entry}: {first} has no class '{entry.name}'")
            images, left = images_below(entry)
            if not images and place == first:
                raise InputError(f"{entry}: no image in it ({', '.join(ENDINGS)}); remove it")
            others += left
            files += images
            number += [classes.index(entry.name)] * len(images)
            split += [part] * len(images)
    return ImageFiles(tuple(files), np.array(number), np.array(split), classes, others)


def images_below(folder: Path) -> tuple[list[Path], int]:
    """Image files by their names, broken links too, in order; and how many other files there are.

    Hidden folders and links to folders are not entered.

    Raises:
        InputError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})")

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in names]
        found += [path for path in paths if path.is_file() or path.is_symlink()]
    images = sorted(path for path in found if _is_image(path))
    return images, len(found) - len(images)


def _parts(folder: Path) -> dict[str, Path]:
    """The folders of train, val and test, or `folder` itself for "" where classes lie in it."""
    parts: dict[str, Path] = {}
    below = _folders(folder)
    for split, names in SPLIT_NAMES.items():
        found = [entry for entry in below if entry.name.lower() in names]
        if len(found) > 1:
            raise InputError(f"{found[0]} and {found[1]}: which is the {split} split? remove one")
        if found:
            parts[split] = found[0]
    # A class can be called "train" too.
    if "train" in parts and (_folders(parts["train"]) or len(parts) == len(below)):
        return parts
    if parts and len(parts) == len(below):
        raise InputError(f"{folder}: no folder 'train' beside {next(iter(parts.values())).name}")
    return {"": folder}


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None


def _folders(folder: Path) -> list[Path]:
    entries = _entries(folder)
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def stratified(
    number: npt.NDArray[np.int64], *, val_share: float, test_share: float, seed: int
) -> npt.NDArray[np.str_]:
    """A split for each image, "train", "val" or "test", with the same shares of every class.

    A share of 0 leaves that split out; otherwise a class of three or more gives it one or more.
    Every class keeps one or more to train on.

    Raises:
        InputError: the shares leave nothing to train on.
    """
    check_shares((val_share, test_share))
    split = np.full(len(number), "train", dtype="<U5")
    random = np.random.default_rng(seed)
    for one in np.unique(number):
        rows = random.permutation(np.flatnonzero(number == one))
        test = round(len(rows) * test_share)
        val = round(len(rows) * val_share)
        if len(rows) > 2:
            test, val = max(test, int(test_share > 0)), max(val, int(val_share > 0))
        test = min(test, len(rows) - 1 - int(val > 0 and len(rows) > 2))
        val = min(val, len(rows) - 1 - test)
        split[rows[:test]] = "test"
        split[rows[test : test + val]] = "val"
    return split


def read_all(
    files: tuple[Path, ...], side: int, colour: Colour, advance: Callable[[], None]
) -> tuple[Pixels, list[str]]:
    """Pixels (N, side, side, channels) of all files, and what is wrong with the broken ones.

    The pixels of a broken file are 0; its message is at its row, "" for whole ones.
    """
    pixels: Pixels | None = None
    wrong: list[str] = []
    for row, found in enumerate(attempted(files, lambda file: decode(file, side, colour))):
        if isinstance(found, InputError):
            wrong.append(str(found))
        else:
            wrong.append("")
            if pixels is None:
                pixels = np.zeros((len(files), *found.shape), np.uint8)
            pixels[row] = found
        advance()
    if pixels is None:
        raise InputError(f"none of {len(files):,} files is a whole image; the first: {wrong[0]}")
    return pixels, wrong


def check_all(
    files: tuple[Path, ...], read: Callable[[Path], object], advance: Callable[[], None]
) -> list[str]:
    """What `read` finds wrong with each of the files, "" for whole ones; nothing is kept."""
    wrong: list[str] = []
    for found in attempted(files, read):
        wrong.append(str(found) if isinstance(found, InputError) else "")
        advance()
    return wrong


def digests(pixels: Pixels) -> npt.NDArray[np.uint64]:
    """A 64-bit hash (N,) of each image's pixels."""
    return np.array(
        [
            int.from_bytes(blake2b(one.tobytes(), digest_size=8).digest(), "little")
            for one in pixels
        ],
        dtype=np.uint64,
    )

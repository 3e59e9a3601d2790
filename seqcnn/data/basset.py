"""Basset's HDF5 layout: one-hot sequences and targets, already split."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from seqcnn.errors import InputError

SPLITS = {"train": "train", "valid": "val", "test": "test"}  # Basset's name -> ours
CHUNK = 4096
UNKNOWN = 4  # the code of N


class BassetData(NamedTuple):
    """Per split present ("train", "val", "test"): codes uint8 (N, L) and targets float32 (N, T)."""

    splits: dict[str, tuple[np.ndarray, np.ndarray]]
    target_names: tuple[str, ...]


def read_basset_hdf5(path: Path | str) -> BassetData:
    """Read ``train_in``, ``train_out``, ``valid_in``, … and ``target_labels``.

    Inputs are one-hot (N, 4, L) or (N, 4, 1, L) of any number type, rows A C G T; a position
    without exactly one full letter becomes N. They are read in chunks, so memory is that of the
    codes and the targets. Without ``target_labels`` the names are target_1, target_2, ….

    Raises:
        InputError: not HDF5 or cut short, no train_in and train_out, shapes that do not fit each
            other, targets that are NaN or infinite.
    """
    path = Path(path)
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "is it HDF5, and whole?"
        raise InputError(f"{path}: cannot be read as HDF5 ({reason})") from None
    with file:
        splits = {}
        for theirs, ours in SPLITS.items():
            present = [name for name in (f"{theirs}_in", f"{theirs}_out") if name in file]
            if not present and theirs != "train":
                continue
            if len(present) < 2:
                raise InputError(
                    f"{path}: wanted datasets {theirs}_in and {theirs}_out "
                    f"(it has {', '.join(sorted(file)) or 'none'})"
                )
            try:
                splits[ours] = _read_split(path, file, theirs)
            except OSError as error:
                raise InputError(f"{path}: {theirs} cannot be read ({error})") from None
        widths = {split: (c.shape[1], t.shape[1]) for split, (c, t) in splits.items()}
        if len(set(widths.values())) > 1:
            shown = ", ".join(f"{k} {v[0]} bp x {v[1]} targets" for k, v in widths.items())
            raise InputError(f"{path}: the splits have different shapes: {shown}")
        return BassetData(splits, _target_names(path, file, widths["train"][1]))


def _read_split(path: Path, file: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    inputs, outputs = file[f"{name}_in"], file[f"{name}_out"]
    shape = inputs.shape
    flat = len(shape) == 3 and shape[1] == 4
    if not (flat or (len(shape) == 4 and shape[1:3] == (4, 1))):
        raise InputError(f"{path}: {name}_in is {shape}; wanted (N, 4, L) or (N, 4, 1, L)")
    if len(outputs.shape) != 2:
        raise InputError(f"{path}: {name}_out is {outputs.shape}; wanted (N, targets)")
    if outputs.shape[0] != shape[0]:
        raise InputError(
            f"{path}: {name}_in has {shape[0]} sequences, {name}_out has {outputs.shape[0]} rows"
        )
    codes = np.empty((shape[0], shape[-1]), np.uint8)
    for first in range(0, shape[0], CHUNK):
        block = inputs[first : first + CHUNK].reshape(-1, 4, shape[-1])
        clean = ((block == 1).sum(axis=1) == 1) & ((block == 0).sum(axis=1) == 3)
        letters = np.argmax(block == 1, axis=1)
        codes[first : first + CHUNK] = np.where(clean, letters, UNKNOWN)
    targets = outputs[:].astype(np.float32)
    if not np.isfinite(targets).all():
        row, column = np.argwhere(~np.isfinite(targets))[0]
        raise InputError(
            f"{path}: {name}_out is {targets[row, column]} at row {row}, column {column} "
            "(from 0); wanted finite numbers"
        )
    return codes, targets


def _target_names(path: Path, file: Any, count: int) -> tuple[str, ...]:
    if "target_labels" not in file:
        return tuple(f"target_{i + 1}" for i in range(count))
    names = [n.decode() if isinstance(n, bytes) else str(n) for n in file["target_labels"][:]]
    if len(names) != count:
        raise InputError(f"{path}: {len(names)} target_labels for {count} columns of targets")
    return tuple(names)

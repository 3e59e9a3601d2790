from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqcnn.data import basset
from seqcnn.data.basset import read_basset_hdf5
from seqcnn.encoders.dna import encode, one_hot
from seqcnn.errors import InputError

SEQUENCES = ["ACGTN", "TTTTA", "GGGCA"]


def written(folder: Path, **datasets: Any) -> Path:
    path = folder / "basset.h5"
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


def inputs(kind: Any = np.uint8, square: bool = False) -> np.ndarray:
    x = one_hot(np.stack([encode(s) for s in SEQUENCES]), ambiguous="zero").astype(kind)
    return x[:, :, None, :] if square else x


TARGETS = np.array([[0, 1], [1, 0], [1, 1]], np.uint8)


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_one_hot_of_any_type_and_layout_becomes_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, square: bool
) -> None:
    monkeypatch.setattr(basset, "CHUNK", 2)
    path = written(tmp_path, train_in=inputs(kind, square), train_out=TARGETS)
    codes, targets = read_basset_hdf5(path).splits["train"]
    assert codes.tolist() == [[0, 1, 2, 3, 4], [3, 3, 3, 3, 0], [2, 2, 2, 1, 0]]
    assert codes.dtype == np.uint8
    assert targets.tolist() == TARGETS.tolist()
    assert targets.dtype == np.float32


def test_equal_shares_become_n(tmp_path: Path) -> None:
    x = np.full((1, 4, 1), 0.25, np.float32)
    path = written(tmp_path, train_in=x, train_out=TARGETS[:1])
    assert read_basset_hdf5(path).splits["train"][0].tolist() == [[4]]


def test_valid_becomes_val_and_labels_name_the_targets(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        train_in=inputs(),
        train_out=TARGETS,
        valid_in=inputs(),
        valid_out=TARGETS,
        target_labels=["liver", "lung"],
    )
    data = read_basset_hdf5(path)
    assert list(data.splits) == ["train", "val"]
    assert data.target_names == ("liver", "lung")


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ({"x": TARGETS}, r"wanted datasets train_in and train_out \(it has x\)"),
        (
            {"train_in": inputs(), "train_out": TARGETS, "test_in": inputs()},
            r"wanted datasets test_in and test_out",
        ),
        (
            {"train_in": inputs().transpose(0, 2, 1), "train_out": TARGETS},
            r"train_in is \(3, 5, 4\); wanted \(N, 4, L\)",
        ),
        ({"train_in": inputs(), "train_out": TARGETS[0]}, r"train_out is \(2,\); wanted \(N, t"),
        (
            {"train_in": inputs(), "train_out": TARGETS[:2]},
            r"train_in has 3 sequences, train_out has 2 rows",
        ),
        (
            {"train_in": inputs(), "train_out": np.array([[0], [1], [np.nan]])},
            r"train_out is nan at row 2, column 0",
        ),
        (
            {"train_in": inputs(), "train_out": TARGETS, "target_labels": ["a"]},
            r"1 target_labels for 2 columns",
        ),
        (
            {
                "train_in": inputs(),
                "train_out": TARGETS,
                "test_in": inputs()[:, :, :4],
                "test_out": TARGETS,
            },
            r"the splits have different shapes: train 5 bp x 2 targets, test 4 bp x 2 targets",
        ),
    ],
)
def test_bad_layout_is_named(tmp_path: Path, datasets: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"basset.h5: {message}"):
        read_basset_hdf5(written(tmp_path, **datasets))


def test_text_is_not_hdf5(tmp_path: Path) -> None:
    (tmp_path / "basset.h5").write_text("hello")
    with pytest.raises(InputError, match=r"basset.h5: cannot be read as HDF5"):
        read_basset_hdf5(tmp_path / "basset.h5")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.h5: no such file"):
        read_basset_hdf5(tmp_path / "none.h5")


def test_hdf5_cut_short_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, train_in=inputs(), train_out=TARGETS)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"basset.h5: cannot be read as HDF5"):
        read_basset_hdf5(path)

"""What `--task images` makes of a folder, or of no folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from seqcnn.data.images import decode
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks import images as task
from seqcnn.tasks.images import TASK, read
from seqcnn.tasks.labels import ImageClass
from seqcnn.tasks.task import TaskData


def write_classes(folder: Path, sizes: dict[str, int], seed: int = 0) -> Path:
    """Noise of 10 x 12 pixels in class folders, none equal to another."""
    random = np.random.default_rng(seed)
    for name, size in sizes.items():
        (folder / name).mkdir(parents=True)
        for row in range(size):
            pixels = random.integers(0, 256, (10, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{row}.png")
    return folder


def read_folder(folder: Path, **given: Any) -> TaskData:
    return read(DataSettings(data=folder, image_size=7, **given))


def sizes(found: TaskData) -> dict[str, int]:
    return {split: len(part) for split, part in found.splits.items()}


def messages(found: TaskData) -> list[str]:
    return [f"{finding.level}: {finding.message}" for finding in found.findings]


def names(found: TaskData, split: str) -> set[str]:
    return {"/".join(Path(name).parts[-3:]) for name in found.splits[split].locations()}


@pytest.fixture(scope="module")
def digits() -> TaskData:
    known = {name: value for name, value in TASK.demo.items() if name in DataSettings.model_fields}
    return read(DataSettings(**known))


def test_without_a_folder_there_are_the_1797_digits(digits):
    assert digits.outputs == tuple("0123456789") and digits.files == ()
    assert sum(sizes(digits).values()) == 1797
    targets = np.concatenate([part.targets[:, 0] for part in digits.splits.values()])
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(targets.astype(int)).tolist() == counts


def test_every_digit_has_its_share_in_every_split(digits):
    for split, share in (("train", 0.7), ("val", 0.1), ("test", 0.2)):
        counts = np.bincount(digits.splits[split].targets[:, 0].astype(int), minlength=10)
        np.testing.assert_allclose(counts / [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
                                   share, atol=0.006)  # fmt: skip


def test_digits_are_28_pixels_within_black_margins():
    found = task.digits(DataSettings(image_size=32), 36)
    assert found.pixels is not None and found.pixels.shape == (1797, 36, 36, 1)
    inner = found.pixels[:, 4:32, 4:32]
    assert found.pixels.sum(dtype=np.int64) == inner.sum(dtype=np.int64)
    # Ink stays in place: each of 8 x 8 blocks has the mean of its pixel, about.
    held = load_digits()
    assert found.targets[:, 0].tolist() == held.target.tolist()
    centres = inner[:, 1::7, 1::7, 0] / 255
    corner = held.images[:, ::2, ::2] / 16
    assert np.corrcoef(centres.ravel(), corner.ravel())[0, 1] > 0.9


def test_digits_are_red_green_and_blue_alike_on_demand():
    found = task.digits(DataSettings(image_size=32, colour="rgb"), 36)
    assert found.pixels is not None and found.pixels.shape[3] == 3
    assert (found.pixels == found.pixels[..., :1]).all()


def test_one_folder_is_shared_out_class_by_class(tmp_path):
    write_classes(tmp_path, {"a": 20, "b": 10})
    found = read_folder(tmp_path, val_share=0.2, test_share=0.1)
    assert sizes(found) == {"train": 21, "val": 6, "test": 3}
    assert found.outputs == ("a", "b") and found.files == (tmp_path,)
    targets = {split: part.targets[:, 0].tolist() for split, part in found.splits.items()}
    assert targets["val"].count(0) == 4 and targets["test"].count(0) == 2
    every = [file for part in found.splits.values() for file in part.locations()]
    assert len(set(every)) == 30
    for split, part in found.splits.items():
        for file, label in zip(part.locations(), targets[split], strict=True):
            assert Path(file).parent.name == "ab"[int(label)]


def test_the_pixels_of_a_split_are_of_its_files(tmp_path):
    found = read_folder(write_classes(tmp_path, {"a": 8, "b": 8}))
    for part in found.splits.values():
        wanted = [decode(Path(file), 8, "rgb") for file in part.locations()]
        np.testing.assert_array_equal(part.take(np.arange(len(part))), wanted)


def test_three_folders_are_the_three_splits(tmp_path):
    for part, size in (("train", 6), ("val", 3), ("test", 2)):
        write_classes(tmp_path / part, {"a": size, "b": size})
    found = read_folder(tmp_path)
    assert sizes(found) == {"train": 12, "val": 6, "test": 4} and messages(found) == []
    for split in ("train", "val", "test"):
        assert {name.split("/")[0] for name in names(found, split)} == {split}


def test_val_alone_is_the_test_split_and_a_part_of_train_takes_its_place(tmp_path):
    for part, size in (("train", 10), ("val", 3)):
        write_classes(tmp_path / part, {"a": size, "b": size})
    found = read_folder(tmp_path, val_share=0.2)
    assert sizes(found) == {"train": 16, "val": 4, "test": 6}
    assert {name.split("/")[0] for name in names(found, "test")} == {"val"}
    assert {name.split("/")[0] for name in names(found, "val")} == {"train"}
    assert messages(found) == [
        "note: the val folder is the test split; a part of train takes its place"
    ]


def test_test_alone_stays_and_a_part_of_train_is_the_validation(tmp_path):
    for part, size in (("train", 10), ("test", 3)):
        write_classes(tmp_path / part, {"a": size, "b": size})
    found = read_folder(tmp_path, val_share=0.1)
    assert sizes(found) == {"train": 18, "val": 2, "test": 6}
    assert {name.split("/")[0] for name in names(found, "test")} == {"test"}


def test_train_alone_gives_both_others(tmp_path):
    write_classes(tmp_path / "train", {"a": 10, "b": 10})
    assert sizes(read_folder(tmp_path)) == {"train": 16, "val": 2, "test": 2}


def test_a_broken_file_is_refused_by_name(tmp_path):
    write_classes(tmp_path, {"a": 5, "b": 5})
    (tmp_path / "a" / "3.png").write_bytes(b"words")
    with pytest.raises(InputError) as error:
        read_folder(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'a' / '3.png'}: not a JPEG or PNG image: it begins like neither; "
        "mend or remove it, or pass --broken skip"
    )
    (tmp_path / "b" / "0.png").write_bytes(b"")
    with pytest.raises(InputError, match="and 1 more broken files"):
        read_folder(tmp_path)


def test_broken_files_are_left_out_by_choice_and_named(tmp_path):
    write_classes(tmp_path, {"a": 5, "b": 5})
    (tmp_path / "a" / "3.png").write_bytes(b"")
    found = read_folder(tmp_path, broken="skip")
    assert sum(sizes(found).values()) == 9
    every = [file for part in found.splits.values() for file in part.locations()]
    assert str(tmp_path / "a" / "3.png") not in every
    assert messages(found) == [
        f"warning: 1 broken file left out: {tmp_path / 'a' / '3.png'}: the file is empty; "
        "wanted a JPEG or PNG image"
    ]
    for part in found.splits.values():
        wanted = [decode(Path(file), 8, "rgb") for file in part.locations()]
        np.testing.assert_array_equal(part.take(np.arange(len(part))), wanted)


def test_splits_of_the_folders_stay_right_when_broken_files_are_left_out(tmp_path):
    for part, size in (("train", 4), ("val", 3), ("test", 3)):
        write_classes(tmp_path / part, {"a": size, "b": size})
    (tmp_path / "train" / "a" / "0.png").write_bytes(b"")
    found = read_folder(tmp_path, broken="skip")
    assert sizes(found) == {"train": 7, "val": 6, "test": 6}
    for split in ("train", "val", "test"):
        assert {name.split("/")[0] for name in names(found, split)} == {split}


def test_images_too_many_for_memory_are_read_as_they_are_needed(tmp_path, monkeypatch):
    write_classes(tmp_path, {"a": 12, "b": 12})
    held = read_folder(tmp_path)
    monkeypatch.setattr(task, "MEMORY", 100)
    read_late = read_folder(tmp_path)
    for split, part in held.splits.items():
        late = read_late.splits[split]
        assert late.pixels is None and late.locations() == part.locations()
        rows, offset = np.arange(len(part))[::-1], np.ones((len(part), 2), int)
        np.testing.assert_array_equal(late.take(rows), part.take(rows))
        np.testing.assert_array_equal(
            late.take(rows, offset=offset), part.take(rows, offset=offset)
        )
    assert read_late.encoding == held.encoding
    assert "too many to hold in memory" in messages(read_late)[0]


def test_broken_files_among_too_many_for_memory_are_found_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "MEMORY", 100)
    write_classes(tmp_path, {"a": 5, "b": 5})
    (tmp_path / "a" / "3.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"3\.png: the file is empty.*pass --broken skip"):
        read_folder(tmp_path)
    found = read_folder(tmp_path, broken="skip")
    assert sum(sizes(found).values()) == 9
    assert all(len(part.take(np.arange(len(part)))) for part in found.splits.values())


@pytest.mark.parametrize("layout", ["", "train"])
def test_a_class_that_loses_every_training_image_is_refused(tmp_path, layout):
    write_classes(tmp_path / layout, {"a": 3, "b": 3, "c": 3})
    if layout:
        write_classes(tmp_path / "val", {"a": 3, "b": 3, "c": 3})
    for row in range(3):
        (tmp_path / layout / "b" / f"{row}.png").write_bytes(b"")
    with pytest.raises(InputError, match="class b: every training image is broken"):
        read_folder(tmp_path, broken="skip")


def test_digits_of_another_size_need_no_other_flag():
    given = {"image_size": 64}
    known = {
        name: value
        for name, value in {**TASK.demo, **given}.items()
        if name in DataSettings.model_fields
    }
    assert read(DataSettings(**known)).encoding.shape == (64, 64)


@pytest.mark.parametrize(("colour", "channels"), [("auto", 1), ("rgb", 3), ("gray", 1)])
def test_gray_images_have_one_channel_unless_told(tmp_path, colour, channels):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for row in range(4):
            Image.new("L", (8, 8), 20 * row).save(tmp_path / name / f"{row}.png")
    found = read_folder(tmp_path, colour=colour)
    assert len(found.encoding.channels) == channels
    assert found.splits["train"].take(np.arange(1)).shape == (1, 8, 8, channels)


def test_one_image_in_colours_makes_all_so(tmp_path):
    write_classes(tmp_path, {"a": 4, "b": 4})
    for row in range(4):
        Image.new("L", (8, 8)).save(tmp_path / "a" / f"{row}.png")
    assert read_folder(tmp_path).encoding.channels == ("red", "green", "blue")


def test_other_files_are_counted(tmp_path):
    write_classes(tmp_path, {"a": 4, "b": 4})
    (tmp_path / "a" / "words.txt").write_text("words")
    assert messages(read_folder(tmp_path)) == ["note: 1 files are no JPEG or PNG, left out"]


def test_squares_are_8_sevenths_of_the_size_unless_told(tmp_path):
    write_classes(tmp_path, {"a": 4, "b": 4})
    assert read(DataSettings(data=tmp_path, image_size=224)).encoding.side == 256
    assert read_folder(tmp_path, resize=9).splits["val"].take(np.arange(1)).shape == (1, 9, 9, 3)
    with pytest.raises(InputError, match="--resize 6 is less than --image-size 7; crops are"):
        read_folder(tmp_path, resize=6)


def test_a_split_without_images_is_refused(tmp_path):
    with pytest.raises(InputError, match="the val split is empty"):
        read_folder(write_classes(tmp_path, {"a": 2, "b": 2}))


def test_errors_are_never_below_zero():
    values = np.eye(7)[np.arange(70) % 7]
    classes = (np.arange(70) % 7)[:, None].astype(np.float32)
    found = ImageClass().measure(values, classes, thresholds=np.zeros(0), groups=None, seed=0)
    assert [tuple(found.mean[name]) for name in ("top1_error", "top5_error")] == [(0, 0, 0)] * 2

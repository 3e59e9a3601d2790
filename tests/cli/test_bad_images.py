"""Images, folders and networks for them that cannot be used: one line, exit code 2, no bundle."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image


def assert_refused(outcome, *wanted: str, out: Path | None = None) -> None:
    assert outcome.code == 2
    assert outcome.err.startswith("seqcnn: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for text in wanted:
        assert text in outcome.err, outcome.err
    assert out is None or not out.exists()


@pytest.fixture
def train(seqcnn, tiny_images, tmp_path: Path) -> Callable:
    """Train on images with these flags into `tmp_path / "out"`."""

    def call(*flags: object):
        return seqcnn("train", *tiny_images, "--out", tmp_path / "out", "--max-steps", "2", *flags)

    return call


@pytest.fixture
def folder(pictures: Path, tmp_path: Path) -> Path:
    """A copy of the images of one layout that a test may damage."""
    return Path(shutil.copytree(pictures / "flat", tmp_path / "flat"))


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


# Files


@pytest.mark.parametrize("name", ["down/04.jpg", "down/05.png"])
def test_a_file_cut_short_is_refused_by_its_name(train, folder, tmp_path, name):
    cut_short(folder / name)
    assert_refused(
        train("--data", folder), f"{folder / name}: not a whole JPEG or PNG image",
        "mend or remove it, or pass --broken skip", out=tmp_path / "out",
    )  # fmt: skip


def test_of_several_broken_files_the_first_is_named_and_the_rest_counted(train, folder, tmp_path):
    for name in ("across/00.jpg", "down/04.jpg", "plain/07.png"):
        (folder / name).write_bytes(b"")
    assert_refused(
        train("--data", folder), "across/00.jpg: ", "and 2 more broken files", out=tmp_path / "out"
    )


def test_broken_files_are_left_out_by_choice_and_named(seqcnn, train, folder, tmp_path):
    for name in ("across/00.jpg", "plain/07.png"):
        cut_short(folder / name)
    outcome = train("--data", folder, "--broken", "skip")
    assert outcome.code == 0, outcome.err
    assert "warning: 2 broken files left out" in outcome.out
    for name in ("across/00.jpg", "plain/07.png"):
        assert str(folder / name) in outcome.out
    assert "train 46, val 6, test 6" in outcome.out
    again = seqcnn("evaluate", tmp_path / "out/model.safetensors", "--no-baselines")
    assert again.code == 0, again.err


def test_a_folder_of_broken_files_alone_is_refused(train, folder, tmp_path):
    for file in folder.rglob("*.*"):
        file.write_bytes(b"\xff\xd8\xff")
    assert_refused(
        train("--data", folder, "--broken", "skip"), "none of 60 files is a whole image",
        out=tmp_path / "out",
    )  # fmt: skip


def test_a_class_of_broken_files_alone_is_refused_by_its_name(train, folder, tmp_path):
    for file in (folder / "down").iterdir():
        cut_short(file)
    assert_refused(
        train("--data", folder, "--broken", "skip"), "class down: every training image is broken",
        out=tmp_path / "out",
    )  # fmt: skip


# Folders


def test_a_class_that_train_lacks_is_refused(train, pictures, tmp_path):
    parts = Path(shutil.copytree(pictures / "parts", tmp_path / "parts"))
    shutil.rmtree(parts / "train" / "down")
    assert_refused(
        train("--data", parts), f"{parts}/val/down: ", "has no class 'down'", out=tmp_path / "out"
    )


def test_an_empty_class_is_refused_by_its_name(train, folder, tmp_path):
    (folder / "dots").mkdir()
    assert_refused(train("--data", folder), "dots: no image in it", out=tmp_path / "out")


def test_one_class_is_refused(train, folder, tmp_path):
    for name in ("across", "down"):
        shutil.rmtree(folder / name)
    assert_refused(train("--data", folder), "two or more classes", out=tmp_path / "out")


def test_a_file_and_a_missing_folder_are_refused(train, pictures, tmp_path):
    for place in (pictures / "flat/down/05.png", tmp_path / "absent"):
        assert_refused(train("--data", place), f"{place}: no such folder", out=tmp_path / "out")


# Sizes and networks


def test_a_resize_below_the_image_size_is_refused(train, pictures, tmp_path):
    assert_refused(
        train("--data", pictures / "flat", "--resize", "31"),
        "--resize 31 is less than --image-size 32", out=tmp_path / "out",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--image-size", "0"), "--image-size: Input should be greater than or equal to 1"),
        (("--colour", "red"), "--colour: Input should be 'auto', 'rgb' or 'gray' (got 'red')"),
        (("--crops", "five"), "--crops: Input should be 'ten' or 'centre' (got 'five')"),
        (("--broken", "mend"), "--broken: Input should be 'refuse' or 'skip' (got 'mend')"),
        (("--colour-noise", "-1"), "--colour-noise: Input should be greater than or equal to 0"),
    ],
)
def test_settings_out_of_their_range_are_refused(train, pictures, tmp_path, flags, message):
    assert_refused(train("--data", pictures / "flat", *flags), message, out=tmp_path / "out")


@pytest.mark.parametrize("name", ["danq", "lstm", "duplex"])
def test_a_network_for_sequences_alone_is_refused(train, pictures, tmp_path, name):
    outcome = train("--data", pictures / "flat", "--model", name)
    assert_refused(outcome, f"{name} reads sequences: it exists for dim 1 only, not 2")
    assert not (tmp_path / "out/model.safetensors").exists()


@pytest.mark.parametrize(("name", "smallest"), [("inception_v3", 75), ("alexnet", 63)])
def test_images_too_small_for_a_network_are_refused_with_its_smallest(
    train, pictures, tmp_path, name, smallest
):
    outcome = train(
        "--data", pictures / "flat", "--model", name, "--model-arguments", "width=0.1"
    )  # fmt: skip
    assert_refused(
        outcome, f"--model {name}: {name} takes inputs of {smallest} or more positions",
        "this one has 32 x 32; choose a larger --image-size",
    )  # fmt: skip
    assert not (tmp_path / "out/model.safetensors").exists()


@pytest.mark.parametrize(
    ("model", "argument", "message"),
    [
        ("resnet20", "width=wide", "width is 'wide'; wanted a number above 0"),
        ("resnet20", "width=true", "width is 'True'; wanted a number above 0"),
        ("resnet20", "width=0", "width is '0'; wanted a number above 0"),
        ("resnet20", "width=1e9", "wanted a number above 0, 100 at most"),
        ("googlenet", "auxiliary=2", "auxiliary is '2'; wanted true or false"),
        ("googlenet", "dropout=much", "dropout is 'much'; wanted a number, 0 or more"),
        ("googlenet", "dropout=nan", "dropout is 'nan'; wanted a number, 0 or more"),
        ("googlenet", "dropout=1.5", "dropout probability has to be between 0 and 1"),
        ("lenet5", "depth=2", "model 'lenet5' has no argument 'depth'; it takes: width"),
        ("fcn_resnet18", "pooled=false", "gives a prediction at each position"),
    ],
)
def test_arguments_of_a_wrong_kind_are_refused(train, pictures, tmp_path, model, argument, message):
    narrow = () if "width" in argument or model == "lenet5" else ("width=0.1",)
    outcome = train(
        "--data", pictures / "flat", "--model", model, "--model-arguments", argument, *narrow
    )
    assert_refused(outcome, f"model {model}" if "pooled" in argument else f"'{model}'", message)
    assert not (tmp_path / "out/model.safetensors").exists()


# Evaluate and predict


def test_other_classes_are_not_measured(seqcnn, trained_images, folder):
    bundle = trained_images["flat"] / "model.safetensors"
    (folder / "down").rename(folder / "dots")
    assert_refused(
        seqcnn("evaluate", bundle, "--data", folder, "--no-baselines"),
        "the data have classes across, dots, plain,", "predicts across, down, plain",
    )  # fmt: skip
    shutil.rmtree(folder / "dots")
    assert_refused(
        seqcnn("evaluate", bundle, "--data", folder, "--no-baselines"), "the data have 2 outputs"
    )


def test_images_read_in_another_way_are_not_measured(seqcnn, trained_images):
    bundle = trained_images["flat"] / "model.safetensors"
    outcome = seqcnn("evaluate", bundle, "--colour", "gray", "--no-baselines")
    assert_refused(
        outcome, "the data have inputs of 32 x 32 pixels, gray", "reads 32 x 32 pixels, rgb",
        "pass --image-size 32 --colour rgb",
    )  # fmt: skip


def test_data_that_have_gone_are_named(seqcnn, trained_images, tmp_path):
    outcome = seqcnn(
        "evaluate", trained_images["flat"] / "model.safetensors", "--data", tmp_path / "absent"
    )
    assert_refused(outcome, "absent: no such folder")


def test_a_broken_image_is_not_predicted_and_nothing_is_written(
    seqcnn, trained_images, folder, tmp_path
):
    cut_short(folder / "down/04.jpg")
    bundle = trained_images["flat"] / "model.safetensors"
    for given in (folder, folder / "down/04.jpg"):
        outcome = seqcnn("predict", bundle, given, "--out", tmp_path / "p.tsv")
        assert_refused(outcome, "down/04.jpg: not a whole JPEG or PNG image")
        assert not (tmp_path / "p.tsv").exists()


@pytest.mark.parametrize(
    ("given", "out", "message"),
    [
        ("flat", "p.bw", "p.bw: images have no positions; write a .tsv"),
        ("absent", "p.tsv", "absent: no such file or folder; wanted JPEG or PNG images"),
        ("empty", "p.tsv", "empty: no image in it"),
        ("words.txt", "p.tsv", "words.txt: not a JPEG or PNG image"),
    ],
)
def test_what_holds_no_images_cannot_be_predicted(
    seqcnn, trained_images, folder, tmp_path, given, out, message
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text(">a\nACGT\n")
    bundle = trained_images["flat"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, tmp_path / given, "--out", tmp_path / out)
    assert_refused(outcome, message)
    assert not (tmp_path / out).exists()


def test_hidden_files_and_folders_called_like_images_are_no_images(
    seqcnn, trained_images, tmp_path
):
    folder = tmp_path / "some"
    (folder / "more.jpg").mkdir(parents=True)
    (folder / ".trash").mkdir()
    for name in ("a.png", "more.jpg/b.PNG"):
        Image.new("RGB", (40, 40), (200, 10, 10)).save(folder / name)
    for name in ("._a.png", ".trash/c.png", "notes.txt"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    outcome = seqcnn(
        "predict", trained_images["flat"] / "model.safetensors", folder, "--out", tmp_path / "p.tsv"
    )
    assert outcome.code == 0, outcome.err
    found = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    assert found["file"].tolist() == ["a.png", "more.jpg/b.PNG"]

"""`--task images` on the command line, from a folder of squares to predictions."""

import json
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from safetensors.numpy import load_file

import seqcnn as package
from seqcnn.models.lenet import LeNet

CLASSES = ["across", "down", "plain"]
FILES = {"model.safetensors", "report.html", "results.json", "run.yaml", "leakage.json"}


def assert_same_weights(first: Path, second: Path) -> None:
    one, other = (load_file(folder / "model.safetensors") for folder in (first, second))
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


# Train


@pytest.mark.parametrize(("layout", "tested"), [("flat", 6), ("parts", 18)])
def test_classes_of_a_folder_are_learnt_in_both_layouts(trained_images, layout, tested):
    found = results(trained_images[layout])
    assert (found["split"], found["CNN"]["rows"]) == ("test", tested)
    assert found["CNN"]["mean"]["top1_error"][0] < 0.2  # 0.67 by chance
    assert found["CNN"]["mean"]["top5_error"] == [0, 0, 0]  # of three classes
    assert {file.name for file in trained_images[layout].iterdir()} >= FILES


def test_the_report_names_every_class_and_the_settings(trained_images, pictures):
    report = (trained_images["parts"] / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", " ", report, flags=re.DOTALL)
    for word in (*CLASSES, "images", "lenet5", "image_size: 32", str(pictures / "parts")):
        assert word in text, word


def test_saved_settings_make_the_same_run_again(seqcnn, trained_images, tmp_path):
    outcome = seqcnn(
        "train", "--config", trained_images["flat"] / "run.yaml", "--out", tmp_path / "again"
    )
    assert outcome.code == 0, outcome.err
    assert_same_weights(trained_images["flat"], tmp_path / "again")
    value, low, high = results(tmp_path / "again")["CNN"]["mean"]["top1_error"]
    assert f"test: top-1 error {value:.3f} [{low:.3f}, {high:.3f}], top-5 error" in outcome.out


def test_terminated_run_resumes_exactly(
    seqcnn, tiny_images, pictures, trained_images, tmp_path, monkeypatch
):
    plain, steps = LeNet.forward, 0

    def signalled(self, x):
        nonlocal steps
        steps += self.training
        if self.training and steps == 26:  # after the validation at step 20
            os.kill(os.getpid(), signal.SIGTERM)
        return plain(self, x)

    assert threading.current_thread() is threading.main_thread()  # which gets the signals
    flags = (*tiny_images, "--data", pictures / "flat", "--out", tmp_path / "cut")
    with monkeypatch.context() as patched:
        patched.setattr(LeNet, "forward", signalled)
        outcome = seqcnn("train", *flags)
    assert outcome.code == 143, outcome.err
    assert "--resume" in outcome.out
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    assert seqcnn("train", *flags, "--resume").code == 0
    assert_same_weights(trained_images["flat"], tmp_path / "cut")


def test_images_read_as_they_are_needed_train_to_the_same_weights(
    seqcnn, tiny_images, pictures, trained_images, tmp_path, monkeypatch
):
    monkeypatch.setattr("seqcnn.tasks.images.MEMORY", 0)
    outcome = seqcnn(
        "train", *tiny_images, "--data", pictures / "parts", "--out", tmp_path / "read"
    )
    assert outcome.code == 0, outcome.err
    assert "too many to hold in memory" in outcome.out
    assert_same_weights(trained_images["parts"], tmp_path / "read")
    assert results(tmp_path / "read")["CNN"] == results(trained_images["parts"])["CNN"]


def test_without_data_lenet_learns_digits(seqcnn, tmp_path):
    outcome = seqcnn(
        "train", "--task", "images", "--max-steps", "60", "--threads", "1", "--precision", "32",
        "--batch-size", "64", "--no-baselines", "--out", tmp_path / "digits",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "scikit-learn's handwritten digits" in outcome.out
    assert "10 outputs, 32 x 32 pixels, gray; train 1,259, val 179, test 359" in outcome.out
    assert "lenet5: 61,706 parameters" in outcome.out
    assert results(tmp_path / "digits")["CNN"]["mean"]["top1_error"][0] < 0.25  # 0.9 by chance


def test_a_run_of_digits_can_be_evaluated_and_repeated(seqcnn, tmp_path):
    flags = (
        *("--max-steps", "2", "--threads", "1", "--precision", "32", "--no-baselines"),
        *("--model-arguments", "width=0.2"),
    )
    assert seqcnn("train", "--task", "images", *flags, "--out", tmp_path / "one").code == 0
    again = seqcnn("train", "--config", tmp_path / "one/run.yaml", "--out", tmp_path / "two")
    assert again.code == 0, again.err
    assert_same_weights(tmp_path / "one", tmp_path / "two")
    outcome = seqcnn(
        "evaluate", tmp_path / "one/model.safetensors", "--no-baselines", "--precision", "32"
    )
    assert outcome.code == 0, outcome.err
    assert "test: 359 examples" in outcome.out


def test_an_ensemble_of_images_is_one_bundle_of_two_networks(
    seqcnn, tiny_images, pictures, tmp_path
):
    outcome = seqcnn(
        "train", *tiny_images, "--data", pictures / "parts", "--ensemble", "2",
        "--ensemble-by", "folds", "--max-steps", "2", "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    card = json.loads(seqcnn("info", tmp_path / "out/model.safetensors", "--json").out)
    assert card["members"] == 2


def test_a_subset_without_the_last_class_still_trains(seqcnn, tiny_images, pictures, tmp_path):
    outcome = seqcnn(
        "train", *tiny_images, "--data", pictures / "flat", "--subset", "2", "--max-steps", "1",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "train 2, val 6" in outcome.out


def test_a_residual_network_of_one_test_crop_trains_on_a_subset(
    seqcnn, tiny_images, pictures, tmp_path
):
    outcome = seqcnn(
        "train", *tiny_images, "--data", pictures / "parts", "--model", "resnet20",
        "--model-arguments", "width=0.25", "--crops", "centre", "--no-flip", "--subset", "24",
        "--colour", "gray", "--max-steps", "3", "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "gray; train 24, val 18, test 18" in outcome.out
    settings = yaml.safe_load((tmp_path / "out/run.yaml").read_text())
    assert (settings["crops"], settings["flip"], settings["colour"]) == ("centre", False, "gray")


# Info and evaluate


def test_info_shows_pixels_classes_and_errors(seqcnn, trained_images):
    outcome = seqcnn("info", trained_images["parts"] / "model.safetensors")
    assert outcome.code == 0
    words = " ".join(outcome.out.split())
    for text in ("images", "lenet5", "32 x 32 pixels", "red, green, blue", "10 crops averaged"):
        assert text in words
    for text in ("across, down, plain", "top1_error", "top5_error", "parts"):
        assert text in words


@pytest.mark.parametrize("layout", ["flat", "parts"])
def test_evaluate_gives_the_numbers_of_training(seqcnn, trained_images, tmp_path, layout):
    outcome = seqcnn(
        "evaluate", trained_images[layout] / "model.safetensors", "--no-baselines",
        "--precision", "32", "--json-out", tmp_path / "numbers.json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    now = json.loads((tmp_path / "numbers.json").read_text())
    assert now["CNN"] == results(trained_images[layout])["CNN"]


def test_evaluate_measures_on_another_folder(seqcnn, trained_images, pictures):
    outcome = seqcnn(
        "evaluate", trained_images["flat"] / "model.safetensors", "--data", pictures / "parts",
        "--no-baselines",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "test: 18 examples" in outcome.out


# Predict


def test_predictions_of_a_folder_name_every_file(seqcnn, trained_images, pictures, tmp_path):
    bundle = trained_images["parts"] / "model.safetensors"
    folder = pictures / "parts" / "test"
    outcome = seqcnn("predict", bundle, folder, "--out", tmp_path / "p.tsv", "--precision", "32")
    assert (outcome.code, outcome.err) == (0, "")
    found = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    assert found["file"].tolist() == [str(file.relative_to(folder)) for file in files]
    assert found.columns.tolist() == ["file", *CLASSES]
    np.testing.assert_allclose(found[CLASSES].sum(axis=1), 1, atol=1e-5)
    wanted = package.load(bundle, precision="32").predict(files)
    np.testing.assert_allclose(found[CLASSES], wanted, rtol=1e-4, atol=1e-6)
    right = found[CLASSES].idxmax(axis=1) == [file.parent.name for file in files]
    error = results(trained_images["parts"])["CNN"]["mean"]["top1_error"][0]
    assert 1 - right.mean() == pytest.approx(error)


def test_one_file_is_predicted_as_in_its_folder(seqcnn, trained_images, pictures, tmp_path):
    bundle = trained_images["parts"] / "model.safetensors"
    file = pictures / "parts" / "test" / "down" / "03.png"
    for given, name in ((file, "one"), (file.parent, "all")):
        outcome = seqcnn(
            "predict", bundle, given, "--out", tmp_path / f"{name}.tsv", "--precision", "32"
        )
        assert outcome.code == 0, outcome.err
    one, every = (pd.read_csv(tmp_path / f"{n}.tsv", sep="\t") for n in ("one", "all"))
    assert one["file"].tolist() == ["03.png"]
    row = every[every["file"] == "03.png"]
    np.testing.assert_allclose(one[CLASSES], row[CLASSES], atol=1e-5)


@pytest.mark.parametrize("size", [1, 4])
def test_batch_size_does_not_change_predictions(seqcnn, trained_images, pictures, tmp_path, size):
    bundle = trained_images["flat"] / "model.safetensors"
    for number in (size, 256):
        outcome = seqcnn(
            "predict", bundle, pictures / "parts/val", "--out", tmp_path / f"{number}.tsv.gz",
            "--batch-size", number, "--precision", "32",
        )  # fmt: skip
        assert outcome.code == 0
    one, other = (pd.read_csv(tmp_path / f"{n}.tsv.gz", sep="\t") for n in (size, 256))
    assert one["file"].tolist() == other["file"].tolist()
    np.testing.assert_allclose(one[CLASSES], other[CLASSES], atol=1e-5)


def test_paths_words_and_arrays_get_the_same_prediction(trained_images, pictures):
    files = sorted((pictures / "parts" / "test").rglob("*.png"))
    model = package.load(trained_images["parts"] / "model.safetensors", precision="32")
    arrays = [np.asarray(Image.open(file)) for file in files]
    assert len({array.shape for array in arrays}) > 1
    wanted = model.predict(files)
    assert wanted.columns.tolist() == CLASSES
    np.testing.assert_array_equal(model.predict([str(file) for file in files]), wanted)
    np.testing.assert_array_equal(model.predict(arrays), wanted)


def test_a_stack_of_equal_squares_is_predicted_too(trained_images):
    model = package.load(trained_images["parts"] / "model.safetensors", precision="32")
    stack = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(model.predict(stack), model.predict(list(stack)))
    assert model.predict([]).shape == (0, 3)
    assert "images, 3 outputs, 32 x 32 pixels, rgb" in repr(model)

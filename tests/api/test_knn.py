"""`seqcnn evaluate --knn`: nearest neighbours beside the network, on raw inputs and on features."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import seqcnn as package
from seqcnn.settings import DataSettings
from seqcnn.tasks.image_encoding import thumbnails
from seqcnn.tasks.images import read

KS = (1, 3, 29)


@pytest.fixture
def evaluate(seqcnn, tmp_path: Path):
    """Printed words and JSON of `seqcnn evaluate --knn` on a bundle in a folder."""

    def call(folder: Path, *flags: object) -> tuple[str, dict]:
        outcome = seqcnn(
            "evaluate", folder / "model.safetensors", "--knn", "--precision", "32",
            "--json-out", tmp_path / "numbers.json", *flags,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        return outcome.out, json.loads((tmp_path / "numbers.json").read_text())

    return call


def names(*kinds: str) -> set[str]:
    return {f"{k}-NN on {kind}" for kind in kinds for k in KS}


def assert_printed(out: str, baselines: set[str]) -> None:
    """A column for each, and a sentence that compares the network with it."""
    words = " ".join(out.split())
    for name in baselines:
        told = (f"The CNN {verdict} {name}: " for verdict in VERDICTS)
        assert any(text in words for text in told), name
    table = words[: words.index("The CNN")]
    assert sorted(map(int, re.findall(r"\b(\d+)-NN\b", table))) == [1, 1, 3, 3, 29, 29]


VERDICTS = ("beats", "is worse than", "is not shown to beat")


def test_images_are_compared_by_pixels_and_by_embeddings(evaluate, trained_images):
    out, found = evaluate(trained_images["parts"])
    wanted = names("pixels", "embeddings")
    assert set(found["baselines"]) == set(found["gains"]) == wanted
    assert_printed(out, wanted)
    assert "distance cosine, columns 84, rows 48" in found["baseline_notes"]["3-NN on embeddings"]


def test_neighbours_by_pixels_are_those_of_scikit_learn(evaluate, trained_images, pictures):
    neighbors = pytest.importorskip("sklearn.neighbors")
    _, found = evaluate(trained_images["parts"])
    settings = DataSettings(data=pictures / "parts", image_size=32, resize=36)
    splits = read(settings).splits
    features = {name: thumbnails(part, np.arange(len(part))) for name, part in splits.items()}
    classes = {name: part.targets[:, 0] for name, part in splits.items()}
    for k in (1, 29):
        judge = neighbors.KNeighborsClassifier(k, algorithm="brute")
        judge.fit(features["train"], classes["train"])
        error = 1 - judge.score(features["test"], classes["test"])
        mean = found["baselines"][f"{k}-NN on pixels"]["mean"]
        assert mean["top1_error"][0] == pytest.approx(error)


def test_neighbours_by_embeddings_are_those_of_scikit_learn(evaluate, trained_images, pictures):
    neighbors = pytest.importorskip("sklearn.neighbors")
    _, found = evaluate(trained_images["parts"])
    model = package.load(trained_images["parts"] / "model.safetensors", precision="32")
    splits = read(DataSettings(data=pictures / "parts", image_size=32, resize=36)).splits
    features = {name: model.embeddings(splits[name]) for name in ("train", "test")}
    assert features["test"].shape == (18, 84)
    judge = neighbors.KNeighborsClassifier(1, metric="cosine", algorithm="brute")
    judge.fit(features["train"], splits["train"].targets[:, 0])
    error = 1 - judge.score(features["test"], splits["test"].targets[:, 0])
    mean = found["baselines"]["1-NN on embeddings"]["mean"]
    assert mean["top1_error"][0] == pytest.approx(error)


def test_sequences_are_compared_by_6_mers_and_by_embeddings(evaluate, trained):
    out, found = evaluate(trained["tables"])
    assert set(found["baselines"]) >= names("6-mers", "embeddings")
    assert_printed(out, names("6-mers", "embeddings"))
    for name in names("6-mers", "embeddings"):
        assert 0 <= found["baselines"][name]["mean"]["auroc"][0] <= 1


def test_tracks_of_windows_are_compared_too(evaluate, trained):
    _, found = evaluate(trained["peaks"], "--split", "val")
    assert set(found["baselines"]) >= names("6-mers", "embeddings")
    assert found["split"] == "val"


def test_neighbours_come_with_knn_alone(seqcnn, trained, tmp_path):
    outcome = seqcnn(
        "evaluate", trained["tables"] / "model.safetensors", "--no-baselines",
        "--json-out", tmp_path / "n.json",
    )  # fmt: skip
    assert outcome.code == 0
    assert json.loads((tmp_path / "n.json").read_text())["baselines"] == {}
    assert "NN on" not in outcome.out


def test_a_training_image_is_its_own_nearest_neighbour(evaluate, trained_images):
    _, found = evaluate(trained_images["flat"], "--split", "train")
    for kind in ("pixels", "embeddings"):
        assert found["baselines"][f"1-NN on {kind}"]["mean"]["top1_error"] == [0, 0, 0]

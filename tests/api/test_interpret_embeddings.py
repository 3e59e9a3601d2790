"""`seqcnn interpret embeddings` on tiny bundles of sequences, pictures and pileups."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

import seqcnn as package
from seqcnn.api.interpret.embeddings import embeddings
from seqcnn.data.sequences import read_fasta
from seqcnn.errors import InputError
from seqcnn.tasks.genotypes import Genotype
from seqcnn.tasks.tables import codes_of
from seqcnn.training.bundle import load_bundle


@pytest.fixture(scope="module")
def bundle(trained: dict[str, Path]) -> Path:
    return trained["tables"] / "model.safetensors"


@pytest.fixture(scope="module")
def reading(bundle: Path, data: Path):
    return embeddings(bundle, data / "test.csv", device="cpu", neighbours=5)


def test_vectors_are_those_of_the_model(bundle, data):
    found = embeddings(bundle, data / "bound.fa", device="cpu")
    model = package.load(bundle, device="cpu", precision="32")
    codes = codes_of(read_fasta(data / "bound.fa"), model.length)
    expected = model.embeddings(model.encoding.examples(codes))
    np.testing.assert_allclose(found.arrays["vectors"], expected, rtol=1e-5, atol=1e-6)
    predicted = model.predict(codes)[model.outputs[0]]
    np.testing.assert_allclose(found.table[f"predicted_{model.outputs[0]}"], predicted, rtol=1e-5)


def test_the_atlas_is_that_of_principal_components(reading):
    expected = PCA(2, svd_solver="full").fit_transform(reading.arrays["vectors"])
    np.testing.assert_allclose(
        np.abs(reading.table[["x", "y"]]), np.abs(expected), rtol=1e-3, atol=1e-5
    )


def test_purity_is_that_of_the_neighbours(reading):
    vectors = reading.arrays["vectors"].astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    labels = reading.table["label"].to_numpy()
    row = 3
    nearest = np.argsort(-cosine[row], kind="stable")[:5]
    share = (labels[nearest] == labels[row]).mean()
    assert reading.table["neighbours_with_its_label"][row] == pytest.approx(share)


def test_neighbours_are_listed_with_labels_and_predictions(bundle, data):
    found = embeddings(
        bundle, data / "test.csv", device="cpu", neighbours_of=["row 4", "7"], neighbours=3
    )
    table = found.tables["neighbours"]
    assert table["input"].tolist() == ["row 4"] * 3 + ["row 7"] * 3
    assert table["rank"].tolist() == [1, 2, 3] * 2
    assert table["label"].tolist() == ["1"] * 3 + ["0"] * 3
    assert table["cosine"].between(-1, 1 + 1e-6).all()
    predicted = found.table.set_index("input").filter(like="predicted_").iloc[:, 0]
    np.testing.assert_allclose(
        table["neighbour_prediction"], predicted.loc[table["neighbour"]], rtol=1e-6
    )


def test_labels_and_predictions_colour_the_atlas(reading):
    assert set(reading.figures) == {
        "embeddings_label", "embeddings_prediction", "embeddings_variance",
    }  # fmt: skip
    values = {label: value for label, value, _ in reading.panel.tiles}
    assert values["inputs"] == "32"
    assert values["neighbours of the same label"].endswith("%")


@pytest.mark.parametrize("colour", ["gc", "prediction", "label"])
def test_the_colour_can_be_chosen(bundle, data, colour):
    found = embeddings(bundle, data / "test.csv", device="cpu", colour=colour)
    assert set(found.figures) == {"embeddings_atlas", "embeddings_variance"}


def test_two_inputs_share_an_atlas(bundle, data):
    found = embeddings(bundle, data / "bound.fa", device="cpu", compare=data / "unbound.fa")
    assert found.table["origin"].value_counts().to_dict() == {"bound.fa": 80, "unbound.fa": 80}
    assert "embeddings_origin" in found.figures
    assert any("come from the same file" in one.text for one in found.panel.findings)


def test_tsne_is_the_same_each_time(bundle, data):
    one, same = (
        embeddings(bundle, data / "test.csv", device="cpu", method="tsne", max_sequences=20)
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.table, same.table)
    assert "embeddings_variance" not in one.figures


def test_of_many_inputs_some_are_drawn(bundle, data, monkeypatch):
    monkeypatch.setattr("seqcnn.api.interpret.embeddings.MOST_POINTS", 20)
    found = embeddings(bundle, data / "test.csv", device="cpu")
    assert len(found.table) == 32
    assert found.table["x"].notna().sum() == 20


def test_the_command_writes_the_atlas(seqcnn, bundle, data, tmp_path):
    outcome = seqcnn(
        "interpret", "embeddings", bundle, data / "test.csv", "--out", tmp_path / "out",
        "--neighbours-of", "row 2", "--device", "cpu",
    )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "")
    assert "nearest neighbours have its label" in outcome.out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        *("embeddings.tsv", "embeddings_neighbours.tsv", "embeddings.npz", "report.html"),
        *("embeddings_label.png", "embeddings_prediction.png", "embeddings_variance.png"),
        "embeddings.panel.json",
    } | ({"embeddings_odd.tsv"} & names)
    assert np.load(tmp_path / "out" / "embeddings.npz")["vectors"].shape[0] == 32


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"colour": "labell"}, "--colour labell: neither a label nor an output; did you mean"),
        ({"neighbours_of": ["row 99"]}, "--neighbours-of row 99: no such input, nor a number from"),
        ({"neighbours_of": ["0"]}, "--neighbours-of 0: no such input"),
        ({"track": ["liver"]}, "--track liver: not an output of model.safetensors"),
    ],
)
def test_bad_flags_get_one_line(bundle, data, flags, message):
    with pytest.raises(InputError) as caught:
        embeddings(bundle, data / "test.csv", device="cpu", **flags)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_label_that_is_not_there_is_asked_for(bundle, data):
    with pytest.raises(InputError, match="--colour label: the inputs have no labels"):
        embeddings(bundle, data / "bound.fa", device="cpu", colour="label")


def test_pictures_are_coloured_by_their_folders(trained_images, pictures):
    found = embeddings(
        trained_images["flat"] / "model.safetensors", pictures / "flat", device="cpu"
    )
    assert found.table["label"].value_counts().to_dict() == {"across": 20, "down": 20, "plain": 20}
    assert {"embeddings_label", "embeddings_prediction"} <= set(found.figures)
    assert set(found.tables["neighbours"]["predicted"]) <= {"across", "down", "plain"}


def test_candidate_sites_of_a_region_make_an_atlas(counting_model, invented, tmp_path):
    bundle = load_bundle(counting_model)
    task = bundle.card["task"] | {"target": Genotype().to_dict()}
    path = tmp_path / "caller.safetensors"
    replace(bundle, card=bundle.card | {"task": task}).save(path)
    found = embeddings(
        path, invented.bam, genome=invented.reference, site="one:1-4,000", device="cpu"
    )
    assert found.table["input"].str.startswith("one:501 ").sum() == 1
    with pytest.raises(InputError, match="--site one:2101-2400: no candidate site lies there"):
        embeddings(
            path, invented.bam, genome=invented.reference, site="one:2101-2400", device="cpu"
        )


def test_a_site_is_refused_for_sequences(bundle, data):
    with pytest.raises(InputError, match="--site: is for bundles that read pileups"):
        embeddings(bundle, data / "test.csv", site="chr1:5")

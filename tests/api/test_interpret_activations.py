"""`seqcnn interpret activations` on tiny bundles of sequences, pictures and pileups."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import seqcnn as package
from seqcnn.api.interpret.activations import activations
from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError
from seqcnn.tasks.genotypes import Genotype
from seqcnn.training.bundle import load_bundle

FLAGS = {"device": "cpu", "channels_drawn": 2, "shown": 1, "top": 9}


@pytest.fixture(scope="module")
def bundle(trained: dict[str, Path]) -> Path:
    return trained["tables"] / "model.safetensors"


@pytest.fixture(scope="module")
def reading(bundle: Path, data: Path):
    return activations(bundle, data / "bound.fa", layer=["features.1"], **FLAGS)


def test_layers_are_listed_without_an_input(bundle):
    found = activations(bundle, layers=True, device="cpu")
    first = found.table.iloc[0]
    assert (first["layer"], first["kind"], first["receptive_field"]) == ("features.0", "Conv", "24")
    assert "features.1" in str(found)


def test_windows_are_the_letters_of_their_inputs(reading, bundle, data):
    fasta = (data / "bound.fa").read_text().split(">")[1:]
    sequences = {one.split("\n")[0]: one.split("\n")[1] for one in fasta}
    turned = str.maketrans("ACGT", "TGCA")
    assert list(reading.table.columns) == [
        *("layer", "channel", "rank", "input", "start", "end", "strand", "activation", "sequence")
    ]
    for row in reading.table.itertuples():
        padded = "N" * 100 + sequences[row.input] + "N" * 100
        there = padded[row.start + 100 : row.end + 100]
        assert row.sequence == (there if row.strand == "+" else there[::-1].translate(turned))
        assert row.end - row.start == 24


def test_activations_are_those_of_the_layer(reading, bundle, data):
    model = package.load(bundle, device="cpu")
    first = reading.table.iloc[0]
    fasta = (data / "bound.fa").read_text().split(f">{first['input']}\n")[1].split("\n")[0]
    x = model.inputs(torch.from_numpy(encode(fasta)[None]))
    with torch.no_grad():
        maps = model.networks[0].features(x)[0, int(first["channel"])]
    assert first["activation"] == pytest.approx(float(maps.max()), rel=1e-5)
    stored = reading.arrays["maps.features.1"]
    assert stored.shape == (1, 3, 83)


def test_the_panel_shows_maps_windows_and_the_way_down(reading):
    assert set(reading.figures) == {
        "activations_depth", "activations_maps_1", "activations_top_features.1",
    }  # fmt: skip
    names = [picture.name for picture in reading.panel.pictures]
    assert names == ["From layer to layer", "What excites features.1", "Input 1"]
    assert reading.tables["layers"]["receptive_field"].tolist() == ["24"]


def test_the_same_seed_gives_the_same_tables(reading, bundle, data):
    again = activations(bundle, data / "bound.fa", layer=["features.1"], **FLAGS)
    pd.testing.assert_frame_equal(again.table, reading.table)
    pd.testing.assert_frame_equal(again.tables["layers"], reading.tables["layers"])


def test_nothing_is_written_without_out(bundle, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    activations(bundle, data / "bound.fa", max_sequences=3, out=None, **FLAGS)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_tables_figures_and_the_page(seqcnn, bundle, data, tmp_path):
    out = tmp_path / "reading"
    outcome = seqcnn(
        "interpret", "activations", bundle, data / "bound.fa", "--out", out, "--top", "9",
        "--channel", "1", "--shown", "1", "--device", "cpu",
    )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "")
    assert "features" in outcome.out
    names = {path.name for path in out.iterdir()}
    assert {"activations.tsv", "activations_layers.tsv", "activations.npz", "report.html"} <= names
    assert set(pd.read_csv(out / "activations.tsv", sep="\t")["channel"]) == {1}
    settings = json.loads((out / "activations.panel.json").read_text())["settings"]
    assert settings["channel"] == [1]


def test_few_inputs_give_maps_only(bundle, data, tmp_path):
    found = activations(bundle, data / "bound.fa", max_sequences=4, **FLAGS)
    assert list(found.figures) == ["activations_maps_1"]
    assert "channels" not in found.tables


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"layer": ["feature.1"]}, "--layer feature.1: not a layer of model.safetensors; nearest"),
        ({"channel": [5]}, "--channel 5: layer features.1 has channels 0 to 2"),
        ({"input": None}, "INPUT is needed"),
        ({"site": "chr1:5"}, "--site: is for bundles that read pileups; model.safetensors reads"),
        ({"top": 3}, "--top: Input should be greater than or equal to 9"),
    ],
)
def test_bad_flags_get_one_line(bundle, data, flags, message):
    given = {"input": data / "bound.fa", "device": "cpu", "layer": ["features.1"]} | flags
    if given["input"] is None:
        given.pop("input")
    with pytest.raises(InputError) as caught:
        activations(bundle, **given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_regions_have_maps_too(trained, data):
    bundle = trained["peaks"] / "model.safetensors"
    found = activations(bundle, data / "a.bed", genome=data / "genome.fa", **FLAGS)
    assert found.table["input"].str.match(r"chr\d:\d+-\d+").all()


def test_pictures_have_maps_and_patches(trained_images, pictures):
    found = activations(
        trained_images["flat"] / "model.safetensors", pictures / "flat", layer=["conv1"], **FLAGS
    )
    assert list(found.table.columns[:3]) == ["layer", "channel", "rank"]
    sizes = found.table["row_end"] - found.table["row_start"]
    assert set(sizes) == {5}
    assert found.arrays["maps.conv1"].shape == (1, 6, 28, 28)
    share = found.tables["channels"]["class_share"]
    assert share.between(1 / 3, 1).all()


def test_one_picture_has_maps_only(trained_images, pictures):
    one = sorted((pictures / "flat" / "plain").iterdir())[0]
    found = activations(trained_images["flat"] / "model.safetensors", one, **FLAGS)
    assert list(found.figures) == ["activations_maps_1"]


@pytest.fixture
def caller(counting_model: Path, tmp_path: Path) -> Path:
    """The counting model as a run would have written it."""
    bundle = load_bundle(counting_model)
    task = bundle.card["task"] | {"target": Genotype().to_dict()}
    path = tmp_path / "caller.safetensors"
    replace(bundle, card=bundle.card | {"task": task}).save(path)
    return path


def test_a_pileup_has_maps(caller, invented):
    found = activations(
        caller,
        invented.bam,
        genome=invented.reference,
        site="one:501",
        shown=1,
        device="cpu",
    )
    assert list(found.figures) == ["activations_maps_1"]
    assert any(name.startswith("maps.") for name in found.arrays)


def test_a_pileup_needs_its_site(caller, invented):
    with pytest.raises(InputError, match="--site"):
        activations(caller, invented.bam, genome=invented.reference, device="cpu")


def test_maps_are_the_same_in_any_batch(bundle, data):
    one, many = (
        activations(
            bundle, data / "bound.fa", layer=["features.1"], batch_size=size, max_sequences=30,
            **FLAGS,
        )
        for size in (1, 64)
    )  # fmt: skip
    np.testing.assert_allclose(one.table["activation"], many.table["activation"], rtol=1e-5)

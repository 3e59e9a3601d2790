"""Filters of hand-made networks, whose worth can be told."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from small_networks import small_network

from seqcnn.api.interpret.filters import filters, first_layers
from seqcnn.api.model import Model
from seqcnn.data.motifs import Motif, read_meme, write_meme
from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.labels import MultiLabel
from seqcnn.training.bundle import Bundle

# What they use takes a minute to compile the first time: once, in one process of the tests.
pytestmark = pytest.mark.xdist_group("compiled")

LENGTH = 40
MOTIF, OTHER = "TGACTCAT", "CCGGAAGT"
WIDTH = len(MOTIF)


def model_for(
    *motifs_of_members: tuple[str, ...], worth: tuple[float, ...], stranded: bool = False
) -> Model:
    """DeepBind networks whose filters are +1 at the letters of a motif and -1 elsewhere; the
    logit is the sum of `worth` times how far each filter's highest answer is over 4.
    """
    states = []
    arguments = {"filters": len(worth), "kernel": WIDTH, "hidden": 0}
    for motifs in motifs_of_members:
        network = create_model("deepbind", dim=1, in_channels=4, out=1, **arguments)
        with torch.no_grad():
            network.features[0].weight.fill_(-1)
            network.features[0].bias.fill_(-4)
            for number, motif in enumerate(motifs):
                network.features[0].weight[number, encode(motif).astype(int), range(WIDTH)] = 1
            network.output.weight.copy_(torch.tensor([worth]))
            network.output.bias.zero_()
        states.append(network.state_dict())
    card: dict[str, Any] = {
        "architecture": {
            "name": "deepbind", "dim": 1, "in_channels": 4, "out": 1, "arguments": arguments,
        },
        "task": {"name": "binding", "target": MultiLabel().to_dict()},
        "outputs": ["bound"],
        "encoder": SequenceEncoding(LENGTH, stranded=stranded).to_dict(),
    }  # fmt: skip
    return Model(Bundle(card, tuple(states)), device="cpu", precision="32", name="made")


def sequences(number: int, planted: str, seed: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        letters = list(random.choice(list("ACGT"), LENGTH))
        start = int(random.integers(0, LENGTH - WIDTH))
        letters[start : start + len(planted)] = list(planted)
        found.append("".join(letters))
    return found


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "bound.fa"
    found = sequences(60, MOTIF)
    path.write_text("".join(f">s{row}\n{bases}\n" for row, bases in enumerate(found)))
    return path


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "labelled.csv"
    rows = [(bases, 1) for bases in sequences(40, MOTIF)]
    rows += [(bases, 0) for bases in sequences(40, "", seed=1)]
    pd.DataFrame(rows, columns=["sequence", "label"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(3)
    names = {"AP1": MOTIF, "ETS": OTHER} | {
        f"decoy{row}": "".join(random.choice(list("ACGT"), 8)) for row in range(60)
    }
    motifs = []
    for name, letters in names.items():
        matrix = np.full((4, 8), 0.02)
        matrix[encode(letters).astype(int), range(8)] = 0.94
        motifs.append(Motif(name, matrix, f"{name} of ours"))
    path = tmp_path_factory.mktemp("given") / "database.meme"
    write_meme(path, motifs)
    return path


def test_the_filter_that_is_used_comes_first(bound: Path) -> None:
    found = filters(model_for((OTHER, MOTIF), worth=(0.0, 1.0)), bound)
    first, second = (row for _, row in found.table.iterrows())
    assert (first["filter"], first["consensus"], first["rank"]) == ("2", MOTIF, 1)
    assert first["sites"] == 60
    assert first["share"] == pytest.approx(1, abs=0.1)
    assert first["auroc_fall"] > 0.4
    assert first["auroc_fall_low"] <= first["auroc_fall"] <= first["auroc_fall_high"]
    assert (second["importance"], second["auroc_fall"], second["logit_fall"]) == (0, 0, 0)


def test_the_fall_of_the_logit_is_that_of_the_sequences_that_bind(bound: Path) -> None:
    found = filters(model_for((OTHER, MOTIF), worth=(0.0, 3.0), stranded=True), bound)
    # A whole motif is 4 over 4, times 3; a filter at rest is below zero, so nothing.
    assert found.table["logit_fall"][0] == pytest.approx(12)


def test_labels_are_used_where_there_are_both(labelled: Path) -> None:
    found = filters(model_for((MOTIF,), worth=(1.0,)), labelled)
    assert "against their labels" in found.text
    assert "80 sequences" in found.text


def test_positives_alone_are_compared_with_their_shuffles(bound: Path) -> None:
    found = filters(model_for((MOTIF,), worth=(1.0,)), bound)
    assert "120 sequences against their dinucleotide shuffles" in found.text


def test_filters_alike_are_silenced_together(bound: Path) -> None:
    found = filters(model_for((MOTIF, MOTIF, OTHER), worth=(1.0, 1.0, 0.0)), bound)
    group = found.tables["groups"].iloc[0]
    assert (group["filters"], group["size"]) == ("1,2", 2)
    alone = found.table["auroc_fall"].max()
    assert alone == pytest.approx(0, abs=0.01)  # the other one still answers
    assert group["auroc_fall"] > 0.4
    assert found.table["share"][:2].tolist() == pytest.approx([0.5, 0.5], abs=0.1)
    assert group["share"] == pytest.approx(found.table["share"][:2].sum())


def test_filters_of_an_ensemble_bear_their_network(bound: Path) -> None:
    found = filters(model_for((MOTIF, OTHER), (OTHER, MOTIF), worth=(1.0, 0.0)), bound)
    assert sorted(found.table["filter"]) == ["1.1", "1.2", "2.1", "2.2"]
    assert found.table["filter"][0] == "1.1"
    one = filters(model_for((MOTIF, OTHER), worth=(1.0, 0.0)), bound)
    # Half of the mean logit is of the other network.
    assert found.table["logit_fall"][0] == pytest.approx(one.table["logit_fall"][0] / 2)


def test_matches_are_named_with_their_numbers(bound: Path, database: Path) -> None:
    pytest.importorskip("memelite")
    found = filters(
        model_for((OTHER, MOTIF), worth=(0.0, 1.0)), bound, motifs=database, threshold=0.2
    )
    first = found.table.iloc[0]
    assert (first["match"], first["strand"], first["offset"]) == ("AP1 AP1 of ours", "+", 0)
    assert first["e"] == pytest.approx(62 * first["p"])
    assert first["p"] <= first["q"]
    assert len(found.tables["matches"]) == 10


def test_without_a_database_there_are_no_matches(bound: Path) -> None:
    found = filters(model_for((MOTIF,), worth=(1.0,)), bound)
    assert not {"match", "p", "e", "q", "offset", "overlap", "strand"} & set(found.table)
    assert set(found.tables) == {"groups"}


def test_files_are_written_only_where_out_is_given(bound: Path, tmp_path: Path) -> None:
    filters(model_for((MOTIF,), worth=(1.0,)), bound, out=None)
    found = filters(model_for((MOTIF,), worth=(1.0,)), bound, out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("filters.tsv", "filters_groups.tsv", "filters.meme", "filters.npz"),
        *("filters_logos.png", "filters_importance.png", "filters.panel.json", "report.html"),
    }
    (motif,) = read_meme(tmp_path / "out" / "filters.meme")
    assert (motif.name, motif.sites, motif.consensus) == ("filter_1", 60, MOTIF)
    written = pd.read_csv(tmp_path / "out" / "filters.tsv", sep="\t")
    assert list(written) == list(found.table)


def test_nothing_is_silenced_one_by_one_when_not_wanted(bound: Path) -> None:
    found = filters(model_for((MOTIF,), worth=(1.0,)), bound, silence=0)
    assert found.table["auroc_fall"].isna().all()
    assert found.table["share"][0] == pytest.approx(1, abs=0.1)


def test_a_filter_that_was_not_silenced_has_no_group_on_the_page(bound: Path) -> None:
    model = model_for((MOTIF, OTHER, OTHER), worth=(1.0, 0.2, 0.0))
    page_table = filters(model, bound, silence=1).panel.tables[0]
    assert page_table.columns[:3] == ["rank", "group", "filter"]
    assert [row[1] for row in page_table.rows] == [1, "", ""]


def test_the_same_seed_gives_the_same_table(bound: Path) -> None:
    model = model_for((MOTIF, OTHER), worth=(1.0, 0.1))
    one, same = (filters(model, bound, seed=3, silenced_on=20).table for _ in range(2))
    pd.testing.assert_frame_equal(one, same)


def test_a_filter_without_sites_has_no_motif(bound: Path) -> None:
    model = model_for((MOTIF, OTHER), worth=(1.0, 1.0))
    with torch.no_grad():
        model.networks[0].features[0].weight[1] = 0  # answers the same everywhere
    table = filters(model, bound).table.set_index("filter")
    assert table["sites"]["2"] == 0
    assert table["consensus"]["2"] == ""


def test_a_malformed_database_is_one_line(bound: Path, tmp_path: Path) -> None:
    pytest.importorskip("memelite")
    path = tmp_path / "bad.meme"
    path.write_text("MEME version 4\nMOTIF a\nletter-probability matrix: w= 2\n1 0 0 0\n")
    with pytest.raises(InputError, match=r"bad\.meme:4: row 2 of a matrix is the end of the file"):
        filters(model_for((MOTIF,), worth=(1.0,)), bound, motifs=path)


def test_memelite_is_asked_for_only_with_a_database(
    bound: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "memelite", None)
    filters(model_for((MOTIF,), worth=(1.0,)), bound, silence=0)
    with pytest.raises(InputError, match=r"\(--motifs\) needs memelite: pip install"):
        filters(model_for((MOTIF,), worth=(1.0,)), bound, motifs=database)


def test_the_command_writes_and_says_what_it_found(
    seqcnn: Any, trained: dict[str, Path], data: Path, tmp_path: Path
) -> None:
    outcome = seqcnn(
        "interpret", "filters", trained["tables"] / "model.safetensors", data / "test.csv",
        "--out", tmp_path / "out", "--silence", "2",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.out.startswith("3 filters of deepbind; AUROC of 32 sequences against their")
    assert (tmp_path / "out" / "filters.meme").is_file()


def test_several_tracks_of_peaks(trained: dict[str, Path], data: Path) -> None:
    given: dict[str, Any] = {"genome": data / "genome.fa", "silenced_on": 10, "silence": 1}
    both = filters(trained["peaks"] / "model.safetensors", data / "a.bed", **given)
    one = filters(trained["peaks"] / "model.safetensors", data / "a.bed", track=["a"], **given)
    assert both.table["importance"].sum() != one.table["importance"].sum()


def test_a_network_that_has_no_filters_is_refused() -> None:
    network, length = small_network("bilstm", out=1)
    model = model_for((MOTIF,), worth=(1.0,))
    model.networks, model.encoding = [network], SequenceEncoding(length)
    with pytest.raises(InputError, match="has no convolution on the bases"):
        first_layers(model)

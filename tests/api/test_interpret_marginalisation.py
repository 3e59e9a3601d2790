"""`seqcnn interpret marginalisation`: motifs planted in backgrounds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn import load
from seqcnn.api.interpret.marginalisation import marginalisation
from seqcnn.effects.backgrounds import random_sequences
from seqcnn.encoders.dna import decode, encode
from seqcnn.errors import InputError

QUICK = {"backgrounds": 6, "device": "cpu"}


@pytest.fixture(scope="module")
def model(trained):
    return load(trained["peaks"] / "model.safetensors", device="cpu", precision="32")


def test_the_command_writes_tables_figures_and_a_page(seqcnn, trained, data, tmp_path):
    out = tmp_path / "out"
    done = seqcnn(
        "interpret", "marginalisation", trained["peaks"] / "model.safetensors", data / "a.bed",
        "--genome", data / "genome.fa", "--motif", "CACGTG", "--motif", "CCGGAAGTR",
        "--orientation", "both", "--copies", "2", "--profile", "--step", "30", "--second", "GATAA",
        "--spacings", "0:20:10", "--backgrounds", "6", "--device", "cpu", "--out", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.startswith("6 backgrounds: dinucleotide shuffles of the input\nCACGTG moves")
    assert sorted(path.name for path in out.iterdir()) == [
        *("marginalisation.panel.json", "marginalisation.png", "marginalisation.tsv"),
        *("marginalisation_copies.png", "marginalisation_pairs.tsv"),
        *("marginalisation_profile.png", "marginalisation_profile.tsv"),
        *("marginalisation_spacing_1.png", "marginalisation_spacing_2.png", "report.html"),
    ]
    table = pd.read_csv(out / "marginalisation.tsv", sep="\t")
    # CACGTG is its own reverse complement: 3 motifs with strand, 2 numbers of copies, 2 tracks.
    assert len(table) == 12
    assert set(table["track"]) == {"a", "b"}
    pairs = pd.read_csv(out / "marginalisation_pairs.tsv", sep="\t")
    assert pairs.groupby("orientations")["spacing"].unique().map(list).to_dict() == {
        "++": [0, 10, 20],
        "+-": [0, 10, 20],
    }


def test_the_effect_is_the_mean_difference_of_predictions(model):
    reading = marginalisation(model, motif=["CACGTG"], at=30, seed=4, gc=0.4, **QUICK)
    codes = random_sequences(6, model.length, 0.4, np.random.default_rng(4))
    changed = [decode(row)[:30] + "CACGTG" + decode(row)[36:] for row in codes]
    before, after = model.predict(codes), model.predict(changed)
    found = reading.table.set_index("track")
    for track in ("a", "b"):
        assert found.loc[track, "value_without"] == pytest.approx(before[track].mean())
        assert found.loc[track, "value_with"] == pytest.approx(after[track].mean())
    logits = [model.logits(model.encoding.examples(x)).mean(0) for x in (codes, changed)]
    assert found["effect"].to_numpy() == pytest.approx(logits[1] - logits[0], abs=1e-5)


def test_the_same_seed_gives_the_same_table(model):
    one, same, other = (
        marginalisation(model, motif=["CRCGYG"], seed=seed, **QUICK).table for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same)
    assert one["effect"].tolist() != other["effect"].tolist()


def test_only_the_chosen_tracks_are_told(model):
    reading = marginalisation(model, motif=["CACGTG"], track=["b"], **QUICK)
    assert reading.table["track"].tolist() == ["b"]
    assert list(reading.figures) == ["marginalisation"]


def test_classes_are_told_without_what_all_have_in_common(seqcnn, data, tmp_path, tiny):
    run = tmp_path / "run"
    trained = seqcnn(
        "train", "--task", "binding", "--table", data / "classes.csv", *tiny, "--out", run
    )
    assert trained.code == 0, trained.err
    reading = marginalisation(run / "model.safetensors", motif=["CACGTG"], **QUICK)
    assert len(reading.table) == 3
    assert reading.table["effect"].sum() == pytest.approx(0, abs=1e-5)
    assert reading.table["value_with"].sum() == pytest.approx(1)


def test_input_sequences_are_planted_in_as_they_are(model, tmp_path):
    codes = random_sequences(3, model.length, 0.5, np.random.default_rng(0))
    text = "".join(f">s{row}\n{decode(one)}\n" for row, one in enumerate(codes))
    path = tmp_path / "in.fa"
    path.write_text(text)
    reading = marginalisation(model, path, motif=["C"], background="input", at=0, **QUICK)
    codes[:, 0] = encode("C")[0]
    expected = model.logits(model.encoding.examples(codes)).mean(0)
    assert reading.table["logit_with"].to_numpy() == pytest.approx(expected, abs=1e-5)
    assert reading.table["backgrounds"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "--motif is needed"),
        ({"motif": ["CACGTG"], "spacings": "0:9"}, "--spacings: says nothing without --second"),
        ({"motif": ["CACGTG"], "step": 5}, "--step: says nothing without --profile"),
        ({"motif": ["CACGTG"], "gap": 3}, "--gap: says nothing without --copies"),
        ({"motif": ["CACXTG"]}, r"--motif CACXTG: position 4: 'X' is not a nucleotide code"),
        ({"motif": ["CACGTG"], "background": "shuffled"}, "--background shuffled: needs an INPUT"),
        ({"motif": ["CACGTG"], "track": ["c"]}, r"--track c: not an output of model\.safetensors"),
        ({"motif": ["CACGTG"], "at": 95}, r"--motif CACGTG: 6 bp at 95 are more than the window"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(model, given, said):
    with pytest.raises(InputError, match=said) as error:
        marginalisation(model, **given, **QUICK)
    assert "\n" not in str(error.value)


def test_nothing_is_written_unasked(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    marginalisation(model, motif=["CACGTG"], **QUICK)
    assert list(Path().iterdir()) == []

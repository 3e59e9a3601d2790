"""`seqcnn interpret design`: sequences evolved towards a wish."""

import numpy as np
import pandas as pd
import pytest

from seqcnn import load
from seqcnn.api.interpret.design import design
from seqcnn.effects.backgrounds import random_sequences
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

QUICK = {"max_edits": 2, "number": 2, "device": "cpu"}


@pytest.fixture(scope="module")
def model(trained):
    return load(trained["peaks"] / "model.safetensors", device="cpu", precision="32")


def test_the_command_writes_sequences_steps_figures_and_a_page(seqcnn, trained, data, tmp_path):
    out = tmp_path / "out"
    done = seqcnn(
        "interpret", "design", trained["peaks"] / "model.safetensors", data / "a.bed",
        "--genome", data / "genome.fa", "--up", "a", "--down", "b=2", "--max-sequences", "2",
        "--max-edits", "3", "--method", "beam", "--beam-width", "2", "--gc", "0.3:0.7",
        "--forbid", "GAATTC", "--keep", "0:70", "--longest-run", "9", "--until", "0.95",
        "--device", "cpu", "--out", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.startswith("2 sequences from the sequences of the input\n0 of 2 sequences are")
    assert sorted(path.name for path in out.iterdir()) == [
        *("design.fa", "design.panel.json", "design.png", "design.tsv", "design_edits.png"),
        *("design_steps.tsv", "report.html"),
    ]
    table = pd.read_csv(out / "design.tsv", sep="\t")
    lines = (out / "design.fa").read_text().splitlines()
    assert lines[0].startswith(f">{table['sequence'][0]} edits=")
    assert "".join(lines[1:3]) == table["letters"][0]
    for start, end in zip(table["start_letters"], table["letters"], strict=True):
        assert start[:70] == end[:70]
        assert 1 <= sum(a != b for a, b in zip(start, end, strict=True)) <= 3


def test_each_step_is_what_the_model_predicts_of_its_sequence(model):
    reading = design(model, up=["a"], down=["b"], **QUICK)
    steps, first = reading.tables["steps"], reading.table.iloc[0]
    rows = steps[steps["sequence"] == first["sequence"]]
    letters = list(first["start_letters"])
    for row in rows.to_dict("records"):
        if row["step"]:
            assert letters[row["position"]] == row["from"]
            letters[row["position"]] = row["to"]
        logits = model.logits(model.encoding.examples(["".join(letters)]))[0]
        values = model.predict(["".join(letters)])
        assert row["objective"] == pytest.approx(logits[0] - logits[1], abs=1e-4)
        assert row["a logit"] == pytest.approx(logits[0], abs=1e-5)
        assert row["b value"] == pytest.approx(values["b"][0], abs=1e-5)
    assert "".join(letters) == first["letters"]
    assert rows["objective"].is_monotonic_increasing
    assert first["distance"] == pytest.approx(
        model.distances(model.encoding.examples([first["letters"]]))[0], abs=1e-3
    )
    assert len(rows) == 3


def test_edits_are_the_same_where_only_what_changes_is_computed(model):
    # With small batches all edits are computed incrementally.
    plain, quick = (design(model, up=["a"], batch_size=size, **QUICK) for size in (256, 16))
    assert plain.table["letters"].tolist() == quick.table["letters"].tolist()
    assert plain.table["objective"].to_numpy() == pytest.approx(quick.table["objective"], abs=1e-4)


def test_the_objective_may_be_probabilities(model):
    reading = design(model, up=["a"], objective="value", track=["b"], **QUICK)
    assert "b value" in reading.tables["steps"]  # watched
    assert reading.table["objective"].tolist() == pytest.approx(reading.table["a value"].tolist())


def test_random_starts_keep_to_the_limits_and_are_the_seeds(model):
    one, same, other = (
        design(model, up=["a"], gc="0.2:0.3", max_edits=0, number=3, seed=seed, device="cpu").table
        for seed in (1, 1, 2)
    )
    assert one["start_letters"].tolist() == same["start_letters"].tolist()
    assert one["start_letters"].tolist() != other["start_letters"].tolist()
    assert one["gc_start"].between(0.2, 0.3).all()
    assert (one["edits"] == 0).all()


def test_an_input_that_breaks_a_limit_is_changed_and_told(model, tmp_path):
    codes = random_sequences(1, model.length, 0.5, np.random.default_rng(3))[0]
    letters = decode(codes).replace("GATC", "GATT")
    letters = letters[:40] + "GGATCC" + letters[46:]
    path = tmp_path / "one.fa"
    path.write_text(f">p\n{letters}\n>p\n{letters}\n")
    reading = design(model, path, up=["b"], forbid=["GGATCC"], **QUICK)
    assert reading.table["sequence"].tolist() == ["p", "p (2)"]
    assert reading.table["constraint_edits"].tolist() == [1, 1]
    assert reading.table["edits"].tolist() == [2, 2]
    assert not reading.table["letters"].str.contains("GGATCC").any()
    assert "2 starts broke a limit and were first changed to keep to it" in reading.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "--up or --down is needed; outputs: a, b"),
        ({"up": ["A"]}, "--up A: not an output of the bundle"),
        ({"up": ["a"], "start": "input"}, "--start input: needs an INPUT"),
        ({"up": ["a"], "until": 0.3}, "--until: Input should be greater than 0.5"),
        ({"up": ["a"], "gc": "high"}, "--gc high: wanted two shares"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(model, given, said):
    with pytest.raises(InputError, match=said) as error:
        design(model, **given, device="cpu")
    assert "\n" not in str(error.value)


def test_limits_that_cannot_be_kept_are_told(model, tmp_path):
    path = tmp_path / "one.fa"
    path.write_text(">p\n" + "A" * model.length + "\n")
    with pytest.raises(InputError, match="p: cannot be made to keep to the limits base by base"):
        design(model, path, up=["a"], longest_run=5, keep=[f"0:{model.length}"], device="cpu")


def test_a_signal_has_no_probability_to_reach(seqcnn, data, tmp_path, tiny):
    run = tmp_path / "run"
    done = seqcnn(
        "train", "--genome", data / "genome.fa", "--signal", data / "a.bw", "--window", "100",
        "--center", "60", "--val-contigs", "chr5", "--test-contigs", "chr6", *tiny, "--out", run,
    )  # fmt: skip
    assert done.code == 0, done.err
    model = load(run / "model.safetensors", device="cpu", precision="32")
    signal = model.outputs[-1]
    with pytest.raises(InputError, match=r"--until is a probability, and .* is a signal"):
        design(model, up=[signal], until=0.9, **QUICK)
    reading = design(model, up=[signal], **QUICK)
    assert (reading.table[f"{signal} value"] >= reading.table[f"{signal} value_start"]).all()

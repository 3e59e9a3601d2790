"""`seqcnn interpret` of bundles that tell classes apart, with two networks, on one strand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqcnn.api.interpret.attributions import attributions
from seqcnn.api.interpret.embeddings import embeddings
from seqcnn.api.interpret.filter_silencing import contrast
from seqcnn.api.interpret.inputs import read_inputs
from seqcnn.api.interpret.mutagenesis import mutagenesis
from seqcnn.api.interpret.weakness_calls import attacked_calls, calls_of
from seqcnn.api.model import Model
from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.settings.interpret.filters import FiltersSettings
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.labels import MultiClass
from seqcnn.training.bundle import Bundle

LENGTH = 30
CLASSES = ("0", "1", "5")


@pytest.fixture(scope="module")
def model() -> Model:
    arguments = {"filters": 4, "kernel": 6, "hidden": 0}
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        networks = [
            create_model("deepbind", dim=1, in_channels=4, out=3, **arguments) for _ in range(2)
        ]
    card: dict[str, Any] = {
        "architecture": {
            "name": "deepbind", "dim": 1, "in_channels": 4, "out": 3, "arguments": arguments,
        },
        "task": {"name": "binding", "target": MultiClass().to_dict()},
        "outputs": list(CLASSES),
        "encoder": SequenceEncoding(LENGTH, stranded=True).to_dict(),
    }  # fmt: skip
    states = tuple(network.state_dict() for network in networks)
    return Model(Bundle(card, states), device="cpu", precision="32", name="made")


@pytest.fixture(scope="module")
def letters() -> list[str]:
    random = np.random.default_rng(1)
    return ["".join(random.choice(list("ACGT"), LENGTH)) for _ in range(12)]


def table(path: Path, letters: list[str], labels: list[str]) -> Path:
    rows = [f"{one},{label}\n" for one, label in zip(letters, labels, strict=True)]
    path.write_text("sequence,label\n" + "".join(rows))
    return path


def centred_logits(model: Model, letters: list[str]) -> np.ndarray:
    logits = model.logits(model.encoding.examples(letters))
    return logits - logits.mean(1, keepdims=True)


def test_substitutions_change_differences_of_classes(model, letters, tmp_path):
    given = table(tmp_path / "one.csv", letters[:1], ["1"])
    found = mutagenesis(model, given).table
    row = found[(found["track"] == "5") & (found["position"] == 7)].iloc[0]
    changed = letters[0][:7] + row["alt"] + letters[0][8:]
    before, after = centred_logits(model, [letters[0], changed])[:, 2]
    assert row["effect"] == pytest.approx(after - before, abs=1e-6)
    assert row["alternative_value"] == pytest.approx(model.predict([changed])["5"][0], abs=1e-6)
    sums = found.groupby(["position", "alt"])["effect"].sum()
    assert sums.abs().max() < 1e-5 < found["effect"].abs().max()


def test_attributions_are_of_differences_of_classes(model, letters, tmp_path):
    given = table(tmp_path / "few.csv", letters[:4], ["1"] * 4)
    how: dict[str, Any] = {"references": 2, "gate_sequences": 2, "baseline": "uniform"}
    found = attributions(model, given, method="deeplift", **how)
    actual = found.arrays["actual"]  # (T, N, 4, L)
    np.testing.assert_allclose(actual.sum(0), 0, atol=1e-5)
    even = torch.full((1, 4, LENGTH), 0.25)
    with torch.no_grad():
        reference = model.whole(even).numpy()[0]
    expected = centred_logits(model, letters[:4]) - (reference - reference.mean())
    np.testing.assert_allclose(actual.sum((2, 3)).T, expected, atol=1e-4)


def test_the_gate_compares_the_same_differences(model, letters, tmp_path):
    given = table(tmp_path / "few.csv", letters[:4], ["1"] * 4)
    how: dict[str, Any] = {"references": 1, "gate_sequences": 4, "baseline": "uniform"}
    every = attributions(model, given, method="deeplift", **how).tables["gate"]
    one = attributions(model, given, method="deeplift", track=["5"], **how).tables["gate"]
    whole = every[every["track"] == "5"].set_index("test")["value"]
    assert one.set_index("test")["value"].to_dict() == pytest.approx(whole.to_dict(), abs=1e-4)


def test_calls_are_right_by_the_bundles_classes_though_the_table_has_few(model, letters, tmp_path):
    called = np.array(CLASSES)[centred_logits(model, letters).argmax(1)].tolist()
    rows = [row for row, name in enumerate(called) if name != "0"]
    assert len({called[row] for row in rows}) >= 1
    right = [letters[row] for row in rows]
    given = table(tmp_path / "right.csv", right, [called[row] for row in rows])
    settings = FiltersSettings(bundle=Path("m"), input=given)
    inputs = read_inputs(model, settings)
    calls = calls_of(model, [0, 1, 2], batch_size=8)
    probability = calls.probabilities(calls.logits(inputs.codes), calibrated=True)
    how: dict[str, Any] = {"confident": 0.0, "number": 99, "seed": 0}
    assert len(attacked_calls(calls, probability, inputs, **how)) == len(rows)
    wrong = table(tmp_path / "wrong.csv", right, ["0"] * len(rows))
    inputs = read_inputs(model, settings.model_copy(update={"input": wrong}))
    assert len(attacked_calls(calls, probability, inputs, **how)) == 0


def test_classes_are_told_apart_one_against_the_rest(model, letters, tmp_path):
    given = table(tmp_path / "two.csv", letters, ["1", "5"] * 6)
    settings = FiltersSettings(bundle=Path("m"), input=given)
    told = contrast(model, read_inputs(model, settings), [1, 2], settings)
    assert told.against == "their labels" and told.classes
    assert told.targets[:2].tolist() == [[1, 0], [0, 1]]


def test_one_class_is_set_against_shuffles_by_its_difference(model, letters, tmp_path):
    path = tmp_path / "plain.fa"
    path.write_text("".join(f">s{row}\n{one}\n" for row, one in enumerate(letters)))
    settings = FiltersSettings(bundle=Path("m"), input=path)
    inputs = read_inputs(model, settings)
    one = contrast(model, inputs, [2], settings).weights(3)
    np.testing.assert_allclose(one.sum(1), 0, atol=1e-12)
    assert not contrast(model, inputs, [0, 1, 2], settings).classes


def test_numbers_do_not_choose_the_sequences_to_silence_on(model, letters, tmp_path):
    given = table(tmp_path / "numbers.csv", letters, [f"{row}.5" for row in range(12)])
    settings = FiltersSettings(bundle=Path("m"), input=given)
    told = contrast(model, read_inputs(model, settings), [1], settings)
    assert len(told.codes) == 24


def test_an_atlas_of_one_input_is_refused(model, letters, tmp_path):
    given = table(tmp_path / "one.csv", letters[:1], ["1"])
    with pytest.raises(InputError, match=r"one\.csv: an atlas needs 3 inputs or more"):
        embeddings(model, given)

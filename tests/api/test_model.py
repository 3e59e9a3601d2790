"""A loaded bundle, from Python."""

import numpy as np
import pytest

import seqcnn
from seqcnn.encoders.dna import encode, one_hot
from seqcnn.errors import InputError


@pytest.fixture(scope="module")
def model(trained):
    return seqcnn.load(trained["tables"] / "model.safetensors", precision="32")


def test_strings_and_codes_give_the_same_predictions(model):
    sequences = ["ACGTT" * 12, "GGCAT" * 12]
    codes = np.stack([encode(sequence) for sequence in sequences])
    np.testing.assert_array_equal(model.predict(sequences), model.predict(codes))


def test_lower_case_and_u_read_as_upper_case_and_t(model):
    np.testing.assert_array_equal(model.predict(["acguu" * 12]), model.predict(["ACGTT" * 12]))


def test_predictions_are_named_probabilities(model):
    found = model.predict(["ACGTT" * 12] * 3)
    assert list(found.columns) == ["label"]
    assert found.shape == (3, 1)
    assert found["label"].between(0, 1).all()


def test_no_sequences_give_an_empty_table(model):
    assert model.predict([]).shape == (0, 1)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ("ACGT" * 15, "put the one string in a list"),
        (["ACGT" * 15, "ACG"], "sequence 2 has 3 bp; this model reads 60 bp"),
        (["ACG*" * 15], "sequence 1: "),
        (np.zeros((2, 59), np.uint8), r"wanted \(N, 60\)"),
    ],
)
def test_what_cannot_be_predicted_is_refused(model, sequences, message):
    with pytest.raises(InputError, match=message):
        model.predict(sequences)


def test_model_shows_what_it_is(model):
    assert "binding, 1 outputs, 60 bp" in repr(model)
    assert "<th" in model._repr_html_()


def test_one_hot_input_gives_the_predictions_of_its_letters(model):
    codes = np.stack([encode("ACGTT" * 12)])
    np.testing.assert_allclose(model.predict(one_hot(codes)), model.predict(codes), atol=1e-6)

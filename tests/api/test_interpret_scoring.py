"""What numbers of a bundle's outputs are called."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from seqcnn.api.interpret.activations import _titles
from seqcnn.api.interpret.atlas_colours import predicted
from seqcnn.api.interpret.attributions import _stems
from seqcnn.api.interpret.scoring import output_units, units_of, value_words
from seqcnn.tasks.labels import MultiClass
from seqcnn.tasks.signals import OpenAndSignal

OUTPUTS = ("a", "b", "a signal", "b signal")


def open_and_signal() -> Any:
    def predict_batches(examples: Any) -> Any:
        yield np.array([[0.2, 0.7, 5.0, 9.0]])

    examples = SimpleNamespace(subset=lambda rows: rows)
    model = SimpleNamespace(
        target=OpenAndSignal(), outputs=OUTPUTS, predict_batches=predict_batches
    )
    return model, SimpleNamespace(examples=examples, names=("first",))


def test_signals_are_no_probabilities() -> None:
    model, _ = open_and_signal()
    assert units_of(model) == ["probability", "probability", "signal", "signal"]
    assert output_units(model) == ["logit", "logit", "output", "output"]
    assert value_words(model) == ["probability", "probability", "predicted", "predicted"]
    values = np.array([[0.2, 0.7, 5.0, 9.0]])
    assert predicted(model, values, 1).name == "probability: b"
    assert predicted(model, values, 3).name == "predicted: b signal"


def test_the_likeliest_output_is_named_and_not_the_highest_signal() -> None:
    model, given = open_and_signal()
    assert _titles(model, given, 1) == ["first, probability of b: 0.7"]


def test_classes_are_probabilities() -> None:
    model: Any = SimpleNamespace(target=MultiClass(), outputs=("0", "1", "2"))
    assert units_of(model) == ["probability"] * 3


def test_files_of_tracks_do_not_overwrite_each_other() -> None:
    assert _stems(["liver"]) == ("",)
    assert _stems(["liver", "T cell"]) == ("_liver", "_T_cell")
    assert _stems(["T cell", "T/cell"]) == ("_1", "_2")

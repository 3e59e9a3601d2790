"""What the points of an atlas are coloured by."""

from difflib import get_close_matches

import numpy as np

from seqcnn.api.interpret.given import Given
from seqcnn.api.interpret.scoring import value_words
from seqcnn.api.model import Model
from seqcnn.errors import InputError
from seqcnn.report.atlas_figures import Classes, Numbers


def label_classes(given: Given, name: str | None = None) -> Classes | None:
    """The labels of the inputs as classes: those of the column `name`, or of the first.

    None where there are no labels, or where they are neither classes nor yes and no.
    """
    if given.labels is None:
        return None
    if given.classes:
        return Classes("label", given.labels[:, 0].astype(np.int64), given.label_names)
    column = 0 if name is None else given.label_names.index(name)
    values = given.labels[:, column]
    if not np.isin(values, (0, 1)).all():
        return None
    return Classes(given.label_names[column], values.astype(np.int64), ("no", "yes"))


def predicted(model: Model, values: np.ndarray, track: int) -> Classes | Numbers:
    """Predictions (N, T): the most probable class, or the number of one output."""
    if model.target.baselines == "multiclass" and values.shape[1] > 2:
        return Classes("predicted class", values.argmax(1), model.outputs)
    return _numbers(model, values, track)


def _numbers(model: Model, values: np.ndarray, track: int) -> Numbers:
    word = value_words(model)[track]
    return Numbers(f"{word}: {model.outputs[track]}", values[:, track], word == "probability")


def chosen_colour(
    asked: str, model: Model, given: Given, values: np.ndarray, track: int
) -> Classes | Numbers:
    """The colour that is asked for by name.

    Raises:
        InputError: the inputs do not have it; names what they have.
    """
    known = ["label", "prediction", "gc", *given.label_names, *model.outputs]
    if asked == "prediction":
        return predicted(model, values, track)
    if asked == "gc":
        if given.sequences is None:
            raise InputError("--colour gc: only sequences have a GC content")
        codes = given.sequences.codes
        letters = np.maximum((codes < 4).sum(1), 1)
        share = ((codes == 1) | (codes == 2)).sum(1) / letters
        return Numbers("GC content", share, True)
    if asked == "label" or asked in given.label_names:
        if given.labels is None:
            raise InputError(
                f"--colour {asked}: the inputs have no labels; pass a table with a label column, "
                "or --colour prediction"
            )
        found = label_classes(given, asked if asked in given.label_names else None)
        column = given.label_names.index(asked) if asked in given.label_names else 0
        return found or Numbers(given.label_names[column], given.labels[:, column])
    if asked in model.outputs:
        return _numbers(model, values, model.outputs.index(asked))
    near = get_close_matches(asked, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known[:10])}"
    raise InputError(f"--colour {asked}: neither a label nor an output{hint}")

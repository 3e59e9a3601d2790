"""Labels of tables as targets."""

import numpy as np
import pytest

from seqcnn.data.sequences import SequenceTable
from seqcnn.tasks.tables import labels


def table(*values: float) -> SequenceTable:
    return SequenceTable(
        path="t.csv",
        identifiers=None,
        sequences=["ACGT"] * len(values),
        lines=np.arange(2, 2 + len(values)),
        labels=np.array(values, np.float32)[:, None],
        label_names=("bound",),
        weights=None,
    )


@pytest.mark.parametrize(
    ("values", "wanted"),
    [((0, 1, 1), [0, 1, 1]), ((0, 0), [0, 0]), ((1, 1), [1, 1]), ((2, 5), [0, 1])],
    ids=["both", "negatives alone", "positives alone", "other numbers"],
)
def test_the_higher_of_two_labels_is_one(values, wanted):
    _, names, columns = labels({"input": table(*values)})
    assert names == ("bound",)
    assert columns["input"][:, 0].tolist() == wanted

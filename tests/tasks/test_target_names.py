"""What measures the tracks calls them by their names."""

import numpy as np
import pytest

from seqcnn.tasks.targets import TARGETS


@pytest.mark.parametrize(
    ("target", "columns", "names"),
    [
        ("multilabel", 2, ("liver", "blood")),
        ("multiclass", 3, ("a", "b", "c")),
        ("signal", 2, ("liver", "blood")),
        ("open+signal", 4, ("liver", "blood")),
    ],
)
def test_tracks_are_measured_by_their_names(target, columns, names):
    random = np.random.default_rng(0)
    values = random.random((40, columns))
    targets = (random.random((40, columns)) > 0.5).astype(np.float32)
    if target == "multiclass":
        targets = np.arange(40, dtype=np.float32)[:, None] % 3
    found = TARGETS[target].measure(
        values, targets, thresholds=np.full(2, 0.5), groups=None, seed=0, names=names
    )
    assert found.names == names

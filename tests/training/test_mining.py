"""The second stage of training, which draws undecided examples more often."""

from dataclasses import dataclass

import numpy as np
import pytest

from seqcnn.settings import FitSettings
from seqcnn.training import mining


@dataclass(frozen=True)
class Some:
    targets: np.ndarray
    sampling: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.targets)


SETTLED, OPEN, WRONG = [9.0, 0.0], [0.0, 0.0], [-9.0, 0.0]
EXAMPLES = Some(np.zeros((3, 1), np.float32))
LOGITS = np.array([SETTLED, OPEN, WRONG])


def test_settled_examples_are_drawn_a_tenth_as_often():
    assert mining.harder(EXAMPLES, LOGITS).sampling == pytest.approx([0.101, 1.0, 1.0], abs=1e-3)


def test_the_balance_of_classes_is_kept_beside_it():
    balanced = Some(EXAMPLES.targets, np.array([1.0, 4.0, 1.0]))
    assert mining.harder(balanced, LOGITS).sampling[1] == 4
    assert "2 of 3 training examples are undecided" in mining.told(balanced, LOGITS)


def test_both_stages_have_all_the_steps():
    settings = FitSettings(max_steps=100, warmup_steps=10, validate_every=5, patience=50)
    first, last = mining.stages(settings, 0.4)
    assert (first.max_steps, last.max_steps) == (60, 40)
    assert last.lr == pytest.approx(settings.lr / 3)
    assert first.seed != last.seed

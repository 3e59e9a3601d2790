"""What the report takes from a run on images."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from seqcnn.api.evaluation import Evaluation
from seqcnn.api.report import _leakage_findings
from seqcnn.api.report_classes import confusion, mistakes, per_class
from seqcnn.data.images import Images
from seqcnn.data.leakage import LeakageReport
from seqcnn.tasks.labels import ImageClass, MultiLabel

NAMES = ("cat", "dog", "owl")


def measured(true: Any, values: np.ndarray) -> Evaluation:
    targets = np.asarray(true, np.float32)[:, None]
    return Evaluation("test", None, values, targets)  # type: ignore[arg-type]


def data_of(images: Any = None, target: Any = None, kind: str = "image") -> Any:
    return SimpleNamespace(
        target=target or ImageClass(),
        outputs=NAMES,
        encoding=SimpleNamespace(kind=kind, channels=("intensity",)),
        splits={"test": images},
    )


def images_of(true: Any) -> Images:
    """Image i is of the value i throughout."""
    targets = np.asarray(true, np.float32)[:, None]
    pixels = np.arange(len(targets), dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(4, 2)
    return Images(targets, NAMES, 4, "gray", 4, pixels=pixels)


def test_confusion_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    true, values = random.integers(0, 3, 100), random.dirichlet(np.ones(3), 100)
    found = confusion(data_of(), measured(true, values))
    np.testing.assert_array_equal(found, confusion_matrix(true, values.argmax(1)))


def test_rows_of_no_known_class_are_not_counted() -> None:
    found = confusion(data_of(), measured([0, -1, np.nan], np.eye(3)))
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_tracks_have_no_confusion() -> None:
    data = data_of(target=MultiLabel())
    assert confusion(data, measured([0, 1], np.eye(3)[:2])) is None


def test_the_surest_mistake_comes_first() -> None:
    values = np.array([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.1, 0.2, 0.7], [0, 0.8, 0.2]])
    true = [0, 1, 0, 2]  # right, wrong, wrong, wrong
    found = mistakes(data_of(images_of(true)), measured(true, values))
    assert [(one.pixels[0, 0, 0], one.true, one.called) for one in found] == [
        (3, "owl", "dog"),
        (2, "cat", "owl"),
        (1, "dog", "cat"),
    ]
    assert (found[0].probability, found[0].own) == pytest.approx((0.8, 0.2))


def test_mistakes_are_at_most_twelve() -> None:
    true = [0] * 20
    values = np.tile([0.1, 0.9, 0.0], (20, 1))
    assert len(mistakes(data_of(images_of(true)), measured(true, values))) == 12


def test_a_mistake_bears_the_name_of_its_file(tmp_path: Path) -> None:
    Image.new("L", (4, 4), 9).save(tmp_path / "felix.png")
    images = Images(
        np.zeros((1, 1), np.float32), NAMES, 4, "gray", 4, files=(tmp_path / "felix.png",)
    )
    (found,) = mistakes(data_of(images), measured([0], np.array([[0.0, 1, 0]])))
    assert found.name == "felix.png"


def test_without_mistakes_or_images_there_is_no_gallery() -> None:
    right = measured([0, 1], np.eye(3)[:2])
    assert mistakes(data_of(images_of([0, 1])), right) == []
    assert mistakes(data_of(kind="sequence"), measured([1, 0], np.eye(3)[:2])) == []


def test_examples_of_a_class_are_counted() -> None:
    assert per_class(data_of(), images_of([0, 0, 1, 2])) == "1 to 2"
    assert per_class(data_of(), images_of([0, 1, 2])) == "1"


def test_images_that_were_not_compared_are_not_called_free_of_copies() -> None:
    (found,) = _leakage_findings(data_of(), LeakageReport((), ("images were not compared",)))
    assert (found.level, found.text) == ("warning", "Images were not compared.")

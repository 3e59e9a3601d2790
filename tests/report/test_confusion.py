import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix as reference

from seqcnn.report.confusion import confused_pairs, confusion_matrix

COUNTS = np.array([[8, 2, 0], [0, 10, 0], [5, 0, 5]])
NAMES = ("cat", "dog", "owl")


def cells(figure: Figure) -> dict[tuple[int, int], str]:
    """Number by (row, column) of each cell that has one."""
    found = {}
    for text in figure.axes[0].texts:
        x, y = text.get_position()
        found[int(y), int(x)] = text.get_text()
    return found


def test_cells_hold_the_counts_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    true, called = random.integers(0, 5, 200), random.integers(0, 5, 200)
    counts = np.zeros((5, 5), int)
    np.add.at(counts, (true, called), 1)
    wanted = reference(true, called)
    shown = cells(confusion_matrix(counts, [str(number) for number in range(5)]))
    assert shown == {place: str(count) for place, count in np.ndenumerate(wanted) if count}


def test_cells_without_a_count_are_blank() -> None:
    assert set(cells(confusion_matrix(COUNTS, NAMES))) == {(0, 0), (0, 1), (1, 1), (2, 0), (2, 2)}


def test_rows_are_the_true_class_from_the_top() -> None:
    axes = confusion_matrix(COUNTS, NAMES).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "owl"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("true class", "called class")
    assert axes.get_ylim() == (3, 0)


def test_a_class_without_examples_has_an_empty_row() -> None:
    counts = np.array([[3, 0], [0, 0]])
    assert cells(confusion_matrix(counts, NAMES[:2])) == {(0, 0): "3"}


def test_the_most_frequent_wrong_calls_come_first() -> None:
    table = confused_pairs(COUNTS, NAMES, 10)
    assert table is not None
    assert list(table.rows) == [
        ("owl", "cat", "5 of 10", "50.0 %"),
        ("cat", "dog", "2 of 10", "20.0 %"),
    ]


def test_no_more_wrong_calls_are_listed_than_asked() -> None:
    table = confused_pairs(COUNTS, NAMES, 1)
    assert table is not None and len(table.rows) == 1


def test_where_every_call_is_right_there_are_no_pairs() -> None:
    assert confused_pairs(np.diag([3, 4]), NAMES[:2], 5) is None

"""How objects show themselves in a notebook."""

import numpy as np
import pytest

from seqcnn.data import notebook
from seqcnn.data.examples import Examples


def test_what_files_say_is_text():
    html = notebook.shown(
        "<b>", notebook.facts({"<i>": "<u>"}), notebook.grid(["<th>"], [["<td> [<s>, 1]"]]),
        notebook.text("<p>"), notebook.warning("<div>"),
    )  # fmt: skip
    for name in ("<b>", "<i>", "<u>", "<th>", "<td>", "<s>", "<p><p>", "<div><div>"):
        assert name not in html.partition("</style>")[2]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ((0.9126, 0.9, 0.92), "0.913 [0.900, 0.920]"),
        ((0.9126, None, None), "0.913"),
        ((None, None, None), "–"),  # noqa: RUF001
    ],
)
def test_an_interval_is_written_once(found, wanted):
    assert notebook.interval(found) == wanted


@pytest.mark.parametrize(
    ("targets", "names", "wanted"),
    [
        ([[1, 0], [1, 1]], ("a", "b"), "a 100.0%, b 50.0%"),
        ([[0], [2], [2]], ("x", "y", "z"), "x 1, y 0, z 2"),
        ([[0.5], [2.5]], ("signal",), "signal 1.5 on average"),
        (np.zeros((2, 0)), (), "none"),
        (np.ones((1, 8)), tuple("abcdefgh"), "a 100.0%, b 100.0%, c 100.0%, d 100.0%, e 100.0%, "
         "f 100.0%, … (8 in all)"),
    ],
)  # fmt: skip
def test_labels_are_told_in_words(targets, names, wanted):
    assert notebook.labels(np.asarray(targets, np.float32), names) == wanted


def test_examples_show_size_labels_and_gc():
    examples = Examples.from_sequences(["ACGT", "GGGN"], [[1], [0]], names=["<bound>"])
    assert repr(examples) == "Examples(2 of 4 bp, 1 outputs)"
    html = examples._repr_html_()
    assert examples.gc() == pytest.approx(5 / 7)
    for text in ("2 of 4 bp", "&lt;bound&gt; 50.0%", "71.4%"):
        assert text in html

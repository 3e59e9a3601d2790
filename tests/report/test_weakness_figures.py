import numpy as np

from seqcnn.encoders.dna import encode
from seqcnn.report.weakness_figures import (
    Changed,
    adversarial_figure,
    confidence_figure,
    edits_figure,
    fooling_figure,
)


def test_flips_are_drawn_searched_and_at_random() -> None:
    share = {"call lost": np.array([0, 0.5, 1.0])}
    figure = adversarial_figure(share, {"call lost": np.array([0, 0.1, 0.2])})
    (axes,) = figure.axes
    searched, random = axes.lines
    assert searched.get_ydata().tolist() == [0, 50, 100]
    assert random.get_ydata().tolist() == [0, 10, 20]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("substitutions (bp)", "calls flipped (%)")


def test_confidence_names_the_share_above_a_probability_of_090() -> None:
    sure, unsure = np.array([0.95, 0.99, 0.2, 0.92]), np.full(4, 0.5)
    kinds = {"given": (sure, unsure, 0.01), "random": (unsure, unsure, 0.75)}
    figure = confidence_figure(kinds)
    assert len(figure.axes) == 3
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == ["75 %", "0 %", "> 0.9"]
    bars = [round(bar.get_width(), 6) for bar in figure.axes[2].patches]
    assert bars == [1.0, 75.0]


def test_confidence_has_no_flags_without_a_distance() -> None:
    half = np.full(3, 0.5)
    assert len(confidence_figure({"given": (half, half, None)}).axes) == 2


def test_paths_end_where_noise_was_believed() -> None:
    path = np.array([[0.1, 0.2], [0.995, 0.6], [np.nan, 0.99]])
    like = {"noise": np.array([0.1]), "evolved": np.array([0.2]), "given": np.array([0.5])}
    figure = fooling_figure(path, like)
    ends = figure.axes[0].lines[-1]
    assert ends.get_xdata().tolist() == [1, 2] and ends.get_ydata().tolist() == [0.995, 0.99]


def test_changed_letters_stand_out() -> None:
    figure = edits_figure([Changed("one", encode("ACGTN"), encode("ACTTN"))])
    (axes,) = figure.axes
    assert [patch.get_x() for patch in axes.patches] == [1.5, 1.5]
    assert "".join(text.get_text() for text in axes.texts) == "ACGTNACTTN"


def test_long_sequence_is_cut_to_where_the_changes_are() -> None:
    before = np.zeros(600, np.uint8)
    after = before.copy()
    after[[400, 420]] = 2
    (axes,) = edits_figure([Changed("long", before, after)]).axes
    low, high = axes.get_xlim()
    assert low < 400 and high > 420 and high - low == 90

"""Figures of attributions."""

import numpy as np
import pytest

from seqcnn.report.attribution_figures import (
    Attributed,
    PatternShown,
    attribution_logos,
    gate_figure,
    pattern_logos,
    zoom,
)
from seqcnn.report.embed import image_uri


def test_the_zoom_is_the_100_bp_with_most():
    strength = np.zeros(600)
    strength[[40, 310, 390]] = (1.5, 1.0, 1.0)
    start, end = zoom(strength)
    assert end - start == 100
    assert start <= 310 < 390 < end
    assert zoom(np.ones(101)) == (0, 101)


@pytest.mark.parametrize(("length", "axes"), [(101, 2), (300, 4)])
def test_long_windows_get_a_track_of_the_whole_above_each_logo(length, axes):
    values = np.zeros((4, length))
    values[1, 50:60] = 0.5
    values[2, 60] = -0.2
    shown = [Attributed(f"chr{row}:0-{length}", values, 1.25) for row in (1, 2)]
    figure = attribution_logos(shown, unit="logit")
    assert len(figure.axes) == axes
    assert figure.axes[0].get_title(loc="left") == f"chr1:0-{length}   logit 1.25"
    assert figure.axes[-1].get_xlabel() == "position in the window (bp)"
    assert figure.axes[-1].get_ylabel() == "attribution\n(logit)"
    assert len(image_uri(figure)) < 400_000


@pytest.mark.parametrize("sums", [True, False])
def test_the_gate_shows_sums_where_there_are_any(sums):
    values = np.linspace(-1, 2, 12)
    figure = gate_figure(
        expected=values,
        summed=values if sums else None,
        mutated=np.where(values > 1.5, np.nan, values),
        attributed=values,
        correlation=0.93,
        randomised=np.array([0.1, np.nan, 0.7]),
        limits=(0.3, 0.5),
        unit="logit",
    )
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[-2:] == ["Mutagenesis: one dot a base, r .93", "Randomised weights"]
    assert len(titles) == (3 if sums else 2)
    assert figure.axes[-1].get_ylim()[1] > 0.7
    assert image_uri(figure).startswith("data:image/svg")


def test_a_motifs_columns_stand_where_they_lie_over_the_patterns():
    pattern = np.eye(4)[:, [0, 1, 2, 3, 0]]
    motif = np.eye(4)[:, [3, 3, 0, 1, 2, 3, 0]]
    shown = [
        PatternShown("pos_1, 90 seqlets", pattern, motif, "GATA1, q 1e-9", offset=2),
        PatternShown("pos_2, 40 seqlets", pattern, None, "nothing alike; nearest GATA2, q 0.4"),
    ]
    figure = pattern_logos(shown, unit="logit")
    own, known, _, empty = figure.axes
    assert own.get_xlim() == (-2.5, 4.5)
    # Column 2 of the motif is drawn where column 0 of the pattern is.
    assert known.get_xlim() == (-0.5, 6.5)
    labels = {
        round(tick): text.get_text()
        for tick, text in zip(known.get_xticks(), known.get_xticklabels(), strict=True)
    }
    assert labels[2] == "0"
    assert not empty.axison
    assert len(pattern_logos(shown[1:], unit="logit").axes) == 1

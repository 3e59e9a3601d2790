import numpy as np
import pytest

from seqcnn.report.mutagenesis_figures import SaturationMap, saturation_figure, zoomed


def drawn(length: int, important: int) -> SaturationMap:
    effects = np.zeros((length, 4))
    effects[important, 1:] = -2.0
    loss = np.zeros(length)
    loss[important] = 2.0
    return SaturationMap(
        "site: liver", effects, loss, np.zeros(length, np.uint8), 1000, "chr1 (bp)"
    )


def test_short_sequence_is_shown_whole():
    figure = saturation_figure(drawn(60, 30))
    logo, changes, bar = figure.axes
    assert changes.get_images()[0].get_array().shape == (4, 60)
    assert [label.get_text() for label in changes.get_yticklabels()] == list("ACGT")
    assert changes.get_xticklabels()[0].get_text() == "1,000"
    assert bar.get_ylabel() == "effect on logit"
    assert logo.get_ylim()[1] == pytest.approx(2.0, rel=0.1)


def test_long_sequence_has_a_part_with_letters():
    figure = saturation_figure(drawn(600, 500))
    shapes = [axes.get_images()[0].get_array().shape for axes in (figure.axes[1], figure.axes[3])]
    assert shapes == [(4, 600), (4, 80)]


def test_part_is_where_the_strongest_bases_are():
    strength = np.zeros(600)
    strength[300:310] = 1
    start, end = zoomed(strength)
    assert end - start == 80
    assert start <= 300 and end >= 310


def test_map_without_any_effect_is_drawn():
    shown = drawn(40, 20)
    figure = saturation_figure(
        SaturationMap("flat", shown.effects * 0, shown.loss * 0, shown.codes, 0, "position (bp)")
    )
    figure.canvas.draw()

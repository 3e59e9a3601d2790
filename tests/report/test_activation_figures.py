"""Figures of activations and atlases: what is drawn where, and in which colours."""

import base64

import numpy as np
import pytest

from seqcnn.report.activation_figures import (
    HEAT,
    SIGNED,
    LayerMap,
    picture_maps,
    scale_of,
    sequence_maps,
)
from seqcnn.report.atlas_figures import Classes, Numbers, atlas_figure
from seqcnn.report.embed import image_uri
from seqcnn.report.top_input_figures import (
    LayerDepth,
    WindowRow,
    patch_figure,
    stretch,
    window_logos,
)


def svg(figure) -> str:
    return base64.b64decode(image_uri(figure).partition(",")[2]).decode()


def test_values_far_below_zero_have_colours_of_their_own():
    norm, colours = scale_of(np.array([-2.0, 0.0, 1.0]))
    assert (colours, norm.vmin, norm.vmax) == (SIGNED, -norm.vmax, norm.vmax)
    norm, colours = scale_of(np.array([-0.17, 0.0, 3.0]))
    assert (colours, norm.vmin) == (HEAT, 0.0)
    assert scale_of(np.zeros(4))[0].vmax == 1.0


def test_maps_stand_where_their_windows_do():
    layer = LayerMap("conv", np.eye(3), "each position sees 5 bp, 3 channels", (2.0, 17.0))
    figure = sequence_maps([layer], np.eye(4).repeat(5, axis=1), "chr1:5-25")
    heat = next(axes for axes in figure.axes if axes.images)
    assert heat.images[0].get_extent() == [2.0, 17.0, 2.5, -0.5]
    assert heat.get_xlim() == (-0.5, 19.5)
    text = svg(figure)
    assert "conv: each position sees 5 bp" in text and "position in the input (bp)" in text


def test_small_pictures_are_framed():
    layer = LayerMap("conv", np.zeros((14, 4, 6)), "14 channels")
    figure = picture_maps([layer], np.zeros((8, 8, 1), np.uint8), "site")
    picture, sheet, _ = figure.axes
    assert picture.images and sheet.images
    # 14 tiles of 6 x 4, eight pixels each, in rows of 12, with frames and gaps.
    assert sheet.images[0].get_array().shape == (2 * (34 + 5) - 5, 12 * (50 + 5) - 5, 4)


def test_of_a_wide_window_the_stretch_with_most_bits_is_shown():
    counts = np.full((4, 200), 5.0)
    counts[:, 150:160] = np.array([20.0, 0, 0, 0])[:, None]
    first, last = stretch(counts)
    assert last - first == 64
    assert first <= 150 < 160 <= last
    assert stretch(counts[:, :40]) == (0, 40)


def test_logos_name_their_channels_and_windows():
    counts = np.full((4, 12), 5.0)
    counts[2, 5] = 50
    row = WindowRow("channel 7", counts, np.full((3, 12), 4, np.uint8), "1.2 bits in 1 of 12 bp")
    text = svg(window_logos([row], "body: receptive field 12 bp"))
    assert "channel 7: 1.2 bits in 1 of 12 bp" in text
    assert "position in the window (bp)" in text


def test_channels_above_all_random_windows_are_told():
    depth = LayerDepth("conv", 12, np.array([1.0, 5.0]), np.array([2.0, 3.0]), None)
    assert depth.above.tolist() == [False, True]


def test_patches_stand_three_by_three():
    tiles = np.zeros((9, 6, 6, 1), np.uint8)
    figure = patch_figure([tiles] * 7, [f"{n}" for n in range(7)], title="conv")
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(drawn) == 7
    assert drawn[0].images[0].get_array().shape == (22, 22, 3)


@pytest.mark.parametrize("classes", [2, 10, 30])
def test_every_class_looks_unlike_every_other(classes):
    names = [f"class {n}" for n in range(classes)]
    number = np.arange(90) % classes
    points = np.random.default_rng(0).normal(size=(90, 2))
    axes_names = ("a", "b")
    figure = atlas_figure(
        points, Classes("label", number, names), axes_names=axes_names, ticks=True
    )
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == min(classes, 24)
    looks = {
        (tuple(handle.get_facecolor()[0][:3]), handle.get_paths()[0].vertices.tobytes())
        for handle in legend.legend_handles
    }
    assert len(looks) == min(classes, 24)


def test_numbers_have_a_bar_with_their_name():
    values = np.array([0.1, 0.9, np.nan])
    figure = atlas_figure(
        np.zeros((3, 2)), Numbers("probability: liver", values, True),
        axes_names=("t-SNE 1", "t-SNE 2"), ticks=False,
    )  # fmt: skip
    assert figure.axes[1].get_ylabel() == "probability: liver"
    assert figure.axes[0].get_xticks().tolist() == []

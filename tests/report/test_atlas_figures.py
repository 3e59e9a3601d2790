import numpy as np

from seqcnn.report.atlas_figures import Classes, atlas_figure


def colours(number: list[int], classes: int) -> list[tuple[float, ...]]:
    points = np.zeros((len(number), 2))
    colour = Classes("label", np.array(number), [str(n) for n in range(classes)])
    figure = atlas_figure(points, colour, axes_names=("x", "y"), ticks=True)
    handles = figure.axes[0].get_legend().legend_handles
    return [tuple(handle.get_facecolor()[0]) for handle in handles]


def test_two_of_ten_classes_have_colours_of_their_own() -> None:
    first, second = colours([1, 7, 1, 7], classes=10)
    assert first != second


def test_of_few_classes_each_keeps_its_colour_where_others_are_absent() -> None:
    assert colours([0, 1, 2], classes=3)[2] == colours([0, 2], classes=3)[1]

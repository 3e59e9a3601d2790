import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from seqcnn.report.logo import COLOURS, draw_logo, letter_heights


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def extent_of(ax: Axes, letter: str) -> list[float]:
    colour = COLOURS[letter].lower()
    patches = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == colour]
    assert len(patches) == 1
    box = patches[0].get_path().get_extents()
    return [float(value) for value in (box.x0, box.y0, box.x1, box.y1)]


def test_certain_base_is_two_bits_high() -> None:
    assert letter_heights(np.array([[1.0], [0], [0], [0]]), "information")[0, 0] == 2


def test_equal_bases_have_no_height() -> None:
    assert letter_heights(np.full((4, 3), 7.0), "information").tolist() == [[0.0] * 3] * 4


def test_two_equal_bases_share_one_bit() -> None:
    heights = letter_heights(np.array([[5.0], [5], [0], [0]]), "information")
    assert heights[:, 0].tolist() == [0.5, 0.5, 0, 0]


def test_a_column_without_counts_is_empty() -> None:
    assert letter_heights(np.zeros((4, 1)), "probability").tolist() == [[0.0]] * 4


def test_heights_agree_with_entropy_from_scipy() -> None:
    from scipy.stats import entropy

    counts = np.random.default_rng(0).random((4, 8))
    heights = letter_heights(counts, "information")
    np.testing.assert_allclose(heights.sum(axis=0), 2 - entropy(counts, base=2, axis=0))


def test_letter_fills_its_box(ax: Axes) -> None:
    draw_logo(ax, np.array([[0.0, 0], [0, 3], [0, 0], [0, 0]]), kind="score")
    np.testing.assert_allclose(extent_of(ax, "C"), [0.54, 0, 1.46, 3], atol=1e-6)


def test_largest_letter_stands_on_top(ax: Axes) -> None:
    draw_logo(ax, np.array([[0.7], [0], [0.3], [0]]), kind="probability")
    np.testing.assert_allclose(extent_of(ax, "G")[1::2], [0, 0.3], atol=1e-6)
    np.testing.assert_allclose(extent_of(ax, "A")[1::2], [0.3, 1], atol=1e-6)


def test_negative_scores_hang_below_the_axis(ax: Axes) -> None:
    draw_logo(ax, np.array([[-1.0], [2], [0], [-3]]), kind="score")
    np.testing.assert_allclose(extent_of(ax, "A")[1::2], [-1, 0], atol=1e-6)
    np.testing.assert_allclose(extent_of(ax, "T")[1::2], [-4, -1], atol=1e-6)
    np.testing.assert_allclose(extent_of(ax, "C")[1::2], [0, 2], atol=1e-6)


def test_rna_logo_has_u(ax: Axes) -> None:
    draw_logo(ax, np.array([[0.0], [0], [0], [1]]), kind="probability", letters="ACGU")
    assert extent_of(ax, "U")[3] == pytest.approx(1)


def test_matrix_lying_on_its_side_is_refused(ax: Axes) -> None:
    with pytest.raises(ValueError, match=r"a logo needs a \(4, L\) matrix, got \(19, 4\)"):
        draw_logo(ax, np.zeros((19, 4)))


def test_negative_counts_are_refused(ax: Axes) -> None:
    with pytest.raises(ValueError, match="none below 0"):
        draw_logo(ax, np.array([[-1.0], [1], [0], [0]]))

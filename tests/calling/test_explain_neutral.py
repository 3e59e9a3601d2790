"""What hides a channel, a column or a number, on a picture of three fragments."""

import numpy as np
import pytest

from seqcnn.calling.explain_neutral import (
    blank_columns,
    neutral_channel,
    number_groups,
    numbers_of,
    reference_only,
    window_numbers,
    with_numbers,
)
from seqcnn.calling.images import PileupImages
from seqcnn.encoders.count_features import FEATURES
from seqcnn.encoders.pileup_rows import CHANNELS

IMAGES = PileupImages(rows=4, columns=3)
A, C, G = 250, 30, 180
FORWARD, BACKWARD, SAME, MISMATCH, DELETED = 70, 240, 50, 254, 150


@pytest.fixture
def pixels() -> np.ndarray:
    """Reference A C G; the first fragment shows G for C, the second ends before it, the third has
    it deleted."""
    picture = np.zeros((4, 3, 7), np.uint8)
    picture[:3, :, 6] = [A, C, G]
    picture[0] = [
        [A, 100, 254, FORWARD, 254, SAME, A],
        [G, 200, 254, FORWARD, 254, MISMATCH, C],
        [G, 200, 254, FORWARD, 254, SAME, G],
    ]
    picture[1, 0] = [A, 100, 54, FORWARD, 110, SAME, A]
    picture[2] = [
        [A, 50, 254, BACKWARD, 110, SAME, A],
        [0, 50, 254, BACKWARD, 110, DELETED, C],
        [G, 50, 254, BACKWARD, 110, SAME, G],
    ]
    return picture


def channel(picture: np.ndarray, name: str) -> list[list[int]]:
    return picture[:, :, CHANNELS.index(name)].tolist()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("read base", [[A, C, G], [A, 0, 0], [A, C, G], [0, 0, 0]]),
        ("base quality", [[107, 107, 107], [107, 0, 0], [107, 107, 107], [0, 0, 0]]),
        ("mapping quality", [[225, 225, 225], [225, 0, 0], [225, 225, 225], [0, 0, 0]]),
        ("strand", [[70, 70, 70], [240, 0, 0], [70, 70, 70], [0, 0, 0]]),
        ("allele", [[25, 25, 25], [25, 0, 0], [25, 25, 25], [0, 0, 0]]),
        ("difference", [[SAME, SAME, SAME], [SAME, 0, 0], [SAME, SAME, SAME], [0, 0, 0]]),
        ("reference base", [[0, 0, 0]] * 4),
    ],
)
def test_a_neutral_channel_keeps_the_shape_of_the_fragments(pixels, name, values):
    before = pixels.copy()
    hidden = neutral_channel(pixels, name, IMAGES)
    assert channel(hidden, name) == values
    others = [number for number, other in enumerate(CHANNELS) if other != name]
    np.testing.assert_array_equal(hidden[:, :, others], before[:, :, others])
    np.testing.assert_array_equal(pixels, before)


def test_a_picture_of_the_reference_alone_keeps_qualities_and_strands(pixels):
    plain = reference_only(pixels, IMAGES)
    assert channel(plain, "read base") == [[A, C, G], [A, 0, 0], [A, C, G], [0, 0, 0]]
    assert channel(plain, "allele") == [[110] * 3, [110, 0, 0], [110] * 3, [0, 0, 0]]
    assert channel(plain, "difference") == [[SAME] * 3, [SAME, 0, 0], [SAME] * 3, [0, 0, 0]]
    for name in ("base quality", "mapping quality", "strand", "reference base"):
        assert channel(plain, name) == channel(pixels, name)


def test_columns_are_blanked_within_the_picture(pixels):
    hidden = blank_columns(pixels, -1, 2, IMAGES)
    assert not hidden[:, :2].any()
    np.testing.assert_array_equal(hidden[:, 2], pixels[:, 2])


def test_numbers_of_a_combined_image_are_put_back_where_they_were():
    images = PileupImages(encoder="combined", rows=8, columns=9)
    image = np.random.default_rng(0).integers(0, 255, (8, 9, 7), np.uint8)
    numbers = numbers_of(image, images)
    assert numbers.shape == (len(FEATURES),) and images.number_rows == 3
    put = with_numbers(image, numbers, images)
    np.testing.assert_array_equal(put[:5], image[:5])
    np.testing.assert_array_equal(put[5:].reshape(-1)[: len(FEATURES)], numbers)


def test_every_number_is_in_one_group():
    groups = number_groups()
    assert sorted(np.concatenate(list(groups.values())).tolist()) == list(range(len(FEATURES)))
    assert FEATURES.index("differ at +0") in groups["fragments by allele"]
    assert [FEATURES[i] for i in window_numbers()][24:27] == [
        *("differ at -1", "differ at +0", "differ at +1")
    ]

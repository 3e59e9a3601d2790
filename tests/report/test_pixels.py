import base64
import io

import numpy as np
import pytest
from PIL import Image

from seqcnn.report.pixels import kernel_sheet, png_uri, shrunk


@pytest.mark.parametrize("channels", [1, 3])
def test_png_holds_the_pixels(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels)).astype(np.uint8)
    kind, text = png_uri(pixels).split(",")
    assert kind == "data:image/png;base64"
    read = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


def test_large_images_are_scaled_down_and_small_ones_kept() -> None:
    assert shrunk(np.zeros((300, 200, 3), np.uint8), 100).shape == (100, 67, 3)
    small = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    np.testing.assert_array_equal(shrunk(small, 100), small)


def test_a_weight_is_a_square_of_whole_pixels_in_its_colour() -> None:
    pictures = np.zeros((1, 11, 11, 3))
    pictures[0, 0, 0] = (1, 0, 0)
    sheet = kernel_sheet(pictures)
    assert sheet.shape == (57, 57, 3)
    assert (sheet[1:6, 1:6] == (255, 0, 0)).all()
    assert (sheet[6:56, 1:56] == 0).all()


def test_96_kernels_stand_in_8_rows_of_12() -> None:
    assert kernel_sheet(np.zeros((96, 11, 11, 3))).shape == (8 * 62 - 5, 12 * 62 - 5, 3)


def test_of_one_channel_low_is_blue_zero_is_grey_and_high_is_orange() -> None:
    pictures = np.array([0.0, 0.5, 1.0]).reshape(3, 1, 1, 1).repeat(3, 1).repeat(3, 2)
    sheet = kernel_sheet(pictures).astype(int)
    low, zero, high = (sheet[20, 10 + 61 * number] for number in range(3))
    assert low[2] > 2 * low[0] and high[0] > 2 * high[2]
    assert np.ptp(zero) < 5 and zero.min() > 240

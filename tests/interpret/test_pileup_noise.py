"""Pictures of no sample: valid values, and what was done to real ones."""

import numpy as np
import pytest

from seqcnn.calling.images import SIZES, PileupImages
from seqcnn.interpret.pileup_noise import (
    VALUES,
    random_pictures,
    strange_numbers,
    strange_pictures,
)


def images_of(encoder: str) -> PileupImages:
    rows, columns = SIZES[encoder]
    scheme = "pairs" if encoder == "deepvariant" else "joint"
    return PileupImages(encoder=encoder, scheme=scheme, rows=rows, columns=columns)


@pytest.mark.parametrize("encoder", ["compact", "combined", "deepvariant"])
def test_noise_has_values_that_the_encoder_can_write_and_no_numbers(encoder):
    images = images_of(encoder)
    pictures = random_pictures(2, images, np.random.default_rng(0))
    assert pictures.shape == (2, images.rows, images.columns, len(images.channels))
    for channel, name in enumerate(images.channels):
        drawn = pictures[:, : images.picture_rows, :, channel]
        assert set(np.unique(drawn)) <= set(VALUES[name])
        assert len(np.unique(drawn)) == len(set(VALUES[name]))
    assert not pictures[:, images.picture_rows :].any()


def test_shuffled_pictures_hold_the_same_pixels_and_numbers():
    images = images_of("combined")
    real = random_pictures(3, images, np.random.default_rng(1))
    real[:, 20:48] = 0
    real[:, 48:] = 7
    made = strange_pictures(real, images, np.random.default_rng(2))
    for kind in ("rows shuffled", "columns shuffled", "pixels shuffled"):
        assert not np.array_equal(made[kind], real)
        assert (made[kind][:, 48:] == 7).all()
        flat = [np.sort(one.reshape(3, -1, 7), axis=1) for one in (made[kind], real)]
        np.testing.assert_array_equal(*flat)
    assert not made["rows shuffled"][:, 20:48].any()
    rows = {row.tobytes() for row in real[0, :20]}
    assert {row.tobytes() for row in made["rows shuffled"][0, :20]} == rows
    assert not made["no reads"][:, :48].any() and (made["no reads"][:, 48:] == 7).all()


def test_two_channels_trade_places():
    images = images_of("compact")
    real = random_pictures(1, images, np.random.default_rng(3))
    made = strange_pictures(real, images, np.random.default_rng(4))
    swapped = made["read base and base quality swapped"]
    np.testing.assert_array_equal(swapped[..., 0], real[..., 1])
    np.testing.assert_array_equal(swapped[..., 1], real[..., 0])
    np.testing.assert_array_equal(swapped[..., 2:], real[..., 2:])


def test_the_reference_rows_of_a_deepvariant_picture_stay_on_top():
    images = images_of("deepvariant")
    real = random_pictures(1, images, np.random.default_rng(5))
    made = strange_pictures(real, images, np.random.default_rng(6))
    np.testing.assert_array_equal(made["rows shuffled"][:, :5], real[:, :5])


def test_counts_are_mixed_number_by_number():
    images = images_of("counts")
    real = np.random.default_rng(7).integers(0, 255, (6, 1, 1, 147), np.uint8)
    made = strange_numbers(real, np.full(147, 3.0), images, np.random.default_rng(8))
    mixed = made["each number of another site"]
    assert mixed.shape == (6, 1, 1, 147)
    np.testing.assert_array_equal(np.sort(mixed, axis=0), np.sort(real, axis=0))
    assert (made["the mean training site"] == 3).all() and not made["all zero"].any()

"""Integrated gradients against networks whose shares are known."""

import numpy as np
import pytest
from explained_sites import DOUBTFUL, RELEASED, SETTLED, examined_demo, linear_case, site_at

from seqcnn.calling import explain_gradients
from seqcnn.calling.caller import read_caller_card
from seqcnn.calling.explain_gradients import integrate
from seqcnn.calling.explain_neutral import reference_only
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explain_weigh import cases_of
from seqcnn.calling.images import PileupImages


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


def test_a_linear_network_shares_each_pixel_its_weight():
    images = PileupImages(rows=4, columns=5)
    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 255, (4, 5, 7), np.uint8)
    weights = generator.normal(size=(4, 5, 7))
    found = integrate(linear_case(images, pixels, weights), "empty")
    np.testing.assert_allclose(found.picture, pixels / 254 * weights, atol=1e-5)
    assert found.total == pytest.approx((pixels / 254 * weights).sum(), abs=1e-4)
    assert found.gap < 1e-4 and not found.numbers.size
    plain = integrate(linear_case(images, pixels, weights), "reference")
    change = (pixels.astype(float) - reference_only(pixels, images)) / 254 * weights
    np.testing.assert_allclose(plain.picture, change, atol=1e-5)


def test_numbers_begin_at_those_of_the_mean_training_site():
    images = PileupImages(encoder="combined", rows=8, columns=9)
    pixels = np.random.default_rng(2).integers(0, 255, (8, 9, 7), np.uint8)
    found = integrate(linear_case(images, pixels, np.ones((8, 9, 7))), "empty")
    numbers = pixels[5:].reshape(-1)[:147]
    np.testing.assert_allclose(found.numbers, numbers / 254 - 0.5, atol=1e-5)
    np.testing.assert_allclose(found.picture, pixels[:5] / 254, atol=1e-5)


@pytest.mark.parametrize("position", [SETTLED, DOUBTFUL])
def test_the_shares_add_up_to_the_difference_of_the_log_odds(position):
    voices = Voices(RELEASED)
    examined = examined_demo(read_caller_card(RELEASED).settings.images)
    case = cases_of(voices, examined.prepared, site_at(examined, position))[0]
    found = integrate(case, "empty")
    assert found.gap <= 0.01 * max(abs(found.wanted), 1)
    assert found.total == pytest.approx(found.picture.sum() + found.numbers.sum(), abs=1e-3)
    assert abs(found.numbers.sum()) > 1
    assert bool(found.picture.size) is (position == DOUBTFUL)


def test_too_few_steps_are_doubled(monkeypatch):
    monkeypatch.setattr(explain_gradients, "STEPS", 1)
    monkeypatch.setattr(explain_gradients, "CLOSE", 1e-3)
    voices = Voices(RELEASED)
    examined = examined_demo(read_caller_card(RELEASED).settings.images)
    case = cases_of(voices, examined.prepared, site_at(examined, SETTLED))[0]
    found = integrate(case, "empty")
    assert found.steps > 1 and found.gap <= 1e-3 * abs(found.wanted)

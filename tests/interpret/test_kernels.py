import numpy as np
import pytest
import torch
from torch import nn

from seqcnn.interpret.kernels import kernel_pictures


def network_of(weight: np.ndarray) -> nn.Sequential:
    """A network whose first layer has the kernels (n, C, h, w)."""
    layer = nn.Conv2d(weight.shape[1], len(weight), weight.shape[2:])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
    return nn.Sequential(layer, nn.ReLU(), nn.Conv2d(len(weight), 2, 3))


def random(number: int, channels: int, side: int = 5) -> np.ndarray:
    shape = (number, channels, side, side)
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_each_kernel_of_colours_spans_its_own_range() -> None:
    weight = random(4, 3) * np.array([1, 10, 0.1, 5], np.float32)[:, None, None, None]
    found = kernel_pictures(network_of(weight), 3)
    assert found is not None
    assert found.pictures.shape == (4, 5, 5, 3)
    np.testing.assert_allclose(found.pictures.min((1, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(found.pictures.max((1, 2, 3)), 1, atol=1e-6)


def test_channels_stand_last_in_their_places() -> None:
    weight = np.zeros((1, 3, 3, 3), np.float32)
    weight[0, 2, 0, 1] = 1  # blue, first row, second column
    found = kernel_pictures(network_of(weight), 3)
    assert found is not None
    assert np.argwhere(found.pictures == 1).tolist() == [[0, 0, 1, 2]]


def test_zero_is_the_middle_of_one_channel() -> None:
    weight = np.array([0, -2, 1, 0, 0, 0, 0, 0, 0], np.float32).reshape(1, 1, 3, 3)
    found = kernel_pictures(network_of(weight), 1)
    assert found is not None
    np.testing.assert_allclose(found.pictures.ravel()[:4], [0.5, 0, 0.75, 0.5])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_kernel_without_a_range_is_the_middle(channels: int) -> None:
    found = kernel_pictures(network_of(np.zeros((1, channels, 3, 3), np.float32)), channels)
    assert found is not None
    assert (found.pictures == 0.5).all()


def test_of_many_kernels_the_strongest_are_kept_in_order() -> None:
    weight = random(5, 3)
    weight *= np.array([1, 0.1, 3, 0.1, 2], np.float32)[:, None, None, None]
    found, whole = (kernel_pictures(network_of(weight), 3, most=most) for most in (3, 5))
    assert found is not None and whole is not None
    np.testing.assert_array_equal(found.pictures, whole.pictures[[0, 2, 4]])
    assert found.total == 5


def test_kernels_too_small_to_see_are_left_out() -> None:
    assert kernel_pictures(network_of(random(4, 3, side=2)), 3) is None
    assert kernel_pictures(network_of(random(4, 3, side=1)), 3) is None


def test_a_layer_on_other_channels_is_not_taken() -> None:
    assert kernel_pictures(network_of(random(4, 3)), 1) is None
    assert kernel_pictures(nn.Sequential(nn.Conv1d(4, 2, 3)), 4) is None

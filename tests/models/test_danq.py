import pytest
import torch

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.danq import DanQ


def test_published_shapes_at_1000_bp_and_919_outputs() -> None:
    with torch.device("meta"):
        network = create_model("danq", dim=1, in_channels=4, out=919, size=1000)
        features = network.forward_features(torch.empty(1, 4, 1000))
    assert features.shape == (1, 640, 75)
    # Keras, in which it was published, has one bias per gate and unit where torch has two.
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == 46_926_479 + 2_560


def test_the_smallest_input_leaves_one_step() -> None:
    network = DanQ(1, 4, 2, size=38, width=0.05)
    assert network.smallest == 38
    assert network.forward_features(torch.zeros(1, 4, 38)).shape[2:] == (1,)


def test_a_smaller_input_is_refused_when_built() -> None:
    with pytest.raises(InputError, match="danq takes inputs of 38 or more positions, not 37"):
        create_model("danq", dim=1, in_channels=4, out=1, size=37)


def test_another_length_than_it_was_built_for_is_refused() -> None:
    network = DanQ(1, 4, 2, size=300, width=0.05)
    with pytest.raises(ValueError, match="built for 300 positions; the input has 301"):
        network(torch.zeros(2, 4, 301))


def test_images_are_refused() -> None:
    with pytest.raises(InputError, match="danq reads sequences: it exists for dim 1 only, not 2"):
        create_model("danq", dim=2, in_channels=4, out=1)

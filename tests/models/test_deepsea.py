import pytest
import torch

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.deepsea import DeepSEA


def test_published_shapes_at_1000_bp_and_919_outputs() -> None:
    with torch.device("meta"):
        network = create_model("deepsea", dim=1, in_channels=4, out=919, size=1000)
        features = network.forward_features(torch.empty(1, 4, 1000))
    assert features.shape == (1, 960, 53)
    assert sum(parameter.numel() for parameter in network.parameters()) == 52_843_119


def test_the_smallest_input_leaves_one_position() -> None:
    network = DeepSEA(1, 4, 2, size=163, width=0.05)
    assert network.smallest == 163
    assert network.forward_features(torch.zeros(1, 4, 163)).shape[2:] == (1,)


def test_a_smaller_input_is_refused_when_built() -> None:
    with pytest.raises(InputError, match="deepsea takes inputs of 163 or more positions, not 162"):
        create_model("deepsea", dim=2, in_channels=3, out=1, size=162)


def test_another_length_than_it_was_built_for_is_refused() -> None:
    network = DeepSEA(1, 4, 2, size=300, width=0.05)
    with pytest.raises(ValueError, match="built for 300 positions; the input has 301"):
        network(torch.zeros(2, 4, 301))


def test_features_keep_their_scale_from_layer_to_layer() -> None:
    torch.manual_seed(0)
    network = DeepSEA(1, 4, 2, size=300, width=0.2).eval()
    bases = torch.randint(4, (8, 300))
    x = torch.nn.functional.one_hot(bases, 4).transpose(1, 2).float()
    with torch.no_grad():
        assert 0.1 < network.forward_features(x).std() < 10

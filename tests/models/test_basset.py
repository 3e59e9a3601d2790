import pytest
import torch

from seqcnn.models import create_model
from seqcnn.models.basset import Basset, smallest


def test_published_shapes_at_600_bp_and_164_outputs() -> None:
    with torch.device("meta"):
        network = create_model("basset", dim=1, in_channels=4, out=164)
        features = network.forward_features(torch.empty(1, 4, 600))
    assert features.shape == (1, 200, 10)
    convolutions = [
        tuple(parameter.shape) for parameter in network.parameters() if parameter.dim() == 3
    ]
    assert convolutions == [(300, 4, 19), (200, 300, 11), (200, 200, 7)]
    dense = [tuple(parameter.shape) for parameter in network.parameters() if parameter.dim() == 2]
    assert dense == [(1000, 2000), (1000, 1000), (164, 1000)]
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_131_064


def test_the_smallest_input_leaves_one_position() -> None:
    assert smallest() == 168
    network = Basset(1, 4, 2, size=168, width=0.05)
    assert network.forward_features(torch.zeros(1, 4, 168)).shape[2:] == (1,)


def test_another_length_than_it_was_built_for_is_refused() -> None:
    network = Basset(1, 4, 2, size=300, width=0.05)
    with pytest.raises(ValueError, match="built for 300 positions; the input has 301"):
        network(torch.zeros(2, 4, 301))

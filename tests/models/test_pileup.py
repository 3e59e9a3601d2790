"""The network for pileup images."""

import torch

from seqcnn.models import create_model


def test_it_has_316_966_parameters_on_seven_channels():
    with torch.device("meta"):
        network = create_model("pileup", dim=2, in_channels=7, out=6)
        features = network.forward_features(torch.empty((1, 7, 48, 61)))
    assert sum(parameter.numel() for parameter in network.parameters()) == 316_966
    assert features.shape == (1, 96, 6, 8)


def test_convolutions_are_dense_and_three_wide():
    with torch.device("meta"):
        network = create_model("pileup", dim=2, in_channels=7, out=6)
    found = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(found) == 7
    assert {(layer.kernel_size, layer.groups) for layer in found} == {((3, 3), 1)}
    assert all(layer.out_channels % 16 == 0 for layer in found)

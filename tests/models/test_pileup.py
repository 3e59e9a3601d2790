"""The network for pileup images."""

import pytest
import torch

from seqcnn.errors import InputError
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


def test_numbers_of_the_last_rows_join_the_picture_before_the_last_layer():
    torch.manual_seed(0)
    network = create_model("pileup", dim=2, in_channels=3, out=4, numbers=20).eval()
    x = torch.rand(2, 3, 11, 5)  # two of eleven rows hold 2 * 5 * 3 values, of which 20 count
    logits = network(x)
    assert network.forward_features(x).shape[2:] == network.stages(x[:, :, :9]).shape[2:]
    flat = x[:, :, 9:].permute(0, 2, 3, 1).flatten(1)
    hidden = network.fc2(network.fc1(network.bn(flat[:, :20])).relu()).relu()
    pooled = network.avgpool(network.stages(x[:, :, :9])).flatten(1)
    torch.testing.assert_close(logits, network.fc(torch.cat([pooled, hidden], 1)))
    changed = x.clone()
    changed[:, 2, 10, 4] += 1  # the last value, which is none of the numbers
    torch.testing.assert_close(network(changed), logits)


def test_sequences_have_no_rows_for_numbers():
    with pytest.raises(InputError, match="sequences have none"):
        create_model("pileup", dim=1, in_channels=4, out=2, numbers=3)

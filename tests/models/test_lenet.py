import pytest
import torch

from seqcnn.models import create_model
from seqcnn.models.lenet import LeNet


def test_published_size_has_about_60_thousand_parameters() -> None:
    network = LeNet(2, 1, 10)
    layers = [
        sum(parameter.numel() for parameter in layer.parameters())
        for layer in (network.conv1, network.conv2, network.conv3, network.fc1, network.fc2)
    ]
    assert layers == [156, 2416, 48_120, 10_164, 850]
    assert sum(layers) == 61_706 == sum(parameter.numel() for parameter in network.parameters())


def test_the_third_convolution_leaves_one_position_of_32() -> None:
    network = LeNet(2, 1, 10)
    assert network.forward_features(torch.zeros(1, 1, 32, 32)).shape == (1, 120, 1, 1)


def test_features_are_squashed_by_tanh() -> None:
    features = LeNet(1, 4, 2).forward_features(1000 * torch.ones(1, 4, 40)).detach()
    assert float(features.abs().max()) <= 1
    assert float(features.min()) < 0


def test_pooling_averages() -> None:
    network = LeNet(1, 1, 2)
    assert network.avgpool(torch.tensor([[[1.0, 3.0, 5.0, 9.0]]])).tolist() == [[[2.0, 7.0]]]


def test_a_longer_input_is_the_mean_over_its_positions() -> None:
    network = LeNet(1, 4, 2)
    x = torch.randn(1, 4, 36, generator=torch.Generator().manual_seed(0))
    windows = torch.cat([x[:, :, :32], x[:, :, 4:]])
    mean = network.forward_features(windows).mean(0).flatten()
    expected = network.fc2(torch.tanh(network.fc1(mean)))
    torch.testing.assert_close(network(x)[0], expected)


def test_31_positions_are_refused_and_32_taken() -> None:
    network = create_model("lenet5", dim=1, in_channels=4, out=2)
    assert network(torch.zeros(1, 4, 32)).shape == (1, 2)
    with pytest.raises(ValueError, match=r"lenet5 takes inputs of 32 or more positions.* has 31"):
        network(torch.zeros(1, 4, 31))

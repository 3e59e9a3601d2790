import pytest
import torch
from torch import Tensor, nn

from seqcnn.models.nin import NiN


def test_layers_are_the_published_ones_of_32_x_32_images() -> None:
    with torch.device("meta"):
        network = NiN(2, 3, 10).eval()
    shapes: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        shapes.append(tuple(output.shape[1:]))

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(note)
    network(torch.empty(1, 3, 32, 32, device="meta"))
    assert shapes == [
        (192, 32, 32),
        (160, 32, 32),
        (96, 32, 32),
        (192, 16, 16),
        (192, 16, 16),
        (192, 16, 16),
        (192, 8, 8),
        (192, 8, 8),
        (10, 8, 8),
    ]


def test_about_a_million_parameters_none_of_them_dense() -> None:
    with torch.device("meta"):
        network = NiN(2, 3, 10)
    assert sum(parameter.numel() for parameter in network.parameters()) == 966_986
    assert not any(isinstance(module, nn.Linear) for module in network.modules())


def test_a_logit_is_the_mean_of_its_class_map() -> None:
    torch.manual_seed(0)
    network = NiN(1, 4, 2, width=0.1).eval()
    x = torch.randn(3, 4, 50)
    maps = network.output(network.forward_features(x))
    torch.testing.assert_close(network(x), maps.mean(2))


def test_no_relu_follows_the_class_maps() -> None:
    network = NiN(1, 4, 2, width=0.1).eval()
    with torch.no_grad():
        network.output.weight.zero_()
        network.output.bias.fill_(-3)
    assert network(torch.ones(1, 4, 50)).tolist() == [[-3.0, -3.0]]


def test_the_smallest_input_leaves_one_position() -> None:
    network = NiN(1, 4, 2, width=0.1)
    assert network.forward_features(torch.zeros(1, 4, 4)).shape[2:] == (1,)
    with pytest.raises(ValueError, match=r"nin takes inputs of 4 or more positions.* has 3"):
        network(torch.zeros(1, 4, 3))

import pytest
import torch

from seqcnn.models import create_model
from seqcnn.models.googlenet import GoogLeNet


def test_parameters_with_both_heads_are_those_of_the_published_weights() -> None:
    with torch.device("meta"):
        network = GoogLeNet(2, 3, 1000, auxiliary=True)
    assert sum(parameter.numel() for parameter in network.parameters()) == 13_004_888


def test_maps_of_an_image_are_those_of_the_papers_table() -> None:
    shapes = {}
    with torch.device("meta"):
        network = GoogLeNet(2, 3, 1000).eval()
        for name, module in network.named_children():
            module.register_forward_hook(
                lambda _, __, maps, name=name: shapes.update({name: tuple(maps.shape[1:])})
            )
        network(torch.empty(1, 3, 224, 224))
    assert {name: shape for name, shape in shapes.items() if name not in ("dropout", "fc")} == {
        "conv1": (64, 112, 112),
        "maxpool1": (64, 56, 56),
        "conv2": (64, 56, 56),
        "conv3": (192, 56, 56),
        "maxpool2": (192, 28, 28),
        "inception3a": (256, 28, 28),
        "inception3b": (480, 28, 28),
        "maxpool3": (480, 14, 14),
        "inception4a": (512, 14, 14),
        "inception4b": (512, 14, 14),
        "inception4c": (512, 14, 14),
        "inception4d": (528, 14, 14),
        "inception4e": (832, 14, 14),
        "maxpool4": (832, 7, 7),
        "inception5a": (832, 7, 7),
        "inception5b": (1024, 7, 7),
        "avgpool": (1024, 1, 1),
    }


def layers_on_the_longest_path(outputs: torch.Tensor) -> int:
    """Layers with weights between input and output, along the graph of the gradient."""
    longest: dict[object, int] = {None: 0}
    waiting = [outputs.grad_fn]
    while waiting:
        node = waiting[-1]
        before = [entry[0] for entry in node.next_functions]
        unknown = [entry for entry in before if entry not in longest]
        waiting += unknown
        if not unknown:
            waiting.pop()
            weighs = node.name() in ("ConvolutionBackward0", "AddmmBackward0")
            longest[node] = weighs + max((longest[entry] for entry in before), default=0)
    return longest[outputs.grad_fn]


@pytest.mark.parametrize("dim", [1, 2])
def test_it_is_22_layers_deep(dim: int) -> None:
    with torch.device("meta"):
        logits = GoogLeNet(dim, 4, 2)(torch.empty((2, 4) + (64,) * dim))
    assert layers_on_the_longest_path(logits) == 22


def test_heads_read_modules_4a_and_4d() -> None:
    with torch.device("meta"):
        network = GoogLeNet(2, 3, 1000, auxiliary=True)
        first, second = network(torch.empty(2, 3, 224, 224)).auxiliary
    # A module is two layers deep, a head three: 1-wide convolution and two dense layers.
    assert layers_on_the_longest_path(first) == 3 + 2 * 3 + 3
    assert layers_on_the_longest_path(second) == 3 + 2 * 6 + 3
    assert network.aux1.fc1.weight.shape == (1024, 2048)
    assert [head.conv.conv.in_channels for head in (network.aux1, network.aux2)] == [512, 528]


def test_a_narrow_network_keeps_its_signal() -> None:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        network = GoogLeNet(1, 4, 2, width=1 / 8)
        features = network.forward_features(torch.randn(8, 4, 128)).detach()
    assert 0.1 < float(features.std()) < 10


def test_fewer_than_15_positions_are_refused() -> None:
    network = create_model("googlenet", dim=1, in_channels=4, out=2, width=1 / 16).eval()
    assert network(torch.zeros(1, 4, 15)).shape == (1, 2)
    with pytest.raises(ValueError, match=r"googlenet takes inputs of 15 or more .* has 14"):
        network(torch.zeros(1, 4, 14))

import pytest
import torch
from battery import batch
from torch import Tensor, nn

from seqcnn.models import create_model
from seqcnn.models.alexnet import AlexNet2012


def _published() -> AlexNet2012:
    with torch.device("meta"):
        return AlexNet2012(2, 3, 1000).eval()


def _layers(network: AlexNet2012) -> list[nn.Conv2d | nn.Linear]:
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def _shapes(network: AlexNet2012, kinds: tuple[type[nn.Module], ...]) -> list[tuple[int, ...]]:
    """Output shapes, without the batch, on an image of 227 x 227."""
    shapes: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        shapes.append(tuple(output.shape[1:]))

    for module in network.modules():
        if isinstance(module, kinds):
            module.register_forward_hook(note)
    network(torch.empty(1, 3, 227, 227, device="meta"))
    return shapes


def test_the_network_of_2012_has_about_60_million_parameters() -> None:
    network = _published()
    weights = [layer.weight.numel() for layer in _layers(network)]
    assert weights == [
        34_848,
        307_200,
        884_736,
        663_552,
        442_368,
        37_748_736,
        16_777_216,
        4_096_000,
    ]
    assert sum(parameter.numel() for parameter in network.parameters()) == 60_965_224


def test_activations_of_2012_are_those_of_the_paper_but_the_first() -> None:
    shapes = _shapes(_published(), (nn.Conv2d, nn.Linear))
    numbers = [torch.Size(shape).numel() for shape in shapes]
    assert numbers == [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert shapes[0] == (96, 55, 55)
    # The figure that the paper prints for the first layer.
    assert 253_440 == 96 * 55 * 48


def test_overlapping_pooling_leaves_27_then_13_then_6_positions() -> None:
    shapes = _shapes(_published(), (nn.MaxPool2d,))
    assert shapes == [(96, 27, 27), (256, 13, 13), (256, 6, 6)]


def test_published_maps_kernels_strides_and_dropout() -> None:
    network = _published()
    layers = [layer for layer in _layers(network) if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [96, 256, 384, 384, 256]
    assert [layer.kernel_size[0] for layer in layers] == [11, 5, 3, 3, 3]
    assert [layer.stride[0] for layer in layers] == [4, 1, 1, 1, 1]
    pools = [layer for layer in network.features if isinstance(layer, nn.MaxPool2d)]
    assert [(pool.kernel_size, pool.stride) for pool in pools] == [(3, 2)] * 3
    shares = [layer.p for layer in network.classifier if isinstance(layer, nn.Dropout)]
    assert shares == [0.5, 0.5]


def test_layers_2_4_and_5_are_in_two_groups() -> None:
    groups = [layer.groups for layer in _layers(_published()) if isinstance(layer, nn.Conv2d)]
    assert groups == [1, 2, 1, 2, 2]


def test_normalisation_comes_between_relu_and_pooling_of_layers_1_and_2() -> None:
    kinds = [type(layer).__name__ for layer in _published().features]
    block = ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"]
    assert kinds == [*block, *block, *["Conv2d", "ReLU"] * 3, "MaxPool2d"]


@pytest.mark.parametrize("width", [0.25, 1.0])
def test_the_network_of_2012_does_not_fade_on_sequences(width: float) -> None:
    torch.manual_seed(0)
    network = AlexNet2012(1, 4, 2, width=width).eval()
    assert float(network(batch(1, 16, 200)).detach().std(0).mean()) > 0.005


def test_the_network_of_2012_does_not_fade_on_images_of_deviation_1() -> None:
    torch.manual_seed(0)
    network = AlexNet2012(2, 7, 2, width=0.25).eval()
    assert float(network(batch(2, 8, 67)).detach().std(0).mean()) > 0.005


def test_groups_stay_whole_at_any_width() -> None:
    with torch.device("meta"):
        network = AlexNet2012(1, 4, 2, width=0.07)
        maps = [layer.out_channels for layer in network.features if isinstance(layer, nn.Conv1d)]
    assert maps == [6, 18, 26, 26, 18]


@pytest.mark.parametrize(("name", "smallest"), [("alexnet", 63), ("alexnet_2012", 67)])
def test_the_smallest_input_leaves_one_position(name: str, smallest: int) -> None:
    network = create_model(name, dim=1, in_channels=4, out=2, width=0.05)
    assert network.forward_features(torch.zeros(1, 4, smallest)).shape[2:] == (1,)
    with pytest.raises(ValueError, match=f"{name} takes inputs of {smallest} or more positions"):
        network(torch.zeros(1, 4, smallest - 1))

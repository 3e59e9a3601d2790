import pytest
import torch
from torch import Tensor, nn

from seqcnn.models import create_model
from seqcnn.models.vgg import VGG

# VGG-16 on 3 x 224 x 224: layer, activations, weights.
TABLE = [
    ("Conv2d", 3_211_264, 1_728),
    ("Conv2d", 3_211_264, 36_864),
    ("MaxPool2d", 802_816, 0),
    ("Conv2d", 1_605_632, 73_728),
    ("Conv2d", 1_605_632, 147_456),
    ("MaxPool2d", 401_408, 0),
    ("Conv2d", 802_816, 294_912),
    ("Conv2d", 802_816, 589_824),
    ("Conv2d", 802_816, 589_824),
    ("MaxPool2d", 200_704, 0),
    ("Conv2d", 401_408, 1_179_648),
    ("Conv2d", 401_408, 2_359_296),
    ("Conv2d", 401_408, 2_359_296),
    ("MaxPool2d", 100_352, 0),
    ("Conv2d", 100_352, 2_359_296),
    ("Conv2d", 100_352, 2_359_296),
    ("Conv2d", 100_352, 2_359_296),
    ("MaxPool2d", 25_088, 0),
    ("Linear", 4_096, 102_760_448),
    ("Linear", 4_096, 16_777_216),
    ("Linear", 1_000, 4_096_000),
]


def test_the_layer_table_of_vgg16_at_224() -> None:
    with torch.device("meta"):
        network = create_model("vgg16", dim=2, in_channels=3, out=1000).eval()
        x = torch.empty(1, 3, 224, 224)
    rows: list[tuple[str, int, int]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        weights = module.weight.numel() if isinstance(module, nn.Conv2d | nn.Linear) else 0
        rows.append((type(module).__name__, output.numel(), weights))

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.Linear):
            module.register_forward_hook(note)
    network(x)
    assert x.numel() == 150_528
    assert rows == TABLE
    assert sum(parameter.numel() for parameter in network.parameters()) == 138_357_544


def test_three_layers_of_3_see_as_much_as_one_of_7() -> None:
    network = VGG(1, 4, 2, variant="vgg16", width=0.1)
    third_stage = network.features[10:16]
    assert sum(isinstance(layer, nn.Conv1d) for layer in third_stage) == 3
    with torch.no_grad():
        for parameter in third_stage.parameters():
            parameter.abs_()  # no ReLU may hide a position
    x = torch.ones(1, 13, 31, requires_grad=True)
    third_stage(x)[0, :, 15].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(0).nonzero().flatten()
    assert seen.tolist() == [12, 13, 14, 15, 16, 17, 18]


def test_configuration_c_has_1_wide_layers_at_the_end_of_the_last_three_stages() -> None:
    with torch.device("meta"):
        network = create_model("vgg16_c", dim=2, in_channels=3, out=1000)
    widths = [m.kernel_size[0] for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert widths == [3, 3, 3, 3, 3, 3, 1, 3, 3, 1, 3, 3, 1]
    assert sum(parameter.numel() for parameter in network.parameters()) == 133_638_952


def test_configuration_a_lrn_normalises_once_after_the_first_layer() -> None:
    with torch.device("meta"):
        network = create_model("vgg11_lrn", dim=2, in_channels=3, out=1000)
    kinds = [type(layer).__name__ for layer in network.get_submodule("features").children()]
    assert kinds[:5] == ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d", "Conv2d"]
    assert kinds.count("LocalResponseNorm") == 1
    assert sum(parameter.numel() for parameter in network.parameters()) == 132_863_336


def test_depth_multiplies_the_layers_of_a_stage_and_leaves_one() -> None:
    def convolutions(depth: float) -> int:
        with torch.device("meta"):
            network = VGG(1, 4, 2, variant="vgg16", depth=depth)
        return sum(isinstance(module, nn.Conv1d) for module in network.modules())

    assert [convolutions(depth) for depth in (0.01, 1.0, 2.0)] == [5, 13, 26]


def test_a_deep_plain_network_neither_fades_nor_explodes() -> None:
    torch.manual_seed(0)
    network = VGG(1, 4, 2, variant="vgg19", width=0.25).eval()
    x = torch.randn(4, 4, 64)
    features = network.forward_features(x)
    features.sum().backward()
    assert 0.01 < float(features.detach().std()) < 100
    first = network.features[0].weight.grad
    assert isinstance(first, Tensor)
    assert 0.01 < float(first.std()) < 1000


def test_the_smallest_input_leaves_one_position() -> None:
    network = create_model("vgg11_bn", dim=2, in_channels=3, out=2, width=0.05).eval()
    assert network.forward_features(torch.zeros(1, 3, 32, 32)).shape[2:] == (1, 1)
    with pytest.raises(ValueError, match=r"vgg11_bn takes inputs of 32 .* has 32 x 31"):
        network(torch.zeros(1, 3, 32, 31))

import pytest
import torch
from torch import nn

from seqcnn.models import create_model
from seqcnn.models.small_resnet import Shortcut

LAYERS = {"resnet20": 20, "resnet56": 56, "plain20": 20, "plain56": 56}


def build(name: str, dim: int = 2, **own: float) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, dim=dim, in_channels=3, out=10, **own)


# The paper rounds to 0.27 M and 0.85 M.
@pytest.mark.parametrize(("layers", "parameters"), [(20, 269_722), (56, 853_018)])
@pytest.mark.parametrize("kind", ["resnet", "plain"])
def test_parameters_on_images_of_ten_classes(kind: str, layers: int, parameters: int) -> None:
    network = build(f"{kind}{layers}")
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("name", LAYERS)
def test_the_name_counts_the_layers(name: str) -> None:
    layers = [m for m in build(name).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == LAYERS[name]


@pytest.mark.parametrize("layers", [20, 56])
def test_the_twins_take_each_others_weights(layers: int) -> None:
    plain, residual = build(f"plain{layers}"), build(f"resnet{layers}")
    plain.load_state_dict(residual.state_dict(), assign=True)


@pytest.mark.parametrize("name", LAYERS)
def test_an_image_of_32_ends_as_8_x_8(name: str) -> None:
    features = build(name).forward_features(torch.empty(1, 3, 32, 32, device="meta"))
    assert features.shape == (1, 64, 8, 8)


def test_depth_scales_the_blocks() -> None:
    layers = [m for m in build("resnet20", depth=2).modules() if isinstance(m, nn.Conv2d)]
    assert len(layers) == 37


def test_the_shortcut_keeps_every_second_position_and_adds_channels_of_zeros() -> None:
    x = torch.arange(1.0, 6.0).reshape(1, 1, 5)
    assert Shortcut(1, 1, 2)(x).tolist() == [[[1, 3, 5], [0, 0, 0]]]


def test_a_block_that_computes_nothing_leaves_only_the_shortcut() -> None:
    one = torch.rand((2, 3, 40), generator=torch.Generator().manual_seed(0))
    sums = {}
    for name in ("resnet20", "plain20"):
        network = create_model(name, dim=1, in_channels=3, out=2, width=0.25).eval()
        with torch.no_grad():
            for module in network.get_submodule("stages").modules():
                if isinstance(module, nn.BatchNorm1d):
                    module.weight.zero_()
            sums[name] = float(network.forward_features(one).sum())
    assert sums["plain20"] == 0 < sums["resnet20"]

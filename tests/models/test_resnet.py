import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.resnet import Backbone


def test_a_sequence_is_halved_five_times() -> None:
    with torch.device("meta"):
        network = create_model("resnet18", dim=1, in_channels=4, out=2)
        features = network.forward_features(torch.empty(1, 4, 1024))
    assert features.shape == (1, 512, 32)


def cost(groups: int | None) -> tuple[int, float]:
    """Parameters and giga multiply-adds of ResNeXt-50 on a 224 x 224 image."""
    with torch.device("meta"):
        network = create_model("resnext50_32x4d", dim=2, in_channels=3, out=1000, groups=groups)
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 224, 224))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return parameters, round(counter.get_total_flops() / 2e9, 2)


# One group of the same channels is Wide ResNet-50-2 of the common checkpoints.
@pytest.mark.parametrize(
    ("groups", "parameters", "multiply_adds"), [(1, 68_883_240, 11.4), (None, 25_028_904, 4.23)]
)
def test_cost_is_that_published(groups: int | None, parameters: int, multiply_adds: float) -> None:
    assert cost(groups) == (parameters, multiply_adds)


def test_parameters_and_multiply_adds_fall_with_the_groups() -> None:
    costs = [cost(groups) for groups in (1, 2, 4, 8, 16, 32, 64)]
    for column in zip(*costs, strict=True):
        assert list(column) == sorted(set(column), reverse=True)


def test_bottlenecks_halve_in_the_3_wide_layer_and_projections_are_1_wide() -> None:
    with torch.device("meta"):
        block = create_model("resnet50", dim=1, in_channels=4, out=2).get_submodule("layer2.0")
    layers = [block.get_submodule(name) for name in ("conv1", "conv2", "conv3", "downsample.0")]
    assert [(layer.kernel_size[0], layer.stride[0]) for layer in layers] == [
        (1, 1),
        (3, 2),
        (1, 1),
        (1, 2),
    ]


@pytest.mark.parametrize(("width", "groups", "channels"), [(0.5, 16, 64), (0.3, 10, 40)])
def test_width_scales_the_groups_and_each_keeps_its_channels(
    width: float, groups: int, channels: int
) -> None:
    with torch.device("meta"):
        network = create_model("resnext50_32x4d", dim=1, in_channels=4, out=2, width=width)
    grouped = network.get_submodule("layer1.0.conv2")
    assert (grouped.groups, grouped.out_channels, grouped.weight.shape[1]) == (groups, channels, 4)


@pytest.mark.parametrize(
    ("depth", "blocks"), [(0.1, [1, 1, 1, 1]), (0.5, [2, 2, 3, 2]), (2.0, [6, 8, 12, 6])]
)
def test_depth_scales_the_blocks_of_each_stage(depth: float, blocks: list[int]) -> None:
    with torch.device("meta"):
        network = create_model("resnet50", dim=1, in_channels=4, out=2, depth=depth)
    assert [len(network.get_submodule(f"layer{n}")) for n in range(1, 5)] == blocks


def test_groups_in_basic_blocks_are_refused() -> None:
    with pytest.raises(InputError, match="groups is 2; resnet34 has no bottleneck blocks to group"):
        create_model("resnet34", dim=1, in_channels=4, out=2, groups=2)


@pytest.mark.parametrize("variant", ["resnet18", "resnet50"])
def test_dilation_adds_positions_between_those_of_the_strides(variant: str) -> None:
    strided, dilated = (
        Backbone(1, 4, variant=variant, width=0.1, dilated=dilated).double().eval()
        for dilated in (False, True)
    )
    dilated.load_state_dict(strided.state_dict())
    x = torch.randn((2, 4, 250), generator=torch.Generator().manual_seed(0)).double()
    with torch.inference_mode():
        coarse, fine = strided(x), dilated(x)
    assert (coarse.shape[2], fine.shape[2]) == (8, 32)
    torch.testing.assert_close(fine[..., ::4], coarse)


def test_a_bottleneck_starts_as_its_shortcut() -> None:
    network = create_model("resnet50", dim=1, in_channels=4, out=2, width=1 / 16).eval()
    block = network.get_submodule("layer1.1")
    x = torch.randn((2, 16, 9), generator=torch.Generator().manual_seed(0)).relu()
    with torch.no_grad():
        torch.testing.assert_close(block(x), x)

"""Receptive fields of the table against those that the gradient shows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from battery import CHANNELS, build, supported
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from seqcnn.models.layer_table import layer_table
from seqcnn.models.sequence_layers import Conv, MaxPool

# One or two of each family that looks at a part of its input.
NAMES = (
    *("basset", "deepbind", "dilated", "duplex", "resnet18", "resnet50", "resnext50_32x4d"),
    *("alexnet", "alexnet_2012", "zfnet", "vgg11", "vgg16_c", "nin", "googlenet", "inception_v3"),
    *("densenet121", "resnet20", "plain20", "lenet5", "fcn_resnet18", "deepsea"),
)
PAIRS = [(name, dim) for name, dim in supported() if name in NAMES]


class Linear(TorchFunctionMode):
    """Networks without what hides a gradient: maxima are means or sums, the rest passes."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = function.__name__
        if name in ("max_pool1d", "max_pool2d"):
            kernel, stride, padding, _, ceil = _pooling(*args[1:], **(kwargs or {}))
            mean = functional.avg_pool1d if name == "max_pool1d" else functional.avg_pool2d
            return mean(args[0], kernel, stride or kernel, padding, ceil)
        if name == "maximum":
            return args[0] + args[1]
        if name in ("relu", "relu_", "gelu", "tanh", "sigmoid", "batch_norm", "dropout",
                    "dropout1d", "dropout2d", "local_response_norm"):  # fmt: skip
            return args[0]
        return function(*args, **(kwargs or {}))


def _pooling(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Any, Any, Any, Any, bool]:
    return kernel_size, stride, padding, dilation, ceil_mode


def touched(network: nn.Module, shape: tuple[int, ...]) -> Tensor:
    """Input positions (of the last side) with a gradient from the middle of the last map."""
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            # Means of what they see: nothing cancels, nothing overflows.
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    network.requires_grad_(False)
    x = torch.ones((1, *shape), dtype=torch.float64, requires_grad=True)
    with Linear():
        features = getattr(network, "forward_features", network)(x)
    features[..., features.shape[-1] // 2].sum().backward()
    assert x.grad is not None
    return x.grad.abs().flatten(0, -2).sum(0).nonzero().flatten()


@pytest.mark.parametrize(("name", "dim"), PAIRS)
def test_the_gradient_of_one_position_touches_the_receptive_field(name: str, dim: int) -> None:
    network = build(name, dim, width=1 / 64).double().eval()
    size = getattr(network, "size", 1000)  # of its dense layers, where they have one
    said = layer_table(network, (CHANNELS[dim], *(size,) * dim))
    assert said.receptive_field is not None and said.stride is not None
    field, stride = said.receptive_field[-1], said.stride[-1]
    height = (getattr(network, "size", max(16, getattr(network, "smallest", 1))),) * (dim - 1)
    places = touched(network, (CHANNELS[dim], *height, field + 6 * stride))
    assert (len(places), int(places[-1] - places[0]) + 1) == (field, field)


TOYS = {
    "three layers 3 wide": ([Conv(1, 1, 3) for _ in range(3)], 7, 1),
    "dilations 1, 2 and 4": ([Conv(1, 1, 3, dilation=d) for d in (1, 2, 4)], 15, 1),
    "a stride before": ([Conv(1, 1, 5, stride=3), Conv(1, 1, 3)], 11, 3),
    "pooling between": ([Conv(1, 1, 3), MaxPool(2), nn.Conv1d(1, 1, 3), nn.AvgPool1d(4, 2)], 14, 4),
    "string padding": ([Conv(1, 1, 5, padding="same"), nn.MaxPool1d(3)], 7, 3),
    "nearest upsampling": ([Conv(1, 1, 4, stride=4), nn.Upsample(scale_factor=4)], 4, 1),
    "linear upsampling": (
        [Conv(1, 1, 4, stride=4), nn.Upsample(scale_factor=4, mode="linear")], 8, 1,
    ),
    "transposed": ([Conv(1, 1, 4, stride=4), nn.ConvTranspose1d(1, 1, 8, stride=4)], 8, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TOYS)
def test_a_stack_of_layers_sees_as_far_as_arithmetic_says(name: str) -> None:
    layers, field, stride = TOYS[name]
    table = layer_table(nn.Sequential(*layers), (1, 120))
    assert (table.receptive_field, table.stride) == ((field,), (stride,))


@pytest.mark.parametrize("name", [name for name in TOYS if name != "transposed"])
def test_a_stack_of_layers_is_touched_as_far_as_arithmetic_says(name: str) -> None:
    layers, field, _ = TOYS[name]
    assert len(touched(nn.Sequential(*layers).double(), (1, 120))) == field


def test_sides_of_a_kernel_are_followed_apart() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, (1, 7)), nn.Conv2d(1, 1, (3, 1), stride=(2, 1)))
    table = layer_table(network, (1, 30, 40))
    assert (table.receptive_field, table.stride) == ((3, 7), (2, 1))


def test_where_branches_meet_the_largest_field_counts() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.near, self.far = Conv(1, 1, 1), Conv(1, 1, 9, padding=4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.near(x), self.far(x)], 1)

    assert layer_table(Branches(), (1, 30)).receptive_field == (9,)


@pytest.mark.parametrize(
    "last",
    [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Sequential(nn.Flatten(), nn.Linear(28, 2))],
)
def test_after_all_positions_are_joined_a_layer_sees_the_whole_input(last: nn.Module) -> None:
    table = layer_table(nn.Sequential(Conv(1, 1, 3), last), (1, 30))
    assert [layer.receptive_field for layer in table.layers][:2] == [(3,), None]
    assert (table.receptive_field, table.stride) == (None, None)


def test_adaptive_pooling_to_several_bins_sees_its_widest_bin() -> None:
    table = layer_table(nn.Sequential(Conv(1, 1, 3), nn.AdaptiveAvgPool1d(5)), (1, 34))
    # 32 positions in 5 bins: bin 1 reaches from 6 to 13, others are 7 or 8 wide too.
    assert (table.receptive_field, table.stride) == ((10,), (6,))


def test_a_recurrent_layer_sees_all_and_keeps_the_positions() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool = MaxPool(2)
            self.lstm = nn.LSTM(4, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            states, _ = self.lstm(self.pool(x).transpose(1, 2))
            return states.transpose(1, 2)

    table = layer_table(Recurrent(), (4, 30))
    assert (table.receptive_field, table.stride) == (None, (2,))

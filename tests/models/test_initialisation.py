from collections.abc import Callable

import pytest
import torch
from torch import nn

from seqcnn.models.initialisation import fixed_normal, initialise_convolutions, initialise_plain


@pytest.mark.parametrize(("inputs", "deviation"), [(25088, 0.01), (4096, 0.01), (256, 0.04)])
def test_dense_weights_of_fewer_inputs_are_larger(inputs: int, deviation: float) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(inputs, 40)
    initialise_plain(layer, "fan_out")
    assert float(layer.weight.detach().std()) == pytest.approx(deviation, rel=0.05)
    assert not layer.bias.any()


@pytest.mark.parametrize(("mode", "deviation"), [("fan_in", 0.25), ("fan_out", 0.125)])
@pytest.mark.parametrize("initialise", [initialise_plain, initialise_convolutions])
def test_convolutions_keep_the_signal_or_the_gradient(
    initialise: Callable[[nn.Module, str], None], mode: str, deviation: float
) -> None:
    torch.manual_seed(0)
    layer = nn.Conv1d(8, 32, 4)
    initialise(layer, mode)
    assert float(layer.weight.detach().std()) == pytest.approx(deviation, rel=0.05)


def test_a_layer_as_wide_as_published_starts_from_a_hundredth() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 96, 11)
    fixed_normal(layer, 363)
    assert float(layer.weight.detach().std()) == pytest.approx(0.01, rel=0.05)

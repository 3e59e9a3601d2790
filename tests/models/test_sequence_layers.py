"""The channels-last 1-D layers against torch's own."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqcnn.models import sequence_layers

PAIRS: list[tuple[type[nn.Module], type[nn.Module], tuple[int, ...], dict[str, Any]]] = [
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 5), {}),
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 5), {"padding": 2, "bias": False}),
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 3), {"stride": 2, "padding": 4, "dilation": 3}),
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 3), {"groups": 2}),
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 3), {"padding": "same"}),
    (sequence_layers.Conv, nn.Conv1d, (6, 8, 3), {"padding": 1, "padding_mode": "circular"}),
    (sequence_layers.BatchNorm, nn.BatchNorm1d, (6,), {}),
    (sequence_layers.BatchNorm, nn.BatchNorm1d, (6,), {"momentum": None}),
    (sequence_layers.BatchNorm, nn.BatchNorm1d, (6,), {"affine": False}),
    (sequence_layers.MaxPool, nn.MaxPool1d, (3,), {}),
    (sequence_layers.MaxPool, nn.MaxPool1d, (3,), {"stride": 2, "padding": 1, "dilation": 2}),
    (sequence_layers.MaxPool, nn.MaxPool1d, (4,), {"ceil_mode": True}),
    (sequence_layers.AvgPool, nn.AvgPool1d, (2,), {}),
    (sequence_layers.AvgPool, nn.AvgPool1d, (3,), {"stride": 2, "padding": 1}),
    (sequence_layers.AvgPool, nn.AvgPool1d, (3,), {"stride": 2, "ceil_mode": True}),
    (sequence_layers.AvgPool, nn.AvgPool1d, (3,), {"padding": 1, "count_include_pad": False}),
]
every_pair = pytest.mark.parametrize(("ours", "theirs", "arguments", "named"), PAIRS)


def make(layer: type[nn.Module], arguments: tuple[int, ...], named: dict[str, Any]) -> nn.Module:
    torch.manual_seed(0)
    return layer(*arguments, **named)


def sequences(*shape: int) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    return (2 * x + 1).requires_grad_()


def step(layer: nn.Module, *, contiguous: bool = True) -> dict[str, Tensor]:
    """Results, gradients and state after two training batches and one in evaluation mode."""
    found = {}
    for number in range(2):
        x = sequences(5, 6, 37) if contiguous else sequences(5, 37, 6).transpose(1, 2)
        x.retain_grad()
        y = layer(x)
        weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(number))
        (y * weights).sum().backward()
        assert x.grad is not None
        found |= {f"result {number}": y.detach(), f"gradient {number}": x.grad}
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None
        found[f"gradient of {name}"] = parameter.grad
    found["evaluated"] = layer.eval()(sequences(2, 6, 20)).detach()
    return found | {f"state {name}": tensor for name, tensor in layer.state_dict().items()}


@every_pair
def test_results_gradients_and_state_are_those_of_torch(
    ours: type[nn.Module],
    theirs: type[nn.Module],
    arguments: tuple[int, ...],
    named: dict[str, Any],
) -> None:
    found, wanted = step(make(ours, arguments, named)), step(make(theirs, arguments, named))
    assert list(found) == list(wanted)
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-5, atol=1e-5, msg=name)


def test_channels_are_joined_as_by_torch_and_stay_last_in_memory() -> None:
    parts = [sequences(5, 2, 7).detach(), sequences(5, 7, 3).detach().transpose(1, 2)]
    joined = sequence_layers.concatenate(parts)
    assert torch.equal(joined, torch.cat(parts, 1))
    assert joined.stride(1) == 1


def test_strides_of_the_input_do_not_change_the_result() -> None:
    network = nn.Sequential(sequence_layers.Conv(6, 6, 3), sequence_layers.MaxPool(2))
    one, other = step(network, contiguous=False), {}
    x = sequences(5, 37, 6).transpose(1, 2).detach().contiguous()
    other["result 0"] = network(x).detach()
    torch.testing.assert_close(one["result 0"], other["result 0"], rtol=1e-5, atol=1e-5)


def test_batch_normalisation_takes_features_without_positions() -> None:
    x = sequences(9, 6).detach()
    ours, theirs = sequence_layers.BatchNorm(6), nn.BatchNorm1d(6)
    torch.testing.assert_close(ours(x), theirs(x))


def test_weights_load_into_torch_and_back() -> None:
    ours, theirs = sequence_layers.Conv(6, 8, 5), nn.Conv1d(6, 8, 5)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    ours.load_state_dict(theirs.state_dict(), strict=True)


def test_input_of_too_many_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(N, C\) or \(N, C, L\)"):
        sequence_layers.BatchNorm(6)(torch.zeros(1, 6, 2, 2, 2))

"""One battery over the registry: every network in every dimension that it exists for."""

from typing import Any

import pytest
import torch
from battery import CHANNELS, OUT, batch, build, side, supported
from torch import Tensor

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments

every_network = pytest.mark.parametrize(("name", "dim"), supported())


@every_network
def test_full_width_shapes_hold_on_the_meta_device(name: str, dim: int) -> None:
    size = {1: 600, 2: 224}[dim]
    with torch.device("meta"):
        network = build(name, dim, size=size, width=1.0)
        x = torch.empty((2, CHANNELS[dim]) + (size,) * dim)
    maps: list[Tensor] = []
    forward_features: Any = network.forward_features

    def kept(x: Tensor) -> Tensor:
        maps.append(forward_features(x))
        return maps[-1]

    network.forward_features = kept
    assert network(x).shape == (2, OUT)
    # Networks with auxiliary heads have their own way through the layers.
    features = maps[0] if maps else forward_features(x)
    assert (features.shape[0], features.dim()) == (2, 2 + dim)


@every_network
def test_the_gradient_reaches_every_parameter(name: str, dim: int) -> None:
    network = build(name, dim)
    noise = torch.Generator().manual_seed(2)
    with torch.no_grad():
        # Blocks that start as the identity hold the gradient back in the first step only.
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=noise)
    outputs = network(batch(dim, 4, side(name, dim)))
    assert outputs.shape == (4, OUT)
    outputs.square().sum().backward()
    silent = [
        key
        for key, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert silent == []


@every_network
def test_the_head_is_a_layer_with_one_output_each(name: str, dim: int) -> None:
    with torch.device("meta"):
        network = build(name, dim, out=5)
    head = network.get_submodule(network.head)
    assert 5 in (getattr(head, "out_features", None), getattr(head, "out_channels", None))


@every_network
def test_a_logit_can_be_negative(name: str, dim: int) -> None:
    network = build(name, dim).eval()
    x = batch(dim, 2, side(name, dim))
    with torch.no_grad():
        head = network.get_submodule(network.head)
        head.bias -= 1 + network(x).amax()
        assert (network(x) < 0).all()


@every_network
def test_a_prediction_does_not_depend_on_the_rest_of_the_batch(name: str, dim: int) -> None:
    network = build(name, dim).eval()
    x = batch(dim, 64 if dim == 1 else 4, side(name, dim))
    with torch.inference_mode():
        together = network(x)
        alone = torch.cat([network(x[row : row + 1]) for row in (0, len(x) - 1)])
    # Untrained deep networks give large logits, in which rounding shows.
    tolerance = 1e-3 * float(together.abs().max())
    torch.testing.assert_close(alone, together[[0, -1]], rtol=0, atol=tolerance)


@every_network
def test_the_smallest_input_is_taken_and_one_less_refused_in_a_sentence(
    name: str, dim: int
) -> None:
    with torch.device("meta"):
        smallest = int(build(name, dim).smallest)
        network = build(name, dim, size=smallest).eval()
        shape = (2, CHANNELS[dim])
        assert network(torch.empty(shape + (smallest,) * dim)).shape == (2, OUT)
        if smallest == 1:
            return
        if name != "duplex":  # whose pooling takes less than its k-mers
            unguarded = build(name, dim, size=smallest).eval()
            unguarded.smallest = 0  # type: ignore[assignment]
            with pytest.raises(RuntimeError):
                unguarded.forward_features(torch.empty(shape + (smallest - 1,) * dim))
        wanted = f"{name} takes inputs of {smallest} or more"
        with pytest.raises(ValueError, match=wanted):
            network.forward_features(torch.empty(shape + (smallest - 1,) * dim))


@every_network
def test_width_scales_the_parameters(name: str, dim: int) -> None:
    if "width" not in own_arguments(name):
        pytest.skip("takes no width")
    with torch.device("meta"):
        narrow, wide = (build(name, dim, width=width) for width in (0.5, 1.0))
    numbers = [sum(p.numel() for p in network.parameters()) for network in (narrow, wide)]
    assert 1.8 < numbers[1] / numbers[0] < 4.2


def test_input_too_small_for_the_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dilated takes inputs of 8 or more positions.* has 7"):
        build("dilated", 1)(batch(1, 2, size=7))


def test_input_too_small_for_the_dense_layers_is_refused_when_built() -> None:
    with pytest.raises(InputError, match="basset takes inputs of 168 or more positions, not 167"):
        create_model("basset", dim=1, in_channels=4, out=1, size=167)


def test_unknown_name_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        create_model("baset", dim=1, in_channels=4, out=1)
    message = str(refused.value)
    assert "unknown model 'baset'; did you mean 'basset'?" in message
    assert all(name in message for name in MODELS)


def test_unknown_argument_lists_the_known() -> None:
    with pytest.raises(InputError) as refused:
        create_model("basset", dim=1, in_channels=4, out=1, depth=3)
    assert str(refused.value) == (
        "model 'basset' has no argument 'depth'; it takes: size, width, dropout"
    )


def test_a_third_dimension_is_refused() -> None:
    with pytest.raises(InputError, match="dim is 3; networks here are 1-D or 2-D"):
        create_model("resnet18", dim=3, in_channels=4, out=1)

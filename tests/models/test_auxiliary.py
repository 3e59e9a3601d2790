from collections.abc import Callable

import pytest
import torch
from battery import batch
from torch import nn

from seqcnn.models import create_model
from seqcnn.models.auxiliary import WithAuxiliary, drop_auxiliary

NETWORKS = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}
every_network_with_heads = pytest.mark.parametrize("name", NETWORKS)


def build(name: str, *, auxiliary: bool = True) -> nn.Module:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return create_model(name, dim=1, in_channels=4, out=3, width=1 / 16, auxiliary=auxiliary)


@every_network_with_heads
def test_training_returns_the_logits_of_every_head(name: str) -> None:
    outputs = build(name)(batch(1, 4, 100))
    assert isinstance(outputs, WithAuxiliary)
    assert outputs.logits.shape == (4, 3)
    assert [head.shape for head in outputs.auxiliary] == [(4, 3)] * len(NETWORKS[name])


@pytest.mark.parametrize(("name", "weight"), [("googlenet", 0.3), ("inception_v3", 0.4)])
def test_the_weight_of_the_heads_losses(name: str, weight: float) -> None:
    assert build(name).auxiliary_weight == weight


@every_network_with_heads
def test_prediction_returns_logits_alone(name: str) -> None:
    outputs = build(name).eval()(batch(1, 4, 100))
    assert isinstance(outputs, torch.Tensor)


@every_network_with_heads
def test_no_heads_are_built_unless_asked_for(name: str) -> None:
    network = build(name, auxiliary=False)
    assert [getattr(network, head) for head in NETWORKS[name]] == [None] * len(NETWORKS[name])
    assert isinstance(network(batch(1, 4, 100)), torch.Tensor)


@every_network_with_heads
def test_every_parameter_learns_from_the_heads_together(name: str) -> None:
    network = build(name)
    outputs = network(batch(1, 8, 100))
    sum(logits.square().sum() for logits in (outputs.logits, *outputs.auxiliary)).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@every_network_with_heads
def test_a_head_alone_does_not_move_the_output_layer(name: str) -> None:
    network = build(name)
    network(batch(1, 8, 100)).auxiliary[-1].square().sum().backward()
    assert network.fc.weight.grad is None
    assert any(parameter.grad is not None for parameter in network.parameters())


@every_network_with_heads
@pytest.mark.parametrize("dim", [1, 2])
def test_heads_train_on_the_smallest_input(name: str, dim: int) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=dim, in_channels=4, out=3, auxiliary=True)
        outputs = network(torch.empty((2, 4) + (network.smallest,) * dim))
    assert [head.shape for head in outputs.auxiliary] == [(2, 3)] * len(NETWORKS[name])


@every_network_with_heads
def test_without_heads_the_names_are_those_of_the_plain_network(name: str) -> None:
    network = build(name)
    assert len(network.state_dict()) > len(build(name, auxiliary=False).state_dict())
    drop_auxiliary(network)
    assert list(network.state_dict()) == list(build(name, auxiliary=False).state_dict())
    assert not network.auxiliary


@every_network_with_heads
def test_predictions_stay_when_heads_go(name: str) -> None:
    network = build(name).eval()
    x = batch(1, 4, 100)
    before = network(x)
    drop_auxiliary(network)
    assert torch.equal(network(x), before)


@every_network_with_heads
def test_without_heads_training_returns_logits_alone(name: str) -> None:
    network = build(name)
    drop_auxiliary(network)
    assert isinstance(network(batch(1, 4, 100)), torch.Tensor)


@pytest.mark.parametrize("build_plain", [lambda: nn.Linear(2, 1), lambda: nn.Sequential()])
def test_a_network_that_never_had_heads_is_left_alone(build_plain: Callable[[], nn.Module]) -> None:
    network = build_plain()
    before = dict(vars(network))
    drop_auxiliary(network)
    assert dict(vars(network)) == before

"""Learning rate, decay groups, penalties and the moving average."""

import pytest
import torch
from torch import nn
from toy_run import ToyNetwork, toy_settings

from seqcnn.training.optimise import Average, build_optimizer, learning_rate, penalise_and_clip


def test_learning_rate_warms_up_then_falls_along_a_cosine() -> None:
    settings = toy_settings(lr=1.0, warmup_steps=4, max_steps=12)
    rates = [learning_rate(step, settings) for step in range(12)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[8] == pytest.approx(0.5)
    assert rates[11] == pytest.approx(0.0381, abs=1e-4)


def test_a_constant_schedule_stays_at_the_peak() -> None:
    settings = toy_settings(lr=0.5, warmup_steps=0, schedule="constant")
    assert [learning_rate(step, settings) for step in (0, 29)] == [0.5, 0.5]


def test_biases_and_norms_are_not_decayed() -> None:
    model = ToyNetwork()
    decayed, spared = build_optimizer(model, toy_settings(), fused=True).param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert [names[id(one)] for one in decayed["params"]] == [
        "features.0.weight", "features.4.weight", "output.weight",
    ]  # fmt: skip
    assert (len(spared["params"]), spared["weight_decay"]) == (5, 0.0)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_optimizers_step_on_the_cpu(name: str, fused: bool) -> None:
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    optimizer = build_optimizer(model, toy_settings(optimizer=name), fused=fused)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(model.weight, before)


def test_l1_adds_the_sign_of_weights_but_not_of_biases() -> None:
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[2.0, -3.0]]))
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    penalise_and_clip(list(model.parameters()), l1=0.5, clip_norm=0.0)
    assert model.weight.grad is not None and model.bias.grad is not None
    assert model.weight.grad.tolist() == [[1.5, 0.5]]
    assert model.bias.grad.tolist() == [1.0]


def test_gradients_are_clipped_to_the_norm() -> None:
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.grad = torch.tensor([[3.0, 4.0]])
    penalise_and_clip([layer.weight], l1=0.0, clip_norm=1.0)
    assert layer.weight.grad.flatten().tolist() == pytest.approx([0.6, 0.8], abs=1e-6)


def test_average_follows_weights_and_statistics_and_copies_counters() -> None:
    norm = nn.BatchNorm1d(1)
    average = Average(norm, decay=0.75)
    with torch.no_grad():
        norm.weight.fill_(5.0)
        norm.running_mean.fill_(8.0)
        norm.num_batches_tracked.fill_(3)
    average.update(1000)
    assert average.network.weight.item() == 2.0
    assert average.network.running_mean.item() == 2.0
    assert average.network.num_batches_tracked.item() == 3


def test_average_soon_forgets_the_first_weights() -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = Average(layer, decay=0.99)
    start = layer.weight.item()
    with torch.no_grad():
        layer.weight.fill_(start + 1)
    average.update(0)
    assert average.network.weight.item() == pytest.approx(start + 0.9)


def test_without_decay_the_average_is_the_network() -> None:
    layer = nn.Linear(1, 1)
    assert Average(layer, decay=0.0).network is layer


def test_average_is_found_again_after_a_move() -> None:
    norm = nn.BatchNorm1d(1)
    average = Average(norm, decay=0.5)
    average.network.double().float()  # makes new buffers, as a move to a GPU and back does
    average.bind()
    with torch.no_grad():
        norm.running_mean.fill_(4.0)
    average.update(1000)
    assert average.network.running_mean.item() == 2.0

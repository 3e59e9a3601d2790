from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn

from seqcnn.encoders.tensors import expand, reverse_complement
from seqcnn.interpret.filters import first_convolution, strongest_sites
from seqcnn.interpret.silencing import (
    resting_values,
    scaled_filters,
    shares,
    silenced_logits,
)

WITHOUT_FILTERS = {"rnn", "lstm", "bilstm", "counts"}


def one_strand(taken: Tensor) -> Sequence[Tensor]:
    return [expand(taken)]


def both_strands(taken: Tensor) -> Sequence[Tensor]:
    x = expand(taken)
    return [x, reverse_complement(x)]


def codes(number: int = 12, length: int = 30, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (number, length)).astype(np.uint8)


class Summed(nn.Module):
    """A convolution and a weight a filter on the sum of its answers: linear in every filter."""

    def __init__(self, weights: Sequence[float], kernel: int = 3) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, len(weights), kernel, bias=False)
        self.weights = nn.Parameter(torch.tensor(weights))

    def forward(self, x: Tensor) -> Tensor:
        return (self.convolution(x).sum(2) @ self.weights)[:, None]


def plain(network: nn.Module, given: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network(expand(torch.from_numpy(given))).numpy()


def test_silencing_takes_away_what_the_filter_adds() -> None:
    torch.manual_seed(0)
    network, given = Summed([2.0, -1.0]).eval(), codes()
    with torch.no_grad():
        answers = network.convolution(expand(torch.from_numpy(given)))
    with scaled_filters(network.convolution, torch.zeros(2)) as filters:
        (first,) = silenced_logits(network, filters, [[0]], given, views=one_strand)
    np.testing.assert_allclose(first[:, 0], -answers[:, 1].sum(1).numpy(), rtol=1e-5)


def test_a_silenced_filter_gives_its_resting_value_everywhere() -> None:
    network, given = Summed([1.0, 0.0]).eval(), codes()
    with scaled_filters(network.convolution, torch.tensor([0.5, 0.0])) as filters:
        (silent,) = silenced_logits(network, filters, [[0]], given, views=one_strand)
    np.testing.assert_allclose(silent, 0.5 * 28, rtol=1e-6)  # positions of 3 bp in 30


def test_resting_values_are_the_mean_answers() -> None:
    network, given = nn.Sequential(nn.Conv1d(4, 3, 5), nn.ReLU()).eval(), codes()
    with torch.no_grad():
        wanted = network[0](expand(torch.from_numpy(given))).mean((0, 2))
    found = resting_values(network, network[0], given, views=one_strand, batch_size=5)
    torch.testing.assert_close(found, wanted)


def test_resting_values_before_a_norm_are_its_running_means() -> None:
    network = nn.Sequential(nn.Conv1d(4, 3, 5), nn.MaxPool1d(2), nn.BatchNorm1d(3))
    network[2].running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    found = resting_values(network, network[0], codes(), views=one_strand)
    assert found.tolist() == [1.0, 2.0, 3.0]


def test_a_norm_after_another_layer_is_not_the_filters_own() -> None:
    network = nn.Sequential(nn.Conv1d(4, 3, 5), nn.ReLU(), nn.BatchNorm1d(3)).eval()
    network[2].running_mean.fill_(7)
    assert (resting_values(network, network[0], codes(), views=one_strand) < 7).all()


def test_shares_of_a_linear_network_are_what_silencing_costs() -> None:
    torch.manual_seed(1)
    network, given = Summed([2.0, -1.0, 0.5]).eval(), codes()
    weights = np.random.default_rng(1).normal(size=(len(given), 1))
    resting = torch.tensor([0.1, -0.2, 0.0])
    with scaled_filters(network.convolution, resting) as filters:
        found = shares(network, filters, given, weights, views=one_strand, steps=3, batch_size=5)
        whole, *silent = silenced_logits(
            network, filters, [[], [0], [1], [2]], given, views=one_strand
        )
    costs = [(weights * (whole - one)).sum() for one in silent]
    np.testing.assert_allclose(found, costs, rtol=1e-4)


def test_equal_filters_divide_what_one_of_them_is_worth() -> None:
    """The maximum of two equal filters: silencing one costs nothing, yet both have a share."""

    class Greater(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv1d(4, 2, 3, bias=False)
            with torch.no_grad():
                self.convolution.weight[1] = self.convolution.weight[0]

        def forward(self, x: Tensor) -> Tensor:
            return self.convolution(x).amax((1, 2))[:, None]

    torch.manual_seed(0)
    network, given = Greater().eval(), codes()
    weights = np.full((len(given), 1), 1 / len(given))
    with scaled_filters(network.convolution, torch.full((2,), -9.0)) as filters:
        found = shares(network, filters, given, weights, views=one_strand)
        whole, first, both = silenced_logits(
            network, filters, [[], [0], [0, 1]], given, views=one_strand
        )
    np.testing.assert_allclose(first, whole)
    assert found[0] + found[1] == pytest.approx(float((whole - both).mean()), rel=1e-3)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_logits_are_averaged_over_the_views() -> None:
    torch.manual_seed(0)
    network, given = Summed([1.0, 2.0]).eval(), codes()
    turned = (3 - given)[:, ::-1].copy()
    with scaled_filters(network.convolution, torch.zeros(2)) as filters:
        (found,) = silenced_logits(network, filters, [[]], given, views=both_strands)
    np.testing.assert_allclose(found, (plain(network, given) + plain(network, turned)) / 2, 1e-5)


def test_a_layer_without_bias_has_none_again_even_after_an_error() -> None:
    network = Summed([1.0])
    weight = network.convolution.weight
    before = weight.detach().clone()
    with pytest.raises(RuntimeError), scaled_filters(network.convolution, torch.zeros(1)) as all_:
        all_.set(torch.zeros(1))
        raise RuntimeError
    assert network.convolution.bias is None
    assert network.convolution.weight is weight
    assert torch.equal(weight, before)


@pytest.mark.parametrize("name", NAMES)
def test_every_network(name: str) -> None:
    network, length = small_network(name)
    convolution = first_convolution(network)
    if convolution is None:
        assert name in WITHOUT_FILTERS
        return
    given, weights = codes(6, length), np.full((6, 2), 1 / 6)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.no_grad():
        whole = network(expand(torch.from_numpy(given)))
    seen: list[Tensor] = []
    with convolution.register_forward_pre_hook(lambda _, x: seen.append(x[0])), torch.no_grad():
        network(expand(torch.from_numpy(given)))
    torch.testing.assert_close(seen[0], expand(torch.from_numpy(given)))  # it reads the bases
    sites = strongest_sites(convolution, given, inputs=expand, both_strands=True)
    assert sites.start.shape == (convolution.out_channels, 6)
    assert sites.start.max() <= length - convolution.kernel_size[0]
    network.train()
    resting = resting_values(network, convolution, given, views=one_strand)
    every = range(convolution.out_channels)
    with scaled_filters(convolution, resting) as filters:
        found = shares(network, filters, given, weights, views=one_strand, steps=2)
        same, silent = silenced_logits(network, filters, [[], every], given, views=one_strand)
    np.testing.assert_allclose(same, whole.numpy(), atol=1e-4)
    assert found.shape == (convolution.out_channels,)
    assert np.isfinite(found).all()
    # With no filter left, what is answered depends on the bases only past that layer.
    if name != "duplex":
        np.testing.assert_allclose(silent, np.broadcast_to(silent[0], silent.shape), atol=1e-4)
    assert network.training
    network.eval()
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_shares_add_up_in_a_deep_network() -> None:
    network, length = small_network("basset", out=1)
    convolution = first_convolution(network)
    assert convolution is not None
    given, weights = codes(16, length), np.eye(16)[:, :1]  # of the first sequence
    resting = resting_values(network, convolution, given, views=both_strands)
    with scaled_filters(convolution, resting) as filters:
        gaps = []
        whole, silent = silenced_logits(
            network, filters, [[], range(convolution.out_channels)], given, views=both_strands
        )
        for steps in (2, 64):
            found = shares(network, filters, given, weights, views=both_strands, steps=steps)
            gaps.append(abs(found.sum() - (weights * (whole - silent)).sum()))
    assert all(later < earlier for earlier, later in pairwise(gaps))
    assert gaps[-1] < 0.05 * abs((weights * (whole - silent)).sum())

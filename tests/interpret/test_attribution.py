"""Attributions: against numbers known by hand, another implementation, and every network."""

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.effects.whole import WholeNetwork
from seqcnn.encoders.tensors import expand
from seqcnn.interpret import attribution_rules
from seqcnn.interpret.attribution import attribute, differentiated
from seqcnn.models.kmers import KmerSpectrum

LENGTH = 20
RECURRENT = ("rnn", "lstm", "bilstm", "danq")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_codes(number: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (number, length)).astype(np.uint8)


class Reused(nn.Module):
    """relu(first + first passed through the same ReLU again), functional or one layer used twice:
    what hooks on layers get wrong."""

    def __init__(self, length: int, way: str) -> None:
        super().__init__()
        self.first = nn.Linear(4 * length, 6)
        self.second = nn.Linear(6, 5)
        self.last = nn.Linear(5, 2)
        self.relu = nn.ReLU() if way == "layer" else functional.relu

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.relu(self.second(self.relu(self.first(x.flatten(1))))))


@pytest.fixture(params=["layer", "function"])
def reused(request: pytest.FixtureRequest) -> Reused:
    torch.manual_seed(3)
    return Reused(LENGTH, request.param).eval()


def multipliers_by_hand(network: Reused, x: np.ndarray, r: np.ndarray, output: int) -> np.ndarray:
    """DeepLIFT's Rescale rule written out for the two layers, in float64."""
    a, b, c = (
        (one.weight.detach().double().numpy(), one.bias.detach().double().numpy())
        for one in (network.first, network.second, network.last)
    )
    z, z_r = a[0] @ x + a[1], a[0] @ r + a[1]
    h, h_r = np.maximum(z, 0), np.maximum(z_r, 0)
    y, y_r = b[0] @ h + b[1], b[0] @ h_r + b[1]
    upper = c[0][output] * (np.maximum(y, 0) - np.maximum(y_r, 0)) / (y - y_r)
    return (upper @ b[0] * (h - h_r) / (z - z_r)) @ a[0]


def test_deeplift_is_what_its_rules_give_by_hand_when_a_relu_is_reused(reused):
    codes = random_codes(4, LENGTH)
    found = attribute(reused, codes, method="deeplift", outputs=(1, 0), references=2, seed=5)
    shuffled = dinucleotide_shuffle(np.repeat(codes, 2, axis=0), seed=5)
    x, r = (expand(torch.from_numpy(one)).double().numpy() for one in (codes, shuffled))
    for row in range(4):
        for number, output in enumerate((1, 0)):
            expected = np.zeros((4, LENGTH))
            for one in (r[2 * row], r[2 * row + 1]):
                m = multipliers_by_hand(reused, x[row].ravel(), one.ravel(), output).reshape(
                    4, LENGTH
                )
                expected += (m - (m * one).sum(0)) / 2
            np.testing.assert_allclose(found.hypothetical[row, number], expected, atol=2e-5)
    assert found.convergence.max() < 1e-5


def test_deeplift_agrees_with_tangermeme_where_that_is_right():
    deep_lift_shap = pytest.importorskip("tangermeme.deep_lift_shap").deep_lift_shap
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv1d(4, 8, 5), nn.ReLU(), nn.MaxPool1d(3), nn.Conv1d(8, 6, 3), nn.GELU()),
        *(nn.MaxPool1d(2), nn.Flatten(), nn.Linear(24, 5), nn.Sigmoid(), nn.Linear(5, 1)),
    ).eval()
    codes = random_codes(5, 36)
    found = attribute(network, codes, method="deeplift", references=3, seed=1)
    shuffled = dinucleotide_shuffle(np.repeat(codes, 3, axis=0), seed=1).reshape(5, 3, 36)
    references = torch.stack([expand(torch.from_numpy(one)) for one in shuffled])
    expected = deep_lift_shap(
        network,
        expand(torch.from_numpy(codes)),
        references=references,
        hypothetical=True,
        device="cpu",
    )
    np.testing.assert_allclose(found.hypothetical[:, 0], expected.numpy(), atol=1e-5)


class Jumpy(nn.Module):
    """The greater of two scans, a global maximum, a product and a quotient of what depends on x."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv1d(4, 3, 4), nn.Conv1d(4, 3, 4)

    def forward(self, x: Tensor) -> Tensor:
        scanned = torch.maximum(self.one(x), self.two(x))
        best, mean = scanned.amax(2), scanned.mean(2)
        pooled = functional.adaptive_max_pool1d(scanned, 2).flatten(1)
        return torch.cat([best * mean, best / (1 + mean * mean), pooled], 1).sum(1, keepdim=True)


def test_maxima_products_and_quotients_sum_to_the_change():
    torch.manual_seed(1)
    found = attribute(Jumpy().eval(), random_codes(8, 20), method="deeplift", references=3)
    np.testing.assert_allclose(found.importance.sum(2), found.expected, atol=2e-5)
    assert np.abs(found.expected).min() > 1e-3


def test_a_maximum_credits_the_base_that_wins():
    class First(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.own = nn.Parameter(torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            return 5 * x[:, 0].amax(1, keepdim=True)  # whether there is an A

    codes = np.array([[1, 1, 0, 2, 2, 3]], np.uint8)
    found = attribute(First(), codes, method="deeplift", baseline="uniform")
    # From 1/4 at each position to 1 at the third: 5 * (1 - 1/4).
    np.testing.assert_allclose(found.importance[0, 0], [0, 0, 3.75, 0, 0, 0], atol=1e-6)


def test_integrated_gradients_of_a_square_are_exact():
    class Square(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 3.0, 0.5]))

        def forward(self, x: Tensor) -> Tensor:
            return (x * self.weight[:, None]).sum((1, 2))[:, None] ** 2

    codes = np.array([[0, 2, 1]], np.uint8)
    found = attribute(Square(), codes, method="integrated-gradients", baseline="uniform", steps=2)
    # The gradient is 2 s w: s runs from 3 * 0.625 to 1 + 3 - 2, its mean is 1.9375.
    expected = 2 * 1.9375 * (np.array([1.0, 3.0, -2.0]) - 0.625)
    np.testing.assert_allclose(found.importance[0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(found.expected, [[4 - 1.875**2]], rtol=1e-5)


def test_saliency_is_the_gradient_less_its_mean_over_the_bases(reused):
    codes = random_codes(3, LENGTH)
    x = expand(torch.from_numpy(codes)).requires_grad_()
    (gradient,) = torch.autograd.grad(reused(x)[:, 0].sum(), x)
    found = attribute(reused, codes, method="saliency")
    expected = gradient - gradient.mean(1, keepdim=True)
    np.testing.assert_allclose(found.hypothetical[:, 0], expected.numpy(), atol=1e-6)
    assert np.isnan(found.convergence).all()


def with_spectrum(network: nn.Module) -> nn.Module:
    """k-mer weights, which begin at zero, made random."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, KmerSpectrum):
                layer.weight.normal_(std=0.1, generator=generator)
    return network


@pytest.mark.parametrize("name", NAMES)
def test_every_network_is_attributed_and_its_sums_are_right(name):
    network, length = small_network(name, out=1)
    with_spectrum(network)
    codes = random_codes(2, length)
    given = {"references": 1, "seed": 1}
    saliency = attribute(network, codes, method="saliency")
    assert saliency.hypothetical.shape == (2, 1, 4, length)
    assert np.isfinite(saliency.hypothetical).all()
    path = attribute(network, codes, method="integrated-gradients", steps=6, **given)
    size = np.abs(path.importance).sum(2).mean()
    assert path.difference.mean() <= 0.4 * size
    lifted = attribute(network, codes, method="deeplift", **given)
    if name in RECURRENT:
        assert lifted.convergence[0] > 0.01  # the gate refuses it
    else:
        assert lifted.convergence[0] < 1e-3
        assert np.isfinite(lifted.hypothetical).all()


@pytest.mark.parametrize("name", ["deepbind", "duplex", "lstm", "danq"])
def test_more_steps_bring_integrated_gradients_to_the_change(name):
    network, length = small_network(name, out=1)
    with_spectrum(network)
    found = [
        attribute(
            network,
            random_codes(4, length),
            method="integrated-gradients",
            references=1,
            steps=steps,
        ).convergence[0]
        for steps in (10, 160)
    ]
    assert found[1] < 0.03
    assert found[1] < found[0] / 2


@pytest.mark.parametrize("method", ["deeplift", "integrated-gradients", "saliency"])
def test_both_strands_and_members_average_as_if_attributed_one_by_one(method):
    members = [with_spectrum(small_network("duplex", out=1, seed=seed)[0]) for seed in (0, 1)]
    codes = random_codes(2, 40)
    given = {"method": method, "baseline": "uniform", "steps": 6}
    whole = attribute(WholeNetwork(members, both_strands=True), codes, **given)
    reverse = 3 - codes[:, ::-1]
    parts = []
    for member in members:
        parts.append(attribute(member, codes, **given).hypothetical)
        parts.append(attribute(member, reverse, **given).hypothetical[:, :, ::-1, ::-1])
    np.testing.assert_allclose(whole.hypothetical, np.mean(parts, axis=0), atol=1e-5)


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_a_k_mer_spectrum_is_attributed_exactly_between_sequences(slope):
    torch.manual_seed(0)
    layer = KmerSpectrum(2, k=4, slope=slope)
    nn.init.normal_(layer.weight)
    codes = random_codes(6, 25)
    for method in ("deeplift", "integrated-gradients"):
        found = attribute(layer, codes, method=method, outputs=(0, 1), references=4, steps=3)
        np.testing.assert_allclose(found.importance.sum(2), found.expected, atol=1e-5)
        assert found.convergence.max() < 1e-5


@pytest.mark.parametrize("ambiguous", ["share", "zero"])
def test_unclear_bases_count_as_nothing_there_as_in_the_layer(ambiguous):
    torch.manual_seed(0)
    layer = KmerSpectrum(1, k=3)
    nn.init.normal_(layer.weight)
    codes = random_codes(6, 40)
    codes[:, 5::9] = 4  # N
    found = attribute(
        layer,
        codes,
        method="deeplift",
        references=3,
        inputs=lambda given: expand(given, ambiguous=ambiguous),
    )
    assert found.convergence[0] < 1e-5


def test_results_do_not_hang_on_the_batch_size(reused):
    codes = random_codes(5, LENGTH)
    seen: list[int] = []
    one = attribute(
        reused, codes, method="deeplift", references=3, batch_size=4, advance=seen.append
    )
    other = attribute(reused, codes, method="deeplift", references=3)
    np.testing.assert_allclose(one.hypothetical, other.hypothetical, atol=1e-6)
    assert sum(seen) == 5


def test_the_network_is_left_as_it_was_even_after_an_error(reused):
    reused.train()
    reused.first.bias.requires_grad_(False)
    with pytest.raises(ZeroDivisionError), differentiated(reused):
        raise ZeroDivisionError
    attribute(reused, random_codes(1, LENGTH), method="deeplift")
    assert reused.training
    asking = {name for name, one in reused.named_parameters() if one.requires_grad}
    assert asking == {name for name, _ in reused.named_parameters()} - {"first.bias"}
    network = KmerSpectrum(1, k=3)
    attribute(network, random_codes(1, LENGTH), method="deeplift")
    assert "forward" not in vars(network)


def test_without_a_rule_for_a_function_the_sums_are_wrong(monkeypatch, reused):
    monkeypatch.setattr(attribution_rules, "RULED", attribution_rules.RULED - {"relu"})
    found = attribute(reused, random_codes(8, LENGTH), method="deeplift", references=3)
    assert found.convergence[0] > 0.05

"""The gate: what it measures, and that it stops what is wrong."""

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr
from small_networks import small_network
from torch import Tensor, nn

from seqcnn.encoders.tensors import expand
from seqcnn.interpret import gate as gates
from seqcnn.interpret.attribution import attribute
from seqcnn.interpret.gate import Gate, check, mutagenesis_importance, randomised


def random_codes(number: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (number, length)).astype(np.uint8)


class Motif(nn.Module):
    """A soft count of the motif GATA on either side of a bend without a DeepLIFT rule."""

    def __init__(self, *, bend: bool = False) -> None:
        super().__init__()
        self.scan = nn.Conv1d(4, 1, 4)
        self.bend = bend
        with torch.no_grad():
            self.scan.weight.fill_(-1.0)
            for place, base in enumerate((2, 0, 3, 0)):
                self.scan.weight[0, base, place] = 2.0
            self.scan.bias.fill_(-3.0)

    def forward(self, x: Tensor) -> Tensor:
        scanned = self.scan(x)
        # No rule is known for erfc, and it is far from linear.
        bent = torch.special.erfc(-scanned) if self.bend else torch.relu(scanned)
        return bent.sum(2)


def planted(number: int, length: int = 30) -> np.ndarray:
    codes = random_codes(number, length)
    codes[:, 10:14] = (2, 0, 3, 0)
    return codes


def test_a_right_method_on_a_network_that_reads_a_motif_passes():
    found = check(Motif().eval(), planted(12), method="deeplift", references=10)
    assert found.convergence[0] < 1e-5
    assert found.mutagenesis[0] > 0.85
    assert found.level == "good"
    assert found.exact
    assert found.attributed.shape == found.mutated.shape == (12, 1, 30)


def test_deeplift_of_a_function_without_a_rule_is_found_and_not_exact():
    found = check(Motif(bend=True).eval(), planted(12), method="deeplift", references=10)
    assert found.convergence[0] > 0.01
    assert found.levels(0)["convergence"] == "bad"
    assert not found.exact


def test_integrated_gradients_pass_there():
    found = check(
        Motif(bend=True).eval(),
        planted(12),
        method="integrated-gradients",
        references=10,
        steps=40,
    )
    assert found.exact
    assert found.levels(0)["convergence"] == "good"


@pytest.mark.parametrize("name", ["rnn", "lstm", "bilstm", "danq"])
def test_deeplift_of_recurrent_networks_is_not_exact(name):
    network, length = small_network(name, out=1)
    found = check(network, random_codes(4, length), method="deeplift", references=2)
    assert not found.exact


def test_what_ignores_the_weights_fails_the_randomised_test(monkeypatch):
    class Blind(nn.Module):
        """The count of A: nothing of it is learned."""

        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(3))

        def forward(self, x: Tensor) -> Tensor:
            return x[:, 0].sum(1, keepdim=True)

    found = check(Blind(), random_codes(6, 20), method="saliency")
    np.testing.assert_allclose(found.randomised, 1)
    assert found.levels(0)["randomised"] == "bad"
    assert found.level == "bad"
    assert found.exact  # its sums are not wrong


def test_saliency_has_no_test_of_sums():
    found = check(Motif().eval(), planted(6), method="saliency")
    assert set(found.levels(0)) == {"mutagenesis", "randomised"}
    assert found.exact


def test_the_correlation_is_pearsons_over_all_bases_but_unclear_ones():
    network, codes = Motif().eval(), planted(5)
    codes[:, 3] = 4  # N
    found = check(network, codes, method="deeplift", references=3, seed=2)
    importance = attribute(network, codes, method="deeplift", references=3, seed=2).importance
    kept = np.arange(30) != 3
    expected = pearsonr(importance[..., kept].ravel(), found.mutated[..., kept].ravel())[0]
    np.testing.assert_allclose(found.mutagenesis[0], expected)
    assert np.isnan(found.mutated[..., 3]).all()


def test_mutagenesis_is_the_mean_loss_of_the_three_substitutions():
    network, codes = small_network("duplex", out=2)[0], random_codes(2, 40)
    found = mutagenesis_importance(network, codes, (1,))
    with torch.no_grad():
        for row, place in ((0, 0), (0, 17), (1, 39)):
            changed = np.repeat(codes[row : row + 1], 3, axis=0)
            changed[:, place] = [base for base in range(4) if base != codes[row, place]]
            own = network(expand(torch.from_numpy(codes[row : row + 1])))[0, 1]
            others = network(expand(torch.from_numpy(changed)))[:, 1].mean()
            np.testing.assert_allclose(found[row, 0, place], float(own - others), atol=1e-5)


def test_a_randomised_network_keeps_sizes_and_leaves_the_first_alone():
    network, length = small_network("basset", out=2)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    codes = random_codes(3, length)
    other = randomised(network, codes, seed=1)
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name])
    for one, mixed in zip(network.parameters(), other.parameters(), strict=True):
        sizes = [values.detach().abs().flatten().sort().values for values in (one, mixed)]
        assert torch.equal(*sizes)
        assert one.numel() < 10 or not torch.equal(one, mixed) or one.unique().numel() == 1
    assert not other.training
    with torch.no_grad():
        assert other(expand(torch.from_numpy(codes))).std(0).max() > 0
    again = randomised(network, codes, seed=1)
    assert all(
        torch.equal(a, b) for a, b in zip(other.parameters(), again.parameters(), strict=True)
    )


def test_constant_randomised_networks_give_a_warning_not_a_pass():
    nothing = np.zeros((1, 1, 5))
    found = Gate(
        "deeplift",
        convergence=np.array([0.0]),
        mutagenesis=np.array([0.9]),
        randomised=np.full((1, 3), np.nan),
        attributed=nothing,
        mutated=nothing,
    )
    assert found.levels(0) == {
        "convergence": "good",
        "mutagenesis": "good",
        "randomised": "warning",
    }


@pytest.mark.parametrize(
    ("method", "value", "level"),
    [
        *(("deeplift", 0.0009, "good"), ("deeplift", 0.005, "warning"), ("deeplift", 0.02, "bad")),
        *(("integrated-gradients", 0.01, "good"), ("integrated-gradients", 0.05, "warning")),
        *(("integrated-gradients", 0.11, "bad"), ("deeplift", float("nan"), "bad")),
    ],
)
def test_levels_of_convergence(method, value, level):
    assert gates.convergence_level(method, value) == level

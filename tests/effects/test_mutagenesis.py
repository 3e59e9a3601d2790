"""Effects of all substitutions against hand-made networks, brute force and tangermeme."""

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn

from seqcnn.effects import incremental
from seqcnn.effects.mutagenesis import mutagenesis, saturation
from seqcnn.effects.whole import WholeNetwork
from seqcnn.encoders.tensors import expand
from seqcnn.models import create_model

LENGTH = 12


class Weighted(nn.Module):
    """The sum of one weight a base and position: effects are differences of weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, LENGTH, generator=torch.manual_seed(0)))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).sum((1, 2))[:, None]


def random_codes(number: int, length: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)


def by_hand(network: nn.Module, codes: np.ndarray) -> np.ndarray:
    """Every substitution by itself, written out."""
    effects = []
    with torch.no_grad():
        for sequence in codes:
            before = network(expand(torch.from_numpy(sequence[None])))[0]
            for place in range(len(sequence)):
                for base in range(4):
                    changed = sequence.copy()
                    changed[place] = base
                    after = network(expand(torch.from_numpy(changed[None])))[0]
                    effects.append((after - before).numpy())
    return np.array(effects).reshape(*codes.shape, 4, -1)


@pytest.mark.parametrize("way", ["never", "always", "auto"])
def test_effect_is_the_difference_of_the_weights(way):
    network, codes = Weighted(), random_codes(3, LENGTH)
    weight = network.weight.detach().numpy()
    expected = weight.T[None] - weight[codes, np.arange(LENGTH)][..., None]
    found = saturation(network, codes, incremental=way, batch_size=16)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[..., 0], expected, atol=2e-6)


@pytest.mark.parametrize("way", ["never", "always"])
def test_effect_on_both_strands_is_their_mean(way):
    network, codes = Weighted(), random_codes(2, LENGTH)
    weight = network.weight.detach().numpy()
    both = (weight + weight[::-1, ::-1]) / 2
    expected = both.T[None] - both[codes, np.arange(LENGTH)][..., None]
    whole = WholeNetwork([network], both_strands=True)
    np.testing.assert_allclose(
        saturation(whole, codes, incremental=way)[..., 0], expected, atol=2e-6
    )


def test_ambiguous_base_is_replaced_by_all_four():
    codes = random_codes(1, LENGTH)
    codes[0, 3] = 4
    network = Weighted()
    column = network.weight.detach().numpy()[:, 3]
    done: list[int] = []
    found = mutagenesis(network, codes, incremental="always", batch_size=10, advance=done.append)
    np.testing.assert_allclose(found.effects[0, 3, :, 0], column - column.mean(), atol=2e-6)
    assert sum(done) == 3 * LENGTH + 1
    assert max(done) == 10


def test_only_wanted_positions_and_tracks_are_given():
    network, length = small_network("deepbind", out=3)
    codes = random_codes(2, length)
    whole = mutagenesis(network, codes)
    part = mutagenesis(network, codes, positions=(5, 9), tracks=[2, 0])
    assert part.first == 5
    assert part.effects.shape == (2, 4, 4, 2)
    np.testing.assert_allclose(part.effects, whole.effects[:, 5:9][..., [2, 0]], atol=1e-6)
    np.testing.assert_allclose(part.reference, whole.reference[:, [2, 0]], atol=1e-6)


def test_effects_of_an_ensemble_are_means_over_members():
    network, length = small_network("deepbind")
    other, _ = small_network("deepbind", seed=1)
    codes = random_codes(1, length)
    both = saturation(WholeNetwork([network, other], both_strands=False), codes)
    alone = [saturation(one, codes, incremental="never") for one in (network, other)]
    np.testing.assert_allclose(both, np.mean(alone, axis=0), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_incremental_effects_of_every_network_are_the_naive_ones(name):
    network, length = small_network(name)
    whole = WholeNetwork([network], both_strands=True)
    codes = random_codes(2, length)
    middle = (length // 2 - 2, length // 2 + 3)
    slow = mutagenesis(whole, codes, positions=middle, incremental="never")
    fast = mutagenesis(whole, codes, positions=middle, incremental="always", batch_size=20)
    assert (slow.way, fast.way) == ("naive", "incremental")
    scale = max(1.0, float(np.abs(slow.reference).max()))
    np.testing.assert_allclose(fast.effects, slow.effects, atol=1e-5 * scale)


def test_effects_of_basset_are_those_written_out_by_hand():
    network = create_model("basset", dim=1, in_channels=4, out=2, size=190, width=1 / 16).eval()
    codes = random_codes(1, 190)
    found = mutagenesis(network, codes, incremental="always", batch_size=64)
    assert found.way == "incremental"
    np.testing.assert_allclose(found.effects, by_hand(network, codes), atol=1e-6)


def test_logits_are_those_of_tangermeme():
    tangermeme = pytest.importorskip("tangermeme.saturation_mutagenesis")
    network, length = small_network("deepbind")
    codes = random_codes(1, length)
    x = expand(torch.from_numpy(codes))
    raw = tangermeme.saturation_mutagenesis(
        network, x.to(torch.int8), raw_outputs=True, device="cpu", fast=False
    )
    expected = (raw.y_hat - raw.y0[:, None, None]).permute(0, 2, 1, 3).numpy()
    found = saturation(network, codes, incremental="always")
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_network_that_cannot_be_followed_is_run_whole():
    network = nn.Sequential(
        nn.Conv1d(4, 3, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool1d(1), nn.Flatten()
    )
    codes = random_codes(1, 20)
    found = mutagenesis(network, codes, incremental="always")
    assert found.way == "naive"
    assert found.note == "the network cannot be followed (relu writes into its map)"
    np.testing.assert_allclose(found.effects, by_hand(network, codes), atol=1e-6)


def test_wrong_logits_are_noticed_on_the_first_batch(monkeypatch):
    monkeypatch.setitem(incremental.RULES, "relu", incremental.RULES["tanh"])
    monkeypatch.setitem(incremental.RULES, "amax", incremental.RULES["mean"])
    network, length = small_network("deepbind")
    codes = random_codes(1, length)
    found = mutagenesis(network, codes, incremental="always")
    assert found.way == "naive"
    assert found.note.startswith("incremental logits differ by")
    np.testing.assert_allclose(found.effects, by_hand(network, codes), atol=1e-6)


def test_few_substitutions_are_not_worth_the_comparison():
    network, length = small_network("deepbind")
    found = mutagenesis(network, random_codes(1, length), batch_size=3 * length)
    assert (found.way, found.note, found.difference) == ("naive", "few substitutions", None)


def test_network_keeps_its_mode_even_on_an_error():
    network = nn.Sequential(nn.Conv1d(4, 3, 3), nn.Dropout(), nn.Flatten()).train()
    saturation(network, random_codes(1, 20))
    assert network.training
    with pytest.raises(RuntimeError):
        saturation(nn.Sequential(network, nn.Linear(1, 1)), random_codes(1, 20))
    assert network.training

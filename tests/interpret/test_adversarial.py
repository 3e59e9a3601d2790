from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn

from seqcnn.encoders.dna import encode
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.adversarial import NONE, Edited, fewest_edits, random_edits
from seqcnn.interpret.call_goals import Goals, crossing


class Linear(nn.Module):
    """One output: the sum of a weight for each letter at each position."""

    def __init__(self, weight: np.ndarray) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.from_numpy(weight.astype(np.float32)))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).sum((1, 2))[:, None]


def goals(*signs: float, cut: float = 0.0, track: int = 0) -> Goals:
    number = len(signs)
    return Goals(np.full(number, track), np.array(signs), np.full(number, cut))


def random_codes(number: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (number, length), dtype=np.uint8)


def logits(network: Callable[[Tensor], Tensor], codes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        found: np.ndarray = network(expand(torch.from_numpy(codes))).numpy()
    return found


def fewest_by_brute_force(
    network: nn.Module, codes: np.ndarray, goal: Goals, row: int, most: int
) -> int:
    """The smallest number of substitutions, up to `most`, with which any set reaches the goal."""
    length = codes.shape[1]
    for number in range(1, most + 1):
        made = []
        for places in combinations(range(length), number):
            for shifts in product((1, 2, 3), repeat=number):
                edited = codes[row].copy()
                edited[list(places)] = (edited[list(places)] + np.array(shifts)) % 4
                made.append(edited)
        reached = goal.gain(
            torch.from_numpy(logits(network, np.array(made))), np.full(len(made), row)
        )
        if bool((reached > 0).any()):
            return number
    return 0


def test_linear_network_takes_the_letters_that_weigh_most() -> None:
    # AAAA has a logit of -3; G at position 2 adds 2, C at 0 adds 1.5, T at 3 adds 1, at 1 nothing.
    weight = np.zeros((4, 4))
    weight[0] = -0.75
    weight[2, 2], weight[1, 0], weight[3, 3] = 1.25, 0.75, 0.25
    weight[1:, 1] = -0.75
    found = fewest_edits(
        Linear(weight), encode("AAAA")[None], goals(1), expand=expand, candidates=1, beam=1
    )
    assert found.number.tolist() == [2]
    assert found.position[0, :3].tolist() == [2, 0, NONE]
    assert found.letter[0, :2].tolist() == [2, 1]
    assert found.gain[0, :3].tolist() == [-3.0, -1.0, 0.5]
    assert np.isnan(found.gain[0, 3:]).all()
    assert found.applied(encode("AAAA")[None])[0].tolist() == encode("CAGA").tolist()
    assert found.applied(encode("AAAA")[None], 1)[0].tolist() == encode("AAGA").tolist()


def test_call_is_lost_below_the_cut() -> None:
    weight = np.zeros((4, 6))
    weight[0] = 1.0  # counts A
    found = fewest_edits(Linear(weight), encode("AAAAAA")[None], goals(-1, cut=3.5), expand=expand)
    assert found.number.tolist() == [3]


def test_goal_out_of_reach_gives_none_and_the_best_attempt() -> None:
    weight = np.zeros((4, 5))
    weight[3] = 1.0
    found = fewest_edits(
        Linear(weight), encode("AAAAA")[None], goals(1, cut=10), expand=expand, most=3
    )
    assert found.number.tolist() == [0]
    assert (found.position[0] != NONE).sum() == 3
    assert found.gain[0, -1] == -7.0


@pytest.mark.parametrize("name", ["deepbind", "duplex"])
def test_one_and_two_substitutions_are_the_fewest_by_brute_force(name: str) -> None:
    network, length = small_network(name)
    codes = random_codes(4, length)
    codes[:, 12:] = codes[:1, 12:]
    now = logits(network, codes)[:, 0]
    # Cuts that one or two of the first twelve letters may or may not reach.
    spread = np.abs(now - now.mean()).max()
    goal = Goals(
        np.zeros(4, np.int64), np.array([1.0, 1.0, -1.0, -1.0]),
        now + np.array([0.5, 1.5, -0.5, -1.5]) * spread,
    )  # fmt: skip

    def windowed(x: Tensor) -> Tensor:
        fixed = expand(torch.from_numpy(codes[:1]))[:, :, 12:]
        logit: Tensor = network(torch.cat([x, fixed.expand(len(x), -1, -1)], 2))
        return logit

    short = np.ascontiguousarray(codes[:, :12])
    found = fewest_edits(windowed, short, goal, expand=expand, most=2, beam=36, candidates=None)
    expected = [fewest_by_brute_force(windowed, short, goal, row, 2) for row in range(4)]  # type: ignore[arg-type]
    assert found.number.tolist() == expected
    guided = fewest_edits(windowed, short, goal, expand=expand, most=2).number
    assert [one == 1 for one in guided] == [one == 1 for one in expected]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_is_attacked_and_the_gains_are_its_own(name: str) -> None:
    network, length = small_network(name)
    codes = random_codes(2, length)
    own = logits(network, codes)
    goal = Goals(np.array([0, 1]), np.array([1.0, -1.0]), np.array([own[0, 0], own[1, 1]]))
    goal = Goals(goal.track, goal.sign, goal.cut + goal.sign * 1e-4)
    found = fewest_edits(
        network, codes, goal, expand=expand, most=3, beam=2, candidates=4, whole_first=False
    )
    made = (found.position != NONE).sum(1)
    after = logits(network, found.applied(codes))
    gain = goal.sign * (after[[0, 1], goal.track] - goal.cut)
    np.testing.assert_allclose(found.gain[[0, 1], made], gain, atol=1e-5)
    assert ((found.applied(codes) != codes).sum(1) == made).all()
    assert all(parameter.grad is None for parameter in network.parameters())


def test_batches_and_order_of_sequences_do_not_matter() -> None:
    network, length = small_network("deepbind")
    codes = random_codes(5, length)
    goal = Goals(
        np.zeros(5, np.int64), np.ones(5), logits(network, codes)[:, 0].astype(float) + 0.3
    )
    how = {"expand": expand, "most": 4, "candidates": 6, "beam": 2}
    one = fewest_edits(network, codes, goal, batch_size=7, **how)
    other = fewest_edits(network, codes, goal, batch_size=300, **how)
    np.testing.assert_array_equal(one.number, other.number)
    np.testing.assert_array_equal(one.position, other.position)
    first = np.array([0])
    alone = fewest_edits(network, codes[:1], goal.subset(first), batch_size=300, **how)
    assert alone.number[0] == one.number[0]


def test_ambiguous_letters_stay() -> None:
    weight = np.zeros((4, 5))
    weight[0] = [5, 1, 1, 1, 1]
    found = fewest_edits(
        Linear(weight), encode("NCCCC")[None], goals(1, cut=3.0), expand=expand, most=5
    )
    assert found.applied(encode("NCCCC")[None])[0, 0] == 4
    assert found.number.tolist() == [2]


def test_sequence_of_ambiguous_letters_alone_has_nothing_to_change() -> None:
    found = fewest_edits(
        Linear(np.ones((4, 5))), encode("NNNNN")[None], goals(1, cut=9), expand=expand
    )
    assert found.number.tolist() == [0]


def test_progress_counts_every_sequence_once() -> None:
    weight = np.zeros((4, 6))
    weight[0] = 1.0
    done: list[int] = []
    fewest_edits(
        Linear(weight), encode("AAAAAAAAAACC").reshape(2, 6), goals(-1, 1, cut=4.5),
        expand=expand, most=2, advance=done.append,
    )  # fmt: skip
    assert sum(done) == 2


def test_random_edits_change_as_many_letters_and_no_n() -> None:
    codes = random_codes(4, 30)
    codes[:, :5] = 4
    edited = random_edits(codes, np.array([0, 1, 5, 25]), np.random.default_rng(0))
    assert (edited != codes).sum(1).tolist() == [0, 1, 5, 25]
    assert (edited[:, :5] == 4).all() and edited[:, 5:].max() < 4


# Goals


def test_class_is_lost_when_another_is_larger() -> None:
    goal = Goals(np.array([1, 1]), np.array([-1.0, -1.0]), np.zeros(2), classes=True)
    gain = goal.gain(torch.tensor([[0.0, 2.0, 1.0], [2.5, 2.0, 0.0]]), np.array([0, 1]))
    assert gain.tolist() == [-1.0, 0.5]


def test_class_is_gained_by_its_log_odds_after_calibration() -> None:
    logit = np.array([[0.3, 1.1, -0.4]])
    probability = np.exp(2 * logit + [0, 0.5, 0]) / np.exp(2 * logit + [0, 0.5, 0]).sum()
    odds = np.log(probability[0, 1] / (1 - probability[0, 1]))
    goal = Goals(
        np.array([1]), np.array([1.0]), np.array([0.7]), True, 2.0, np.array([0.0, 0.5, 0.0])
    )
    gain = goal.gain(torch.from_numpy(logit).float(), np.array([0]))
    assert gain.item() == pytest.approx(odds - 0.7, abs=1e-6)


def test_crossing_inverts_a_probability() -> None:
    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    assert crossing(sigmoid, 0.5) == pytest.approx(0, abs=1e-9)
    assert crossing(sigmoid, 0.9) == pytest.approx(np.log(9))
    assert crossing(lambda x: 0.9 * sigmoid(x), 0.95) == np.inf
    assert crossing(lambda x: 0.6 + 0.4 * sigmoid(x), 0.5) == -np.inf


def test_edited_sequences_are_new_arrays() -> None:
    codes = random_codes(1, 8)
    kept = codes.copy()
    edited = Edited(
        np.array([1]), np.array([[3]]), np.array([[(codes[0, 3] + 1) % 4]], np.uint8),
        np.zeros((1, 2)),
    )  # fmt: skip
    assert (edited.applied(codes) != codes).sum() == 1
    np.testing.assert_array_equal(codes, kept)


@pytest.mark.parametrize("name", ["basset", "danq"])
def test_first_substitution_is_the_best_of_all(name: str) -> None:
    network, length = small_network(name)
    codes = random_codes(2, length)
    codes[0, 3] = 4
    goal = goals(1, -1, cut=1e6)
    found = fewest_edits(network, codes, goal, expand=expand, most=1)
    for row in range(2):
        places = [at for at in range(length) if codes[row, at] < 4]
        made = np.repeat(codes[row : row + 1], 3 * len(places), axis=0)
        for number, (at, shift) in enumerate(product(places, (1, 2, 3))):
            made[number, at] = (made[number, at] + shift) % 4
        gain = goal.gain(torch.from_numpy(logits(network, made)), np.full(len(made), row))
        assert found.gain[row, 1] == pytest.approx(float(gain.max()), abs=1e-5)

import numpy as np
import pytest

from seqcnn.interpret.off_distribution import shares, strange_sequences

CODES = np.random.default_rng(0).choice(4, (60, 80), p=[0.1, 0.4, 0.4, 0.1]).astype(np.uint8)


@pytest.fixture(scope="module")
def kinds() -> dict[str, np.ndarray]:
    return strange_sequences(CODES, seed=1)


def pairs(codes: np.ndarray) -> list[list[int]]:
    return [np.bincount(4 * row[:-1] + row[1:], minlength=16).tolist() for row in codes]


def test_shuffles_keep_what_they_say(kinds: dict[str, np.ndarray]) -> None:
    assert pairs(kinds["dinucleotides shuffled"]) == pairs(CODES)
    assert pairs(kinds["letters shuffled"]) != pairs(CODES)
    np.testing.assert_array_equal(np.sort(kinds["letters shuffled"]), np.sort(CODES))
    np.testing.assert_array_equal(kinds["reversed"][:, ::-1], CODES)


def test_random_sequences_have_the_wanted_gc(kinds: dict[str, np.ndarray]) -> None:
    def gc(name: str) -> float:
        return float(np.isin(kinds[name], (1, 2)).mean())

    assert gc("random") == pytest.approx(0.5, abs=0.03)
    assert gc("random, same GC") == pytest.approx(0.8, abs=0.03)


def test_gc_follows_each_sequence() -> None:
    codes = np.stack([np.zeros(50, np.uint8), np.full(50, 2, np.uint8)])
    made = strange_sequences(codes)["random, same GC"]
    assert np.isin(made[0], (0, 3)).all() and np.isin(made[1], (1, 2)).all()


def test_repeats_have_units_of_one_to_six(kinds: dict[str, np.ndarray]) -> None:
    for row, codes in enumerate(kinds["repeats"]):
        unit = 1 + row % 6
        np.testing.assert_array_equal(codes[unit:], codes[:-unit])


def test_unknown_letters_are_half_or_all(kinds: dict[str, np.ndarray]) -> None:
    assert ((kinds["half of it N"] == 4).sum(1) == 40).all()
    assert kinds["all N"].tolist() == [[4] * 80]


def test_same_seed_gives_the_same_sequences(kinds: dict[str, np.ndarray]) -> None:
    again, other = strange_sequences(CODES, seed=1), strange_sequences(CODES, seed=2)
    for name, codes in kinds.items():
        assert codes.dtype == np.uint8
        np.testing.assert_array_equal(codes, again[name])
    assert (other["random"] != kinds["random"]).any()


def test_shares_count_the_sure_ones() -> None:
    assert shares(np.array([0.95, 0.91, 0.9, 0.05, 0.1])) == {
        "mean": pytest.approx(0.582), "above": 0.4, "below": 0.2,
    }  # fmt: skip

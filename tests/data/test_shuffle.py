"""Shuffles that keep dinucleotide counts, against enumeration."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.dna import decode, encode
from seqcnn.errors import InputError


def pairs(row: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter(zip(row[:-1].tolist(), row[1:].tolist(), strict=True))


@pytest.mark.parametrize("symbols", [2, 4, 5, 15])
def test_counts_of_dinucleotides_and_ends_are_kept(symbols: int) -> None:
    codes = np.random.default_rng(symbols).integers(0, symbols, (40, 101)).astype(np.uint8)
    shuffled = dinucleotide_shuffle(codes, seed=1)
    for before, after in zip(codes, shuffled, strict=True):
        assert pairs(before) == pairs(after)
        assert (before[0], before[-1]) == (after[0], after[-1])
    assert (codes != shuffled).any(axis=1).all()


@pytest.mark.parametrize("text", ["ACAGATACG", "AACCAACAA", "NACANCAA"])
def test_all_sequences_with_the_counts_are_equally_likely(text: str) -> None:
    wanted = pairs(encode(text))
    possible = {
        "".join(order)
        for order in permutations(text)
        if order[0] == text[0] and pairs(encode("".join(order))) == wanted
    }
    rounds = 400 * len(possible)
    shuffled = dinucleotide_shuffle(np.tile(encode(text), (rounds, 1)), seed=7)
    seen = Counter(decode(row) for row in shuffled)
    assert len(possible) > 3
    assert set(seen) == possible
    assert chisquare([seen[sequence] for sequence in possible]).pvalue > 1e-3


def test_a_long_run_does_not_stop_the_walk() -> None:
    text = "A" * 3000 + "CA"
    row = dinucleotide_shuffle(encode(text)[None], seed=0)[0]
    assert pairs(row) == pairs(encode(text))


def test_rows_do_not_depend_on_how_many_there_are() -> None:
    codes = np.random.default_rng(3).integers(0, 4, (20, 60)).astype(np.uint8)
    whole = dinucleotide_shuffle(codes, seed=5)
    np.testing.assert_array_equal(dinucleotide_shuffle(codes[:7], seed=5), whole[:7])
    assert (dinucleotide_shuffle(codes, seed=6) != whole).any()


def test_equal_rows_are_shuffled_differently() -> None:
    codes = np.tile(encode("ACGTTGCATGCCATGACTGATCGATCGTAGC"), (2, 1))
    first, second = dinucleotide_shuffle(codes, seed=0)
    assert (first != second).any()


@pytest.mark.parametrize("text", ["", "A", "AC", "AAAAA", "NNN", "ACC"])
def test_sequences_with_one_order_stay(text: str) -> None:
    codes = encode(text)[None]
    np.testing.assert_array_equal(dinucleotide_shuffle(codes, seed=0), codes)


def test_a_value_that_is_no_code_is_refused() -> None:
    with pytest.raises(InputError, match="value 15 is not a code"):
        dinucleotide_shuffle(np.array([[0, 15, 0, 1]], np.uint8), seed=0)

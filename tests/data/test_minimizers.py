"""Minimizers, against a plain search."""

import numpy as np
import pytest

from seqcnn.data import minimizers as module
from seqcnn.data.examples import Examples
from seqcnn.data.minimizers import WINDOW, K, Minimizers, best_shared, minimizers, thinning
from seqcnn.encoders.dna import Codes, decode, reverse_complement


def examples(codes: Codes) -> Examples:
    return Examples.from_sequences(codes, np.zeros((len(codes), 0)), names=[])


def plain(text: str) -> set[int]:
    """The least hash of each window of k-mers, one window at a time."""
    found = set()
    for i in range(len(text) - K - WINDOW + 2):
        window = text[i : i + K + WINDOW - 1]
        if "N" in window:
            continue
        values = []
        for j in range(WINDOW):
            kmer = window[j : j + K]
            numbers = [
                int("".join(str("ACGT".index(letter)) for letter in strand), 4)
                for strand in (kmer, reverse_complement(kmer))
            ]
            values.append(int(module._hash(np.uint64(min(numbers)))))
        found.add(min(values))
    return found


def random_codes(count: int, length: int, seed: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, (count, length)).astype(np.uint8)


def test_minimizers_are_those_of_a_plain_search() -> None:
    codes = random_codes(6, 150, 0)
    codes[2, 40:43] = 4
    codes[3] = 4
    codes[4, ::20] = 4
    found = minimizers(examples(codes))
    for row, sequence in enumerate(codes):
        part = found.values[found.begin[row] : found.begin[row + 1]].tolist()
        assert part == sorted(plain(decode(sequence)))


def test_both_strands_have_the_same() -> None:
    codes = random_codes(3, 200, 1)
    first, second = minimizers(examples(codes)), minimizers(examples(reverse_complement(codes)))
    np.testing.assert_array_equal(first.values, second.values)


def test_distinct_kmers_keep_distinct_hashes() -> None:
    values = {int(module._hash(np.uint64(kmer))) for kmer in range(20_000)}
    assert len(values) == 20_000
    assert max(values) < 2**30


def test_thinned_minimizers_are_a_subset() -> None:
    codes = random_codes(20, 300, 2)
    whole, part = minimizers(examples(codes)), minimizers(examples(codes), thinned=2)
    assert set(part.values.tolist()) < set(whole.values.tolist())
    assert 0.15 < len(part.values) / len(whole.values) < 0.35


def test_thinning_begins_where_memory_would_not_suffice() -> None:
    assert (thinning(100_000, 600), thinning(1_000_000, 600), thinning(5, 4)) == (0, 2, 0)


def sketch(*rows: list[int]) -> Minimizers:
    values = np.array([value for row in rows for value in row], np.uint32)
    return Minimizers(values, np.concatenate([[0], np.cumsum([len(row) for row in rows])]))


def test_share_is_with_one_single_sequence() -> None:
    query = sketch([1, 2, 3, 4], [7, 8, 9, 10], [])
    others = sketch([1, 2, 50], [3, 60], [4, 70], [7, 8, 9])
    shared = best_shared(query, others, most=10, fewest=4)
    assert shared.share.tolist() == [0.5, 0.75, 0]
    assert shared.partner.tolist() == [0, 3, -1]
    assert shared.informative.tolist() == [True, True, False]


def test_common_minimizers_are_ignored() -> None:
    others = sketch(*[[1, 2, 100 + i] for i in range(5)])
    shared = best_shared(sketch([1, 2, 3, 4, 101], [1, 2]), others, most=4, fewest=2)
    assert shared.common == 2
    assert shared.share.tolist() == [pytest.approx(1 / 3), 0]
    assert shared.informative.tolist() == [True, False]


def test_nothing_to_look_in_shares_nothing() -> None:
    shared = best_shared(sketch([1, 2, 3, 4]), sketch([]), most=5, fewest=2)
    assert shared.share.tolist() == [0]

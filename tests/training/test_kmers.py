from collections import Counter

import numpy as np

from seqcnn.training.kmers import kmer_columns, kmer_counts

LETTERS = "ACGTN"
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def brute_force(text, k, canonical):
    words = [text[i : i + k] for i in range(len(text) - k + 1)]
    words = [word for word in words if "N" not in word]
    if canonical:
        words = [min(word, word.translate(COMPLEMENT)[::-1]) for word in words]
    return sorted(Counter(words).values())


def codes_of(*texts):
    return np.array([[LETTERS.index(letter) for letter in text] for text in texts], np.uint8)


def test_canonical_counts_equal_a_dictionary_of_words():
    texts = ["".join(np.random.default_rng(seed).choice(list("ACGTN"), 80)) for seed in range(5)]
    for canonical in (True, False):
        counts = kmer_counts(codes_of(*texts), 3, canonical)
        for row, text in zip(counts.toarray(), texts, strict=True):
            assert sorted(row[row > 0]) == brute_force(text, 3, canonical)


def test_a_sequence_and_its_reverse_complement_count_the_same():
    forward = codes_of("ACGGTCATTGCAACCA")
    backward = 3 - forward[:, ::-1]
    np.testing.assert_array_equal(
        kmer_counts(forward, 4).toarray(), kmer_counts(backward, 4).toarray()
    )


def test_columns_of_canonical_two_mers_are_in_the_order_of_the_smaller():
    column, columns = kmer_columns(2)
    assert columns == 10
    # AA AC AG AT CA CC CG GA GC TA, with TT = AA, GT = AC, CT = AG, TG = CA, GG = CC, TC = GA
    assert column.tolist() == [0, 1, 2, 3, 4, 5, 6, 2, 7, 8, 5, 1, 9, 7, 4, 0]


def test_there_are_2080_canonical_six_mers():
    assert kmer_counts(np.zeros((2, 9), np.uint8)).shape == (2, 2080)


def test_an_ambiguous_letter_breaks_every_word_over_it():
    assert kmer_counts(codes_of("ACGNACG"), 3).sum() == 2
    assert kmer_counts(codes_of("NNNNNNN"), 3).sum() == 0


def test_a_sequence_shorter_than_the_word_has_no_counts():
    assert kmer_counts(codes_of("AC"), 3).sum() == 0

import numpy as np
import pytest

from seqcnn.calling.simulate.fragments import Fragments, Source
from seqcnn.calling.simulate.haplotypes import Sequence
from seqcnn.calling.simulate.long_reads import LONG_PROFILES, length_percentiles, sequence_long
from seqcnn.calling.simulate.pool import make_pool
from seqcnn.encoders.dna import decode, reverse_complement

CODES = np.random.default_rng(3).integers(0, 4, 20_000).astype(np.uint8)
SILENT = LONG_PROFILES["hifi"]._replace(substitution=0.0, deletion=0.0, insertion=0.0, tract=0.0)


def fragments(flipped: list[bool]) -> Fragments:
    zero = np.zeros(len(flipped), np.int64)
    return Fragments(
        zero, zero + 100, zero + 5000, np.array(flipped), zero, zero,
        np.zeros(len(flipped), np.bool_), zero, np.zeros(len(flipped), np.bool_),
    )  # fmt: skip


def test_error_free_long_reads_are_the_fragment_on_either_strand() -> None:
    pool = make_pool([Source(Sequence(CODES, np.arange(20_000)), 1.0, "0")])
    bases, qualities, starts = sequence_long(pool, SILENT, fragments([False, True]), 1)
    assert starts.tolist() == [0, 5000, 10_000]
    assert decode(bases[:5000]) == decode(CODES[100:5100])
    assert decode(bases[5000:]) == decode(reverse_complement(CODES[100:5100]))
    assert 3 <= qualities.min() <= qualities.max() <= 40


def test_nanopore_lengths_spread_more_than_hifi_ones() -> None:
    ont, hifi = (length_percentiles(LONG_PROFILES[name]) for name in ("ont", "hifi"))
    assert ont[90] / ont[10] > 5 > 2 > hifi[90] / hifi[10]
    assert hifi[50] == pytest.approx(15_000)

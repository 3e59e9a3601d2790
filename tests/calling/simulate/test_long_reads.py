from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from seqcnn.calling.simulate.fragments import Fragments, Source
from seqcnn.calling.simulate.haplotypes import Sequence
from seqcnn.calling.simulate.long_errors import bad_place
from seqcnn.calling.simulate.long_reads import (
    LONG_PROFILES,
    LongProfile,
    at_level,
    length_percentiles,
    sequence_long,
)
from seqcnn.calling.simulate.pool import make_pool
from seqcnn.encoders.dna import decode, encode, reverse_complement

CODES = np.random.default_rng(3).integers(0, 4, 20_000).astype(np.uint8)
SILENT = LONG_PROFILES["hifi"]._replace(
    substitution=0.0, deletion=0.0, insertion=0.0, tract=0.0, repeat=0.0, hotspots=0.0
)
REVIO = {3, 10, 17, 22, 27, 35, 40}


def fragments(flipped: list[bool], start: int = 100, length: int = 5000) -> Fragments:
    zero = np.zeros(len(flipped), np.int64)
    return Fragments(
        zero, zero + start, zero + length, np.array(flipped), zero, zero,
        np.zeros(len(flipped), np.bool_), zero, np.zeros(len(flipped), np.bool_),
    )  # fmt: skip


def read(
    codes: npt.NDArray[np.uint8],
    profile: LongProfile,
    flipped: list[bool],
    *,
    start: int = 100,
    length: int = 5000,
    seed: int = 1,
) -> tuple[list[str], npt.NDArray[np.uint8]]:
    """Reads of a sequence as text, all in its own direction; and all qualities."""
    pool = make_pool([Source(Sequence(codes, np.arange(len(codes))), 1.0, "0")])
    rows = fragments(flipped, start, length)
    bases, qualities, starts = sequence_long(pool, profile, rows, seed, 7)
    found = [bases[a:b] for a, b in pairwise(starts.tolist())]
    turned = [reverse_complement(one) if turn else one
              for one, turn in zip(found, flipped, strict=True)]  # fmt: skip
    return [decode(one) for one in turned], qualities


def test_error_free_long_reads_are_the_fragment_on_either_strand() -> None:
    pool = make_pool([Source(Sequence(CODES, np.arange(20_000)), 1.0, "0")])
    bases, qualities, starts = sequence_long(pool, SILENT, fragments([False, True]), 1)
    assert starts.tolist() == [0, 5000, 10_000]
    assert decode(bases[:5000]) == decode(CODES[100:5100])
    assert decode(bases[5000:]) == decode(reverse_complement(CODES[100:5100]))
    assert set(qualities.tolist()) <= REVIO


def test_nanopore_lengths_spread_more_than_hifi_ones() -> None:
    ont, hifi = (length_percentiles(LONG_PROFILES[name]) for name in ("ont", "hifi"))
    assert ont[90] / ont[10] > 5 > 2 > hifi[90] / hifi[10]
    assert hifi[50] == pytest.approx(15_000)


def test_reads_are_the_same_in_every_run_and_differ_by_seed() -> None:
    first, second = (read(CODES, LONG_PROFILES["ont"], [False] * 3)[0] for _ in range(2))
    assert first == second
    assert read(CODES, LONG_PROFILES["ont"], [False] * 3, seed=2)[0] != first


def test_homopolymers_lose_and_gain_whole_bases_and_long_ones_more_often() -> None:
    profile = SILENT._replace(tract=2e-3, steepness=2.0, tract_spread=0.0)
    wrong = {}
    for size in (5, 12):
        codes = encode("ACGTCAGTCG" * 10 + "A" * size + "GCTGACTCGT" * 10)
        texts, _ = read(codes, profile, [False, True] * 1000, start=0, length=len(codes))
        runs = [len(text) - len(codes) for text in texts]
        wrong[size] = np.mean([change != 0 for change in runs])
        assert set(runs) >= {-1, 0, 1}
    # 2e-3 * 2 ** 2 and 2e-3 * 9 ** 2, for reads of different quality.
    assert wrong[5] == pytest.approx(0.008, abs=0.006)
    assert wrong[12] == pytest.approx(0.16, abs=0.04)


def test_short_tandem_repeats_change_by_whole_units() -> None:
    profile = SILENT._replace(repeat=2e-3, tract_spread=0.0)
    codes = encode("ACGTCAGTCG" * 10 + "CA" * 12 + "GCTGACTCGT" * 10)
    texts, _ = read(codes, profile, [False] * 500, start=0, length=len(codes))
    changes = {len(text) - len(codes) for text in texts}
    assert changes >= {-2, 0, 2} and not any(change % 2 for change in changes)
    assert all(text.startswith(decode(codes[:100])) for text in texts)
    assert all(text.endswith(decode(codes[-100:])) for text in texts)


def test_long_homopolymers_come_out_short_on_both_strands() -> None:
    profile = SILENT._replace(short=0.15)
    lost = {}
    for size in (9, 19):
        codes = encode("ACGTCAGTCG" * 10 + "A" * size + "GCTGACTCGT" * 10)
        texts, _ = read(codes, profile, [False, True] * 200, start=0, length=len(codes))
        lost[size] = [len(codes) - len(text) for text in texts]
    assert set(lost[9]) == {0}
    assert min(lost[19]) >= 0 and np.mean(lost[19]) > 0.3
    assert np.mean(lost[19][::2]) == pytest.approx(np.mean(lost[19][1::2]), abs=0.3)


def test_the_same_homopolymer_errs_alike_in_all_reads_of_a_strand() -> None:
    profile = SILENT._replace(tract=4e-3, steepness=2.0, tract_spread=1.2, shared=0.0)
    flank, runs = "ACGTCAGTCG" * 2, 100
    codes = encode((flank + "A" * 10) * runs + flank)
    shares = []
    for turn in (False, True):
        texts, _ = read(codes, profile, [turn] * 60, start=0, length=len(codes), seed=turn)
        sizes = [[len(run) for run in text.split(flank)[1:-1]] for text in texts]
        assert all(len(one) == runs for one in sizes)
        shares.append((np.array(sizes) != 10).mean(axis=0))
    # Places differ far more than by chance, and one strand's bad places are not the other's.
    rate = np.mean(shares)
    assert np.var(shares[0]) > 4 * rate * (1 - rate) / 60
    assert abs(np.corrcoef(shares)[0, 1]) < 0.35


def test_bad_places_belong_to_a_strand_and_some_to_both() -> None:
    keys = range(200_000)
    found = np.array([bad_place(0.02, np.uint64(7), np.uint64(key)) for key in keys])
    bad = found[:, 0] > 0
    assert bad.mean() == pytest.approx(0.02, rel=0.1)
    assert found[bad, 1].min() >= 0.05 and found[bad, 1].max() <= 0.8
    forward, backward = bad[::2], bad[1::2]
    both = (forward & backward).sum() / (forward | backward).sum()
    assert 0.05 < both < 0.2
    assert set(found[bad, 0].astype(int).tolist()) == {1, 2, 3}


def test_a_bad_place_shows_the_same_wrong_base_in_many_reads() -> None:
    profile = SILENT._replace(hotspots=1.0)
    codes = CODES[:1]
    pool = make_pool([Source(Sequence(codes, np.array([5])), 1.0, "0")])
    found = set()
    for row in range(40):
        rows = fragments([False], 0, 1)
        found.add(decode(sequence_long(pool, profile, rows, row, 11)[0]))
    assert len(found) == 2 and decode(codes) in found


def test_levels_multiply_the_rates() -> None:
    ont = LONG_PROFILES["ont"]
    harder = at_level(ont, errors=2, stutter=3, hotspots=0)
    assert harder.substitution == 2 * ont.substitution
    assert (harder.tract, harder.repeat) == (3 * ont.tract, 3 * ont.repeat)
    assert harder.hotspots == 0


def test_qualities_promise_about_what_bases_keep() -> None:
    profile = LONG_PROFILES["ont"]._replace(
        deletion=0.0, insertion=0.0, tract=0.0, repeat=0.0, hotspots=0.0
    )
    texts, qualities = read(CODES, profile, [False] * 60, start=0, length=20_000)
    wrong = np.concatenate([np.frombuffer(text.encode(), np.uint8) for text in texts])
    wrong = wrong != np.tile(np.frombuffer(decode(CODES).encode(), np.uint8), 60)
    for low in (10, 20, 30):
        chosen = (qualities >= low) & (qualities < low + 10)
        assert -10 * np.log10(wrong[chosen].mean()) == pytest.approx(low + 5, abs=6)

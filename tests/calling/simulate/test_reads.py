"""Reads against the templates they are made from, without any aligner."""

import numpy as np
import pytest

from seqcnn.calling.simulate.fragments import Fragments, Source, draw_fragments
from seqcnn.calling.simulate.haplotypes import Sequence
from seqcnn.calling.simulate.pool import make_chemistry, make_pool
from seqcnn.calling.simulate.profile import Profile, built_in_profile
from seqcnn.calling.simulate.reads import sequence_pairs
from seqcnn.encoders.dna import decode, encode, reverse_complement

LENGTH = 30_000
CODES = np.random.default_rng(3).integers(0, 4, LENGTH).astype(np.uint8)
SOURCE = Source(Sequence(CODES, np.arange(LENGTH)), 40.0, "0")


def profile(**changes: object) -> Profile:
    return built_in_profile("novaseq")._replace(spread=0.0, clipped=0.0, **changes)


def fragments_at(start: list[int], length: int, flipped: list[bool]) -> Fragments:
    zero = np.zeros(len(start), np.int64)
    return Fragments(
        zero, np.array(start), np.full(len(start), length), np.array(flipped), zero, zero,
        np.zeros(len(start), np.bool_), np.arange(len(start)), np.zeros(len(start), np.bool_),
    )  # fmt: skip


def sequenced(fragments: Fragments, made: Profile, **factors: float) -> tuple:
    classes = np.full((len(fragments.start), 2), 2, np.uint8)
    return sequence_pairs(
        make_pool([SOURCE]), make_chemistry(made, **factors), fragments, classes, 100, 7, 0
    )


def test_error_free_reads_are_the_two_ends_of_the_fragment() -> None:
    fragments = fragments_at([50, 500], 300, [False, True])
    bases, _ = sequenced(fragments, profile(), errors=0, stutter=0, hotspots=0)
    assert decode(bases[0, 0]) == decode(CODES[50:150])
    assert decode(bases[0, 1]) == decode(reverse_complement(CODES[250:350]))
    assert decode(bases[1, 0]) == decode(reverse_complement(CODES[700:800]))
    assert decode(bases[1, 1]) == decode(CODES[500:600])


def test_a_short_fragment_runs_into_the_adapter() -> None:
    bases, _ = sequenced(
        fragments_at([50], 60, [False]), profile(), errors=0, stutter=0, hotspots=0
    )
    assert (
        decode(bases[0, 0]) == decode(CODES[50:110]) + "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA" + "G" * 7
    )


def test_a_chimera_goes_on_elsewhere() -> None:
    one = fragments_at([50], 40, [False])._replace(
        second_start=np.array([900]), second_length=np.array([200])
    )
    bases, _ = sequenced(one, profile(), errors=0, stutter=0, hotspots=0)
    assert decode(bases[0, 0]) == decode(CODES[50:90]) + decode(CODES[900:960])


def test_mismatches_by_quality_are_those_of_the_profile() -> None:
    made = profile()
    starts = np.random.default_rng(0).integers(0, LENGTH - 300, 4000).tolist()
    bases, qualities = sequenced(
        fragments_at(starts, 300, [False] * 4000), made, stutter=0, hotspots=0
    )
    true = np.stack([CODES[start : start + 100] for start in starts])
    wrong = bases[:, 0] != true
    for value, rate in zip(made.qualities, made.mismatch, strict=True):
        seen = qualities[:, 0] == value
        if seen.sum() * rate > 200:
            assert wrong[seen].mean() == pytest.approx(rate, rel=0.2)
    assert set(np.unique(qualities)) <= set(made.qualities.tolist())


def test_a_homopolymer_stutters_at_its_rate() -> None:
    codes = CODES.copy()
    codes[1000:1012] = 0
    codes[[999, 1012]] = 1
    pool = make_pool([Source(Sequence(codes, np.arange(LENGTH)), 1.0, "0")])
    rates = np.zeros(25)
    rates[12] = 0.2
    made = profile(deletion=rates, insertion=np.zeros(25), repeat=np.zeros((25, 2)))
    chemistry = make_chemistry(made, errors=0, hotspots=0)
    fragments = fragments_at([950] * 3000, 300, [False] * 3000)
    bases, _ = sequence_pairs(pool, chemistry, fragments, np.zeros((3000, 2), np.uint8), 100, 1, 0)
    shorter = [decode(row).startswith(decode(codes[950:1011]) + decode(codes[1012:1020]))
               for row in bases[:, 0]]  # fmt: skip
    assert np.mean(shorter) == pytest.approx(0.2, abs=0.03)


def test_duplicates_share_their_template_but_not_their_sequencing_errors() -> None:
    one = fragments_at([400, 400], 300, [False, False])._replace(template=np.array([0, 0]))
    bases, _ = sequenced(one, profile(), errors=20, stutter=0, hotspots=0)
    assert 0 < (bases[0] != bases[1]).mean() < 0.2


def test_fragments_give_the_depth_that_was_asked_for() -> None:
    made = profile()
    drawn = draw_fragments(
        [SOURCE], np.random.default_rng(2), bases_a_fragment=300,
        percentiles=np.full(101, 300.0), gc=np.ones(101), dispersion=0.0, wave_seed=0,
        chimeras=0.0, duplicates=0.1, marked=1.0,
    )  # fmt: skip
    usable = ~drawn.marked
    assert usable.sum() * 300 / LENGTH == pytest.approx(40, rel=0.06)
    assert drawn.marked.mean() == pytest.approx(0.1, abs=0.02)
    assert (drawn.template[drawn.marked] < usable.sum()).all()
    assert made.read_length == 150


def test_no_fragment_is_over_an_uncalled_base() -> None:
    codes = CODES.copy()
    codes[10_000:10_010] = 4
    drawn = draw_fragments(
        [Source(Sequence(codes, np.arange(LENGTH)), 30.0, "0")], np.random.default_rng(2),
        bases_a_fragment=300, percentiles=np.full(101, 400.0), gc=np.ones(101), dispersion=0.2,
        wave_seed=0, chimeras=0.05, duplicates=0.0, marked=1.0,
    )  # fmt: skip
    for start, length in ((drawn.start, drawn.length), (drawn.second_start, drawn.second_length)):
        over = (start < 10_010) & (start + length > 10_000) & (length > 0)
        assert not over.any()


def test_reads_hold_only_bases() -> None:
    starts = np.random.default_rng(1).integers(0, LENGTH - 300, 500).tolist()
    made = built_in_profile("hiseq")
    bases, _ = sequenced(fragments_at(starts, 250, [True] * 500), made, hotspots=50)
    assert bases.max() <= 3 and encode("A")[0] == 0

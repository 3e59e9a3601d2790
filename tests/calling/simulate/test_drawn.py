from itertools import pairwise

import numpy as np
import pytest

from seqcnn.calling.simulate.drawn import draw_variants
from seqcnn.calling.simulate.spectrum import BUILT_IN, learn_spectrum
from seqcnn.calling.simulate.tracts import find_tracts
from seqcnn.calling.simulate.variants import Phased
from seqcnn.encoders.dna import encode

LENGTH = 400_000


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 4, LENGTH).astype(np.uint8)


@pytest.fixture(scope="module")
def drawn(codes: np.ndarray) -> list[Phased]:
    return draw_variants(codes, 1000, BUILT_IN, np.random.default_rng(1), density=4)


def test_every_ref_is_what_the_reference_has(codes: np.ndarray, drawn: list[Phased]) -> None:
    for one in drawn:
        assert np.array_equal(codes[one.pos - 1000 : one.end - 1000], encode(one.ref))
        assert one.ref not in one.alts and len(set(one.alts)) == len(one.alts)


def test_none_touches_another(drawn: list[Phased]) -> None:
    spans = [one.touched() for one in drawn]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_numbers_and_kinds_are_those_of_the_spectrum(drawn: list[Phased]) -> None:
    snps = [one for one in drawn if one.is_snp]
    assert len(snps) == pytest.approx(4 * 1.44e-3 * LENGTH, rel=0.1)
    heterozygous = sum(0 in one.alleles for one in snps) / len(snps)
    assert heterozygous == pytest.approx(0.647, abs=0.04)
    changes = [{one.ref, alt} for one in snps for alt in one.alts]
    transitions = sum(change in ({"A", "G"}, {"C", "T"}) for change in changes)
    assert transitions / (len(changes) - transitions) == pytest.approx(2.1, rel=0.15)


def test_variants_come_in_clusters(drawn: list[Phased]) -> None:
    gaps = np.diff([one.pos for one in drawn])
    evenly = 1 - np.exp(-50 / gaps.mean())
    assert (gaps <= 50).mean() > 1.2 * evenly


def test_nothing_is_drawn_over_uncalled_bases() -> None:
    codes = np.full(20_000, 4, np.uint8)
    assert draw_variants(codes, 0, BUILT_IN, np.random.default_rng(0), density=10) == []


def test_a_learned_spectrum_has_the_rates_and_zygosity_of_its_variants(codes: np.ndarray) -> None:
    halves = [
        Phased(place, "ACGT"[codes[place]], ("ACGT"[(codes[place] + 1) % 4],), (1, 1))
        for place in range(0, LENGTH, 200)
    ]
    learned = learn_spectrum(halves, find_tracts(codes), LENGTH)
    assert learned.snp_rate == pytest.approx(1 / 200)
    assert learned.indel_rate == 0
    assert learned.snp_zygosity == (0.0, 0.0)

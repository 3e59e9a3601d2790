"""From genotype probabilities to a call, with values computed by hand."""

import json

import numpy as np
import pytest

from seqcnn.calling.genotype import Call, call_from_row, call_site
from seqcnn.calling.sites import Site

SNP = Site("chr1", 99, "A", ("C",), 30, (14, 15))
# A deletion of AA (best supported) and one of A, at one anchor.
DELETIONS = Site("chr1", 99, "CAA", ("C", "CA"), 40, (3, 20, 15))


def test_a_heterozygous_snp_is_called_as_computed_by_hand() -> None:
    call = call_site(SNP, np.array([0.001, 0.998, 0.001]))
    # GQ: -10 log10 .002 = 26.99; QUAL: -10 log10 .001; PL: -10 log10 (.001 / .998) = 29.99.
    assert call == Call(
        "chr1", 99, "A", ("C",), (0, 1), 27, 30, (14, 15), (0.5,), (30, 0, 30), 30.0, "PASS"
    )
    assert call.is_variant


def test_certainty_is_bounded_at_99_and_pl_at_255() -> None:
    call = call_site(SNP, np.array([0.0, 0.0, 1.0]))
    assert (call.genotype, call.gq, call.quality) == ((1, 1), 99, 99.0)
    assert call.likelihoods == (255, 255, 0)


def test_gq_of_a_nearly_certain_genotype_does_not_drown_in_rounding() -> None:
    # 1 - p in 32 bits would be 0 or 6e-8; the others say 2e-9.
    call = call_site(SNP, np.array([1e-9, 1, 1e-9], np.float32))
    assert (call.gq, call.quality) == (87, 90.0)


def test_a_sure_reference_call_is_written_as_such() -> None:
    call = call_site(SNP, np.array([0.995, 0.004, 0.001]))
    assert (call.genotype, call.filter, call.gq, call.quality) == ((0, 0), "RefCall", 23, 0.0)
    assert call.likelihoods == (0, 24, 30)
    assert not call.is_variant


def test_an_unsure_reference_call_has_no_genotype() -> None:
    call = call_site(SNP, np.array([0.98, 0.015, 0.005]))
    assert (call.genotype, call.filter, call.gq, call.quality) == ((-1, -1), "RefCall", 17, 0.1)
    assert call_site(SNP, np.array([0.98, 0.015, 0.005]), min_gq_reference=17).genotype == (0, 0)


def test_a_variant_below_the_quality_asked_for_is_low_quality() -> None:
    values = np.array([0.1, 0.8, 0.1])
    assert call_site(SNP, values).filter == "PASS"
    low = call_site(SNP, values, min_quality=10.1)
    assert (low.filter, low.genotype, low.quality) == ("LowQual", (0, 1), 10.0)


def test_a_site_without_usable_fragments_is_not_called() -> None:
    call = call_site(Site("chr1", 99, "A", ("C",), 0, (0, 0)), np.array([0.1, 0.8, 0.1]))
    assert (call.genotype, call.filter, call.gq, call.quality) == ((-1, -1), "NoCall", 0, 0.0)
    assert (call.likelihoods, call.fractions, call.depth) == ((0, 0, 0), (0.0,), 0)


def test_two_called_alleles_stand_in_one_record() -> None:
    call = call_site(DELETIONS, np.array([0.01, 0.01, 0.01, 0.01, 0.95, 0.01]))
    assert (call.ref, call.alts, call.genotype) == ("CAA", ("C", "CA"), (1, 2))
    assert call.allele_depths == (3, 20, 15)
    assert call.fractions == (0.5, 0.375)
    assert call.likelihoods == (20, 20, 20, 20, 0, 20)


def test_an_improbable_allele_is_dropped_and_the_rest_trimmed() -> None:
    # 0/2: the short deletion; the long one is there with probability .06.
    values = np.array([0.02, 0.02, 0.02, 0.90, 0.02, 0.02])
    call = call_site(DELETIONS, values)
    assert (call.pos, call.ref, call.alts, call.genotype) == (99, "CA", ("C",), (0, 1))
    assert (call.depth, call.allele_depths, call.fractions) == (40, (3, 15), (0.375,))
    # Of 0/0, 0/2 and 2/2, renormalised: .02 / .94 = .0213 and .04 / .94 = .0426.
    assert (call.quality, call.gq, call.likelihoods) == (16.7, 14, (17, 0, 17))


def test_an_uncalled_allele_that_may_well_be_there_stays() -> None:
    values = np.array([0.02, 0.05, 0.02, 0.60, 0.30, 0.01])
    call = call_site(DELETIONS, values)
    assert (call.alts, call.genotype) == (("C", "CA"), (0, 2))


def test_a_reference_call_keeps_its_most_probable_allele() -> None:
    call = call_site(DELETIONS, np.array([0.90, 0.02, 0.01, 0.05, 0.01, 0.01]))
    assert (call.ref, call.alts, call.filter) == ("CA", ("C",), "RefCall")
    assert call.allele_depths == (3, 15)


def test_alleles_of_a_given_site_can_be_kept_as_they_are() -> None:
    values = np.array([0.02, 0.02, 0.02, 0.90, 0.02, 0.02])
    call = call_site(DELETIONS, values, keep_alleles=True)
    assert (call.pos, call.ref, call.alts, call.genotype) == (99, "CAA", ("C", "CA"), (0, 2))
    assert len(call.likelihoods) == 6


def test_alleles_that_were_not_examined_are_left_out() -> None:
    site = Site("chr1", 99, "A", ("C", "G", "T"), 30, (10, 10, 6, 4))
    call = call_site(site, np.array([0.0, 0.1, 0.0, 0.0, 0.9, 0.0]))
    assert (call.alts, call.genotype, call.allele_depths) == (("C", "G"), (1, 2), (10, 10, 6))


def test_noise_cannot_turn_a_tie() -> None:
    ties = [np.full(3, 1 / 3), np.array([0.5, 0.5, 0.0]), np.array([0.2, 0.4, 0.4])]
    site = Site("chr1", 99, "A", ("C",), 800, (1, 25))  # VAF .03125: a tie of four decimals
    generator = np.random.default_rng(0)
    for values in ties:
        expected = call_site(site, values)
        assert expected.fractions == (0.0313,)
        for _ in range(50):
            noisy = np.clip(values + generator.normal(0, 1e-7, 3), 0, None)
            found = call_site(site, noisy / noisy.sum())
            assert found._replace(likelihoods=()) == expected._replace(likelihoods=())


def test_a_call_survives_json() -> None:
    call = call_site(DELETIONS, np.array([0.01, 0.01, 0.01, 0.01, 0.95, 0.01]))
    assert call_from_row(json.loads(json.dumps(call))) == call


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_probabilities_make_a_consistent_record(dtype: type) -> None:
    generator = np.random.default_rng(1)
    for _ in range(300):
        call = call_site(DELETIONS, generator.dirichlet(np.full(6, 0.3)).astype(dtype))
        alleles = len(call.alts) + 1
        assert len(call.likelihoods) == alleles * (alleles + 1) // 2
        assert min(call.likelihoods) == 0
        assert len(call.allele_depths) == alleles
        assert max(call.genotype) < alleles
        if call.is_variant:
            first, second = call.genotype
            assert call.likelihoods[second * (second + 1) // 2 + first] == 0
        assert min(len(call.ref), *map(len, call.alts)) == 1

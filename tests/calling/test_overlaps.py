"""Overlapping calls resolved together, against hand-made cases and all combinations by force."""

from collections.abc import Iterator
from itertools import pairwise, product
from math import log10

import numpy as np
import pytest

from seqcnn.calling.genotype import Call
from seqcnn.calling.overlaps import changed_span, resolve

GENOTYPES = [(first, second) for second in range(4) for first in range(second + 1)]


def call_of(
    pos: int, ref: str, alts: tuple[str, ...], *likelihoods: int, contig: str = "1"
) -> Call:
    best = likelihoods.index(min(likelihoods))
    return Call(
        contig, pos, ref, alts, GENOTYPES[best], 40, 30, (10,) * (len(alts) + 1),
        (0.5,) * len(alts), likelihoods, 60.0, "PASS" if best else "RefCall",
    )  # fmt: skip


def touched(call: Call, allele: int) -> set[tuple[str, int]]:
    """The bases and the points between bases that an allele changes."""
    if allele == 0:
        return set()
    pos, ref, alt = call.pos, call.ref, call.alts[allele - 1]
    while min(len(ref), len(alt)) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    if not ref:
        return {("point", pos)}
    inner = {("point", point) for point in range(pos + 1, pos + len(ref))}
    return inner | {("base", base) for base in range(pos, pos + len(ref))}


def fits(calls: list[Call], genotypes: tuple[tuple[int, int], ...]) -> bool:
    """Whether any phase puts these genotypes on two haplotypes."""
    for swaps in product((False, True), repeat=len(calls)):
        haplotypes: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
        for call, (first, second), swap in zip(calls, genotypes, swaps, strict=True):
            haplotypes[swap].extend(touched(call, first))
            haplotypes[not swap].extend(touched(call, second))
        if all(len(parts) == len(set(parts)) for parts in haplotypes):
            return True
    return False


def by_force(calls: list[Call]) -> tuple[int, list[np.ndarray]]:
    """The least sum of PL of the combinations that fit, and each call's marginals."""
    least = 10**9
    marginals = [np.zeros(len(call.likelihoods)) for call in calls]
    for places in product(*(range(len(call.likelihoods)) for call in calls)):
        if fits(calls, tuple(GENOTYPES[place] for place in places)):
            cost = sum(call.likelihoods[place] for call, place in zip(calls, places, strict=True))
            least = min(least, cost)
            for marginal, place in zip(marginals, places, strict=True):
                marginal[place] += 10 ** (-cost / 10)
    return least, [marginal / marginal.sum() for marginal in marginals]


def random_call(generator: np.random.Generator, pos: int) -> Call:
    length = int(generator.integers(1, 5))
    ref = "C" + "A" * length
    forms = ["T" + ref[1:], "CT" + ref[1:], "C" + ref[2:], "C"]
    chosen = generator.permutation(len(set(forms)))[: generator.integers(1, 3)]
    alts = tuple(sorted(set(forms))[place] for place in chosen)
    genotypes = (len(alts) + 1) * (len(alts) + 2) // 2
    likelihoods = generator.integers(1, 60, genotypes)
    likelihoods[generator.integers(1, genotypes)] = 0
    return call_of(pos, ref, alts, *map(int, likelihoods))


def test_an_allele_changes_all_but_its_anchor() -> None:
    assert changed_span(10, "A", "C") == (21, 22)
    assert changed_span(10, "A", "ACC") == (22, 23)
    assert changed_span(10, "ACC", "A") == (23, 26)
    assert changed_span(10, "ACC", "AC") == (23, 24)
    assert changed_span(10, "ACC", "TG") == (21, 26)


def test_calls_that_do_not_overlap_pass_as_they_are() -> None:
    calls = [
        call_of(10, "CAA", ("C",), 60, 40, 0),
        call_of(13, "A", ("G",), 60, 40, 0),
        call_of(13, "A", ("G",), 60, 40, 0, contig="2"),
    ]
    assert list(resolve(calls)) == calls


def test_a_snp_on_the_anchor_base_does_not_overlap_the_next_deletion() -> None:
    # The first deletion takes bases 11 and 12, the second 14: base 13 is free for its anchor.
    calls = [call_of(10, "CAA", ("C",), 60, 40, 0), call_of(13, "CA", ("C",), 60, 40, 0)]
    assert list(resolve(calls)) == calls


def test_a_homozygous_deletion_leaves_no_room_for_a_snp() -> None:
    deletion = call_of(10, "CAA", ("C",), 90, 50, 0)
    snp = call_of(11, "A", ("G",), 20, 0, 30)
    first, second = resolve([deletion, snp])
    # Fitting: (1/1, 0/0) costs 20, (0/1, 0/1) costs 50, (0/1, 0/0) 70, all others more.
    assert (first.genotype, first.filter) == ((1, 1), "PASS")
    assert (second.genotype, second.filter) == ((0, 0), "RefCall")
    weights = {
        (a, b): 10 ** (-(deletion.likelihoods[a] + snp.likelihoods[b]) / 10)
        for a in range(3)
        for b in range(3)
        if a + b <= 2
    }
    total = sum(weights.values())
    wrong = 1 - sum(weight for (_, b), weight in weights.items() if b == 0) / total
    assert second.gq == round(-10 * log10(wrong)) == 30
    wrong = 1 - sum(weight for (a, _), weight in weights.items() if a == 2) / total
    assert first.gq == round(-10 * log10(wrong)) == 30
    assert second.quality == 0.0
    assert second.likelihoods == (0, 30, 100)


def test_two_heterozygous_calls_stand_on_two_haplotypes() -> None:
    calls = [call_of(10, "CAA", ("C",), 50, 0, 50), call_of(11, "A", ("G",), 50, 0, 50)]
    assert [call.genotype for call in resolve(calls)] == [(0, 1), (0, 1)]


def test_three_heterozygous_calls_on_one_base_are_one_too_many() -> None:
    calls = [
        call_of(10, "CAAA", ("C",), 50, 0, 90),
        call_of(11, "AAA", ("A",), 50, 0, 90),
        call_of(12, "A", ("G",), 25, 0, 90),
    ]
    found = list(resolve(calls))
    assert [call.genotype for call in found] == [(0, 1), (0, 1), (0, 0)]
    # Not sure enough of the reference.
    assert [call.filter for call in resolve(calls, min_gq_reference=30)][2] == "RefCall"
    assert list(resolve(calls, min_gq_reference=30))[2].genotype == (-1, -1)


def test_two_alleles_of_one_genotype_need_both_haplotypes() -> None:
    # SNP / insertion at one anchor touch nothing in common, but leave no third haplotype.
    site = call_of(11, "A", ("G", "AT"), 90, 60, 90, 60, 0, 90)
    deletion = call_of(10, "CAA", ("C",), 15, 0, 90)
    assert [call.genotype for call in resolve([deletion, site])] == [(0, 0), (1, 2)]
    assert not fits([deletion, site], ((0, 1), (1, 2)))


def test_reference_calls_keep_their_place_and_content() -> None:
    reference = call_of(11, "A", ("T",), 0, 30, 60)
    calls = [
        call_of(5, "A", ("T",), 0, 30, 60),
        call_of(10, "CAAA", ("C",), 90, 50, 0),
        reference,
        call_of(12, "A", ("G",), 20, 0, 30),
        call_of(40, "A", ("T",), 0, 30, 60),
    ]
    found = list(resolve(calls))
    assert [call.pos for call in found] == [5, 10, 11, 12, 40]
    assert found[2] is reference
    assert found[3].genotype == (0, 0)


def test_calls_come_out_as_soon_as_no_later_one_can_touch_them() -> None:
    taken = []

    def calls() -> Iterator[Call]:
        for pos in range(0, 1000, 10):
            taken.append(pos)
            yield call_of(pos, "CAA", ("C",), 90, 0, 90)

    found = resolve(calls())
    assert next(found).pos == 0
    assert taken == [0, 10]


@pytest.mark.parametrize("seed", range(8))
def test_random_groups_are_resolved_as_by_trying_all_combinations(seed: int) -> None:
    generator = np.random.default_rng(seed)
    for _ in range(12):
        places = np.sort(generator.choice(7, generator.integers(2, 5), replace=False))
        calls = [random_call(generator, int(pos)) for pos in places]
        found = list(resolve(calls, min_gq_reference=0))
        least, marginals = by_force(calls)
        genotypes = tuple(call.genotype for call in found)
        assert fits(calls, genotypes)
        called = [GENOTYPES.index(genotype) for genotype in genotypes]
        costs = [call.likelihoods[place] for call, place in zip(calls, called, strict=True)]
        assert sum(costs) == least
        for before, after, place, marginal in zip(calls, found, called, marginals, strict=True):
            if after != before:  # else no other call overlaps
                wrong = max(1 - marginal[place], 10**-9.9)
                assert after.gq == pytest.approx(-10 * log10(wrong), abs=0.51)
                quality = min(99, -10 * log10(max(marginal[0], 1e-30)))
                assert after.quality == pytest.approx(quality, abs=0.06)


def test_a_long_chain_is_resolved_whole() -> None:
    generator = np.random.default_rng(3)
    calls = [random_call(generator, pos) for pos in range(400)]
    found = list(resolve(calls, min_gq_reference=0))
    copies: dict[tuple[str, int], int] = {}
    for call in found:
        for allele in call.genotype:
            for part in touched(call, allele):
                copies[part] = copies.get(part, 0) + 1
    assert max(copies.values()) <= 2
    assert 0 < sum(call.is_variant for call in found) < 400
    # By pairs of neighbours, each call and the next fit.
    for first, second in pairwise(found):
        assert fits([first, second], (first.genotype, second.genotype))


def test_calls_at_one_position_never_contradict_each_other() -> None:
    generator = np.random.default_rng(4)
    for _ in range(40):
        places = np.sort(generator.integers(0, 3, 3))
        calls = [random_call(generator, int(pos)) for pos in places]
        found = list(resolve(calls))
        assert fits(calls, tuple((max(a, 0), max(b, 0)) for a, b in (c.genotype for c in found)))

"""Images of a site, genotype order, merged probabilities, least alleles."""

import numpy as np
import pytest

from seqcnn.calling.alleles import (
    alleles_in,
    genotype_probabilities,
    genotypes_of,
    images_of,
    kept_alts,
    simplify,
)


def test_genotypes_come_in_the_order_of_vcf() -> None:
    assert genotypes_of(2) == ((0, 0), (0, 1), (1, 1))
    assert genotypes_of(3) == ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
    # The specification: genotype j/k stands at k(k+1)/2 + j.
    for alleles in range(1, 8):
        for place, (first, second) in enumerate(genotypes_of(alleles)):
            assert place == second * (second + 1) // 2 + first


def test_the_number_of_alleles_follows_from_the_number_of_genotypes() -> None:
    assert [alleles_in(number) for number in (1, 3, 6, 10)] == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="5 genotypes"):
        alleles_in(5)


def test_the_joint_scheme_draws_one_image_of_the_best_two_alleles() -> None:
    assert images_of(1, "joint") == [(1, 0)]
    assert images_of(2, "joint") == [(1, 2)]
    assert images_of(5, "joint") == [(1, 2)]
    assert [kept_alts(alts, "joint") for alts in (1, 2, 5)] == [1, 2, 2]


def test_the_pairs_scheme_draws_each_allele_and_each_pair() -> None:
    assert images_of(1, "pairs") == [(1, 0)]
    assert images_of(2, "pairs") == [(1, 0), (2, 0), (1, 2)]
    assert images_of(3, "pairs") == [(1, 0), (2, 0), (3, 0), (1, 2), (1, 3), (2, 3)]
    assert kept_alts(3, "pairs") == 3


def test_a_joint_image_of_one_allele_uses_the_first_three_classes() -> None:
    classes = np.array([[0.2, 0.2, 0.1, 0.25, 0.15, 0.1]], np.float32)
    found = genotype_probabilities("joint", 1, classes)
    assert found == pytest.approx([0.4, 0.4, 0.2])


def test_a_joint_image_of_several_alleles_uses_all_classes() -> None:
    classes = np.array([[0.2, 0.2, 0.1, 0.25, 0.15, 0.1]])
    assert genotype_probabilities("joint", 4, classes) == pytest.approx(classes[0])


def test_pairs_take_the_least_probability_of_any_image() -> None:
    classes = np.array([[0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.05, 0.15, 0.8]])
    # 1/2 is one copy of A, one of B, two of "A or B": min(.8, .7, .8).
    least = np.array([0.05, 0.15, 0.1, 0.1, 0.7, 0.1])
    found = genotype_probabilities("pairs", 2, classes)
    assert found == pytest.approx(least / 1.2)


def test_pairs_of_certain_images_find_any_genotype_of_four_alleles() -> None:
    for place, pair in enumerate(genotypes_of(4)):
        classes = np.zeros((6, 3))
        for image, shown in enumerate(images_of(3, "pairs")):
            classes[image, sum(allele in shown for allele in pair if allele)] = 1
        assert genotype_probabilities("pairs", 3, classes).argmax() == place


def test_images_that_exclude_each_other_say_nothing() -> None:
    classes = np.array([[1.0, 0, 0], [1.0, 0, 0], [0, 0, 1.0]])
    assert genotype_probabilities("pairs", 2, classes) == pytest.approx([1 / 6] * 6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((9, "A", ("C",)), (9, "A", ("C",))),
        ((9, "AT", ("CT",)), (9, "A", ("C",))),
        ((9, "CAAG", ("CAG",)), (9, "CA", ("C",))),
        ((9, "CAAG", ("CG", "CAG")), (9, "CAA", ("C", "CA"))),
        ((9, "CAAG", ("CAAAG",)), (9, "C", ("CA",))),
        ((9, "CAAG", ("TAAG", "CG")), (9, "CAA", ("TAA", "C"))),
        ((9, "CATG", ("CACG",)), (11, "T", ("C",))),
        ((9, "GTT", ("G", "GTTT")), (9, "GTT", ("G", "GTTT"))),
    ],
)
def test_alleles_lose_what_they_share(
    before: tuple[int, str, tuple[str, ...]], after: tuple[int, str, tuple[str, ...]]
) -> None:
    assert simplify(*before) == after

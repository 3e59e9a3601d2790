import numpy as np
import pytest
from text_reference import TextReference

from seqcnn.calling.strata import HOMOPOLYMERS, LENGTHS, TYPES, ZYGOSITIES, kinds, longest_run
from seqcnn.data.variants import Variant

#                    0    5    10   15   20   25   30
TEXT = TextReference(chr1="GCGTTTTTTTTCGTACNNNNNNGCAAAAACGATCAGCATCGATCGACTACGAC")


def kind(pos: int, ref: str, alts: str, genotype: tuple[int, int]) -> tuple[str, str, str, str]:
    variant = Variant("chr1", pos, ref, tuple(alts.split(",")), genotype, None, ())
    found = kinds([variant], TEXT, np.array([True]))
    return (
        TYPES[found.type[0]],
        ZYGOSITIES[found.zygosity[0]],
        LENGTHS[found.length[0]] if found.length[0] >= 0 else "",
        HOMOPOLYMERS[found.homopolymer[0]],
    )


@pytest.mark.parametrize(
    "ref, alts, genotype, expected",
    [
        ("G", "C", (0, 1), ("SNP", "het", "")),
        ("GC", "AA", (1, 1), ("SNP", "hom", "")),
        ("GCA", "CCA", (1, 0), ("SNP", "het", "")),
        ("G", "C,A", (1, 2), ("SNP", "hetalt", "")),
        ("G", "GA", (1, 1), ("INDEL", "hom", "I 1-5")),
        ("G", "GAAAAAA", (0, 1), ("INDEL", "het", "I 6-15")),
        ("G", "G" + "A" * 16, (0, 1), ("INDEL", "het", "I 16+")),
        ("GA", "G", (0, 1), ("INDEL", "het", "D 1-5")),
        ("G" + "A" * 15, "G", (0, 1), ("INDEL", "het", "D 6-15")),
        ("G" + "A" * 16, "G", (0, 1), ("INDEL", "het", "D 16+")),
        ("GAA", "GAAA,G", (1, 2), ("INDEL", "hetalt", "D 1-5")),
        ("G", "GA,C", (0, 2), ("SNP", "het", "")),
    ],
)
def test_type_zygosity_and_length_are_of_the_called_alleles(
    ref: str, alts: str, genotype: tuple[int, int], expected: tuple[str, str, str]
) -> None:
    assert kind(35, ref, alts, genotype)[:3] == expected


@pytest.mark.parametrize(
    "pos, ref, alt, expected",
    [
        (2, "GT", "G", "7-11"),  # the run of 8 T, its first deleted
        (10, "T", "TT", "7-11"),
        (5, "T", "C", "7-11"),
        (2, "G", "C", "7-11"),  # beside it
        (1, "C", "A", "1-3"),
        (23, "CA", "C", "4-6"),
        (31, "A", "T", "1-3"),
    ],
)
def test_homopolymers_are_those_that_the_change_touches(
    pos: int, ref: str, alt: str, expected: str
) -> None:
    assert kind(pos, ref, alt, (0, 1))[3] == expected


def test_a_run_of_n_is_no_homopolymer() -> None:
    assert longest_run(TEXT, "chr1", np.array([[18, 19]])).tolist() == [0]


def test_runs_end_with_the_contig() -> None:
    text = TextReference(chr1="AAAAACGTTTT")
    assert longest_run(text, "chr1", np.array([[0, 1], [10, 11]])).tolist() == [5, 4]


def test_records_that_are_not_counted_have_no_kind() -> None:
    variant = Variant("chr1", 35, "G", ("C",), (0, 1), None, ())
    found = kinds([variant, variant], TEXT, np.array([False, True]))
    assert [field.tolist()[0] for field in found] == [-1, -1, -1, -1]

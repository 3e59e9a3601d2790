import pytest

from seqcnn.calling.events import called, change_of, diploid_event, haploid_event
from seqcnn.calling.haplotypes import Change
from seqcnn.data.variants import Variant


def variant(ref: str, alts: str, genotype: tuple[int, ...]) -> Variant:
    return Variant("chr1", 100, ref, tuple(alts.split(",")), genotype, None, ())


@pytest.mark.parametrize(
    "ref, alt, change",
    [
        ("A", "C", (100, 101, b"C")),
        ("TGT", "CGT", (100, 101, b"C")),
        ("GTG", "GTC", (102, 103, b"C")),
        ("AGG", "A", (101, 103, b"")),
        ("A", "AGG", (101, 101, b"GG")),
        ("CAA", "CAAA", (101, 101, b"A")),
        ("CAAA", "CAA", (101, 102, b"")),
        ("AT", "CG", (100, 102, b"CG")),
    ],
)
def test_a_change_holds_the_bases_that_differ(
    ref: str, alt: str, change: tuple[int, int, bytes]
) -> None:
    assert change_of(100, ref, alt) == Change(*change)


@pytest.mark.parametrize("alt", ["A", "*"])
def test_the_reference_and_a_spanned_allele_change_nothing(alt: str) -> None:
    assert change_of(100, "A", alt) is None


def test_strictly_a_record_takes_both_copies_but_for_a_shared_first_base() -> None:
    event = diploid_event(variant("CAAA", "CAA", (0, 1)), (0, 1), 1)
    old, new = Change(101, 104, b"AAA"), Change(101, 104, b"AA")
    assert [option.changes for option in event.options] == [(old, new), (new, old)]
    assert (event.start, event.end) == (101, 104)


def test_loosely_a_record_takes_what_its_alleles_change() -> None:
    event = diploid_event(variant("CAAA", "CAA", (0, 1)), (0, 1), 1, "loose")
    change = Change(101, 102, b"")
    assert [option.changes for option in event.options] == [(None, change), (change, None)]


def test_a_homozygous_genotype_has_one_phase() -> None:
    event = diploid_event(variant("A", "C", (1, 1)), (1, 1), 1)
    assert [option.changes for option in event.options] == [(Change(100, 101, b"C"),) * 2]


def test_on_one_haplotype_any_allele_will_do_and_the_first_is_preferred() -> None:
    event = haploid_event(variant("A", "C,G", (2, 1)), (2, 1), 5)
    assert [(option.changes[0].bases, option.score) for option in event.options] == [
        (b"C", 6),
        (b"G", 5),
    ]


@pytest.mark.parametrize(
    "alts, genotype, expected",
    [
        ("C", (0, 1), (0, 1)),
        ("C", (1,), (1, 1)),
        ("C,G", (2, 1), (2, 1)),
        ("C,*", (1, 2), (1, 2)),
        ("C", (0, 0), None),
        ("C", (-1, 1), (0, 1)),
        ("C", (-1, -1), None),
        ("C", (), None),
        ("C", (0, 0, 1), None),
        ("<DEL>", (0, 1), None),
        ("*", (0, 1), None),
        ("A[chr2:5[", (0, 1), None),
    ],
)
def test_what_counts_as_a_variant(
    alts: str, genotype: tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    assert called(variant("A", alts, genotype)) == expected

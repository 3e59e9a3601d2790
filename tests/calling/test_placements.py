from text_reference import TextReference

from seqcnn.calling.placements import Spans, placements
from seqcnn.data.variants import Variant

TEXT = TextReference(chr1="TTGCACACACACGGATCC")


def spans(pos: int, ref: str, alt: str) -> list[tuple[int, int]]:
    return placements(Variant("chr1", pos, ref, (alt,), (0, 1), None, ()), TEXT)


def test_a_deletion_moves_along_its_repeat() -> None:
    # CACACACAC is [3, 12); an anchor or a base after it lies on either side.
    assert spans(2, "GCA", "G") == [(2, 13)]
    assert spans(6, "ACA", "A") == [(2, 13)]
    assert spans(9, "ACA", "A") == spans(2, "GCA", "G")


def test_an_insertion_moves_along_its_repeat() -> None:
    assert spans(2, "G", "GCA") == [(2, 13)]
    assert spans(11, "C", "CAC") == [(2, 13)]


def test_a_substitution_stays() -> None:
    assert spans(13, "G", "T") == [(13, 14)]
    assert spans(13, "GA", "TT") == [(13, 15)]


def test_at_the_ends_of_a_contig_there_is_nothing_more() -> None:
    assert spans(0, "TT", "T") == [(-1, 3)]
    assert spans(16, "CC", "C") == [(15, 19)]


def test_spans_overlap_by_a_base() -> None:
    found = Spans([(10, 20), (2, 30), (50, 60)])
    assert [found.overlap(*one) for one in [(0, 2), (25, 26), (30, 50), (59, 70)]] == [
        False,
        True,
        False,
        True,
    ]

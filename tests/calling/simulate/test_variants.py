"""Planted variants: trimmed, moved left, free of conflicts; and the haplotypes they make."""

from seqcnn.calling.simulate.haplotypes import build_haplotype
from seqcnn.calling.simulate.variants import Phased, normalised, without_conflicts
from seqcnn.encoders.dna import decode, encode

#            0         1         2
#            012345678901234567890123456789
REFERENCE = "ACGTAAAAACCGTGTGTGACCTTGCATGCA"
CODES = encode(REFERENCE)


def moved(pos: int, ref: str, *alts: str, floor: int = 0) -> tuple[int, str, tuple[str, ...]]:
    one = normalised(Phased(pos, ref, alts, (0, 1)), CODES, 0, floor)
    return one.pos, one.ref, one.alts


def test_a_deletion_in_a_homopolymer_moves_to_its_left_end() -> None:
    assert moved(6, "AA", "A") == (3, "TA", ("T",))


def test_an_insertion_in_a_repeat_moves_to_its_left_end() -> None:
    assert moved(17, "G", "GTG") == (10, "C", ("CGT",))


def test_two_alternatives_move_together() -> None:
    assert moved(6, "AAA", "A", "AAAA") == (3, "TAA", ("T", "TAAA"))


def test_a_variant_does_not_pass_the_floor() -> None:
    assert moved(6, "AA", "A", floor=5) == (5, "AA", ("A",))


def test_padding_is_trimmed_on_both_sides() -> None:
    assert moved(9, "CCGT", "CTGT") == (10, "C", ("T",))


def test_a_record_that_touches_the_one_before_is_left_out() -> None:
    deletion = Phased(3, "TAAA", ("T",), (0, 1))
    inside = Phased(5, "A", ("G",), (1, 0))
    after = Phased(7, "A", ("G",), (1, 0))
    assert without_conflicts([after, inside, deletion]) == ([deletion, after], 1)


def test_haplotypes_carry_what_was_drawn_by_hand() -> None:
    variants = [
        Phased(1, "C", ("T",), (1, 0)),
        Phased(3, "TAA", ("T",), (0, 1)),
        Phased(9, "C", ("CGG", "A"), (1, 2)),
        Phased(28, "C", ("G",), (1, 1)),
    ]
    first = build_haplotype(CODES, 0, variants, 0)
    second = build_haplotype(CODES, 0, variants, 1)
    assert decode(first.codes) == "ATGTAAAAACGGCGTGTGTGACCTTGCATGGA"
    assert decode(second.codes) == "ACGTAAAACGTGTGTGACCTTGCATGGA"
    assert first.position[8:14].tolist() == [8, 9, 9, 9, 10, 11]
    assert second.position[3:6].tolist() == [3, 6, 7]


def test_a_haplotype_counts_positions_from_the_offset() -> None:
    piece = build_haplotype(CODES[10:], 10, [Phased(12, "T", ("TCC",), (1, 0))], 0)
    assert decode(piece.codes[:6]) == "CGTCCG"
    assert piece.position[:6].tolist() == [10, 11, 12, 12, 12, 13]

import numpy as np

from seqcnn.calling.simulate.tracts import find_tracts
from seqcnn.encoders.dna import encode


def tracts(sequence: str) -> list[tuple[int, int, int]]:
    found = find_tracts(encode(sequence))
    return list(zip(found.start.tolist(), found.unit.tolist(), found.length.tolist(), strict=True))


def test_homopolymers_of_four_bases_are_tracts_and_of_three_are_not() -> None:
    assert tracts("GAAAATCCCG") == [(1, 1, 4)]


def test_a_repeat_of_two_bases_begins_at_its_leftmost_base_and_may_end_in_half_a_copy() -> None:
    assert tracts("GGTCACACACTG") == [(3, 2, 7)]


def test_a_repeat_is_listed_with_its_shortest_unit_only() -> None:
    assert tracts("TCAGCAGCAGCAGT") == [(1, 3, 12)]


def test_uncalled_bases_end_a_tract() -> None:
    assert tracts("AAANAAA") == []
    assert tracts("NNNNNNNN") == []


def test_a_sequence_shorter_than_a_unit_has_none() -> None:
    assert find_tracts(np.zeros(2, np.uint8)).start.size == 0

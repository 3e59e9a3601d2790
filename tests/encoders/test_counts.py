"""Counts of drawn reads, number by number."""

import numpy as np
import numpy.typing as npt
import pytest
from drawn_reads import codes, drawn, over

from seqcnn.encoders.counts import FEATURES, Shown, draw_counts
from seqcnn.encoders.observations import CONFLICT, OTHER, SECOND, UNKNOWN

#            0         1         2
#            0123456789012345678901234567
REFERENCE = "ACGTACGTACGTTTTTACACACGGTCAT"
ONE_SNP = Shown(np.array([[1, 0]]), np.array([[0, 0]]), np.array([[0, 3, -1]]), np.array([1]))


def count(text: str, counted: list[int], anchor: int = 8, shown: Shown = ONE_SNP) -> dict[str, int]:
    """What is not zero, by name."""
    reads = drawn(text)
    values = draw_counts(
        reads, codes(REFERENCE), 0, np.array([anchor]), over(reads, anchor, counted),
        np.array([0]), shown,
    )  # fmt: skip
    assert (values.dtype, values.shape) == (np.uint8, (1, 1, 1, len(FEATURES)))
    return {
        name: value for name, value in zip(FEATURES, values.ravel().tolist(), strict=True) if value
    }


def of(found: dict[str, int], group: str) -> dict[str, int]:
    return {name.split(": ")[1]: v for name, v in found.items() if name.startswith(f"{group}: ")}


def as_count(number: float) -> int:
    return int(254 * np.log1p(number) / np.log1p(500) + 0.5)


# Read a shows T at position 8, and is 13 bases long; b has the reference; c is reverse.
READS = """
a 0 2 60 13M GTACGTTCGTTTT 20
b 0 4 30 10M ACGTACGTTT 30
c 16 4 10 10M ACGTACGTTT 40
"""


def test_fragments_are_counted_by_what_they_show() -> None:
    found = count(READS, [1, 0, 0])
    assert of(found, "reference") == {
        "share": 169, "fragments": as_count(2), "forward": 127, "base quality": 222,
        "mapping quality": 85, "low mapping quality": 127, "distance from end": 20,
        "close to end": 254, "starts": 127, "weight": as_count(4),
    }  # fmt: skip
    assert of(found, "first") | {"substitution": 254} == {
        "share": 85, "fragments": as_count(1), "forward": 254, "base quality": 127,
        "mapping quality": 254, "distance from end": 30, "close to end": 254, "starts": 254,
        "weight": as_count(2), "substitution": 254,
    }  # fmt: skip
    assert not of(found, "second") and not of(found, "other")
    assert found["depth"] == as_count(3)


def test_another_allele_a_second_one_and_doubt_have_places_of_their_own() -> None:
    two = Shown(np.array([[1, 2]]), np.array([[0, 0]]), np.array([[0, 3, 2]]), np.array([3]))
    text = "\n".join(f"r{k} 0 4 60 10M ACGTACGTTT" for k in range(8))
    found = count(text, [0, 1, 1, 2, OTHER, 3, UNKNOWN, UNKNOWN], shown=two)
    shares = [of(found, group)["share"] for group in ("reference", "first", "second", "other")]
    assert shares == [42, 85, 42, 85]
    assert (found["not known"], found["alternative alleles"]) == (as_count(2), 127)
    bases = {name for name in found if " is " in name}
    assert bases == {"reference is A", "first is T", "second is G"}


def test_mates_that_agree_count_once_and_are_told_of() -> None:
    text = "\n".join(f"r{k} 0 4 60 10M ACGTTCGTTT" for k in range(4))
    reads = drawn(text)
    seen = over(reads, 8, [1, SECOND, CONFLICT, CONFLICT])
    seen = seen._replace(allele=np.array([1, 1, 1, 0], np.int16))
    values = draw_counts(
        reads, codes(REFERENCE), 0, np.array([8]), seen, np.array([0]), ONE_SNP
    ).ravel()
    assert values[FEATURES.index("first: mate agrees")] == 254
    assert values[FEATURES.index("depth")] == as_count(1)
    assert values[FEATURES.index("contradicting mates")] == as_count(1)


def test_differences_elsewhere_are_counted_and_placed() -> None:
    # Mismatch at 5, deletion of 10 and 11, two bases inserted behind 13, clipped behind 15.
    found = count("a 0 4 60 6M2D2M2I2M3S AGGTTCTTGGTTCCC", [1])
    first = of(found, "first")
    assert (first["mismatches"], first["gaps"], first["clipped"]) == (25, 169, 254)
    around = {name: value for name, value in found.items() if name.startswith("differ")}
    assert around == dict.fromkeys(
        ("differ at -3", "differ at +0", "differ at +2", "differ at +3", "differ at +5"), 254
    )


def test_a_gap_at_the_anchor_is_the_allele_and_no_other_gap() -> None:
    deletion = Shown(
        np.array([[1, 0]]), np.array([[-2, 0]]), np.array([[2, -1, -1]]), np.array([1])
    )
    found = count("a 0 4 60 5M2D5M ACGTATTTTT", [1], shown=deletion)
    assert "gaps" not in of(found, "first")
    assert (found["first: deletion"], found["first: length"]) == (254, as_count(2))
    assert {name for name in found if name.startswith("differ")} == {"differ at +1", "differ at +2"}


@pytest.mark.parametrize(
    ("anchor", "before", "behind", "tandem", "own"),
    [
        (10, 1, 5, 5, 3),  # behind G a run of five T
        (15, 5, 1, 6, 4),  # behind the run ACACAC
        (22, 1, 1, 0, 0),
        (27, 1, 1, 0, 0),  # the last base
    ],
)
def test_repeats_of_the_reference(
    anchor: int, before: int, behind: int, tandem: int, own: int
) -> None:
    deletion = Shown(
        np.array([[1, 0]]), np.array([[-2, 0]]), np.array([[2, -1, -1]]), np.array([1])
    )
    text = f"a 0 {anchor} 60 1M {REFERENCE[anchor]}"
    found = count(text, [0], anchor, deletion)
    names = ("run before", "run behind", "tandem repeat", "repeat of first")
    wanted = [int(254 * length / 60 + 0.5) for length in (before, behind, tandem, own)]
    assert [found.get(name, 0) for name in names] == wanted


def test_qualities_say_how_likely_each_genotype_is() -> None:
    text = "\n".join(f"r{k} 0 4 60 10M ACGTACGTTT 30" for k in range(4))
    found = count(text, [0, 0, 1, 1])
    # 4 x 3.01 for 0/1; of the others, twice 30 beside twice next to nothing.
    assert "phred 0/1" not in found
    assert found["phred 0/0"] == found["phred 1/1"] == as_count(60.009 - 12.041)
    assert "phred 0/0" not in count(text, [0, 0, 0, 0])


def test_no_site_has_no_values() -> None:
    reads = drawn("")
    empty: npt.NDArray[np.int64] = np.empty(0, np.int64)
    none = Shown(np.empty((0, 2), np.int64), np.empty((0, 2), np.int64),
                 np.empty((0, 3), np.int64), empty)  # fmt: skip
    seen = over(drawn("a 0 4 60 1M A"), 8, [])._replace(first=np.array([0]))
    values = draw_counts(reads, codes(REFERENCE), 0, empty, seen, empty, none)
    assert values.shape == (0, 1, 1, len(FEATURES))


def test_a_pair_that_the_contig_has_no_room_for_is_not_unusual() -> None:
    # A forward read whose mate is elsewhere: 1,200 bp before the contig's end, and 900.
    for beyond, expected in ((1200, 254), (900, 0)):
        contig = "A" * 1500 + REFERENCE[:13] + "C" * beyond
        reads = drawn("a 1 1500 60 13M ACGTACGTTCGTT 30")
        values = draw_counts(
            reads, codes(contig), 0, np.array([1508]), over(reads, 1508, [1]), np.array([0]),
            ONE_SNP,
        )  # fmt: skip
        found = dict(zip(FEATURES, values.ravel().tolist(), strict=True))
        assert found["first: unusual pair"] == expected

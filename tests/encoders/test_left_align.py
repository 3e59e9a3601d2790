"""Gaps of reads moved left: drawn cases, and all placements tried one by one."""

import numpy as np
import pytest
from drawn_reads import codes, drawn, written_cigars

from seqcnn.encoders.left_align import left_align, write_same_bases


def aligned(reference: str, line: str, start: int = 0) -> str:
    return written_cigars(left_align(drawn(line), codes(reference), start))[0]


@pytest.mark.parametrize(
    ("reference", "line", "expected"),
    [
        ("CATTTTGA", "r 0 0 60 5M1D2M CATTTGA", "2M1D5M"),
        ("CATTTTGA", "r 0 0 60 5M1I3M CATTTTTGA", "2M1I6M"),
        ("CATATAG", "r 0 0 60 4M2D1M CATAG", "1M2D4M"),
        ("CATATAG", "r 0 0 60 6M2I1M CATATATAG", "1M2I6M"),
        # One base of the block before stays, so that the gap keeps its anchor.
        ("TTTTTG", "r 0 1 60 3M1D1M TTTG", "1M1D3M"),
        ("CATTTTGA", "r 0 0 60 2S4M1D2M GGCATTGA", "2S2M1D4M"),
        # Not beside a clip or a skip, and not over N.
        ("CATTTTGA", "r 0 0 60 5M1I2S CATTTTAA", "5M1I2S"),
        ("CATTTTGA", "r 0 0 60 3M1N1M1D2M CATTGA", "3M1N1M1D2M"),
        ("CANTTTGA", "r 0 0 60 5M1D2M CATTTGA", "3M1D4M"),
        # The first gap makes room for the second.
        ("CAAAATTTTG", "r 0 0 60 4M1D3M1D1M CAAATTTG", "1M1D3M1D4M"),
        # A deletion moves over a mismatch that stays one; an insertion may take one away.
        ("CATTTTGA", "r 0 0 60 5M1D2M CATGTGA", "2M1D5M"),
        ("CATTTTGA", "r 0 0 60 6M1I2M CATGTTTGA", "3M1I5M"),
    ],
)
def test_a_gap_moves_left_while_the_alignment_stays_as_good(
    reference: str, line: str, expected: str
) -> None:
    assert aligned(reference, line) == expected


def test_a_gap_does_not_move_beyond_the_known_reference() -> None:
    line = "r 0 0 60 6M1D2M TTTTTTTG"
    assert aligned("TTTTTTTTG", line) == "1M1D7M"
    assert aligned("TTTTG", line, start=4) == "4M1D4M"


def test_a_gap_moves_at_most_five_hundred_positions() -> None:
    reference = "C" + "T" * 700 + "G"
    line = f"r 0 0 60 700M1D1M C{'T' * 699}G"
    assert aligned(reference, line) == "200M1D501M"


def test_what_is_given_does_not_change() -> None:
    reads = drawn("r 0 0 60 5M1D2M CATTTGA")
    left_align(reads, codes("CATTTTGA"), 0)
    assert written_cigars(reads) == ["5M1D2M"]


def test_no_reads_are_no_trouble() -> None:
    assert len(left_align(drawn(""), codes("ACGT"), 0).cigar) == 0


def leftmost(reference: str, sequence: str, gap: int) -> str:
    """The leftmost placement, by trying, at which the read matches the reference throughout."""
    for before in range(1, len(sequence)):
        inserted = max(gap, 0)
        rest = reference[:before] + sequence[before : before + inserted]
        rest += reference[before + max(-gap, 0) :]
        if rest == sequence:
            kind = f"{gap}I" if gap > 0 else f"{-gap}D"
            return f"{before}M{kind}{len(sequence) - before - inserted}M"
    raise AssertionError("no placement")


def test_random_gaps_in_repeats_are_where_a_search_of_all_placements_finds_them() -> None:
    random = np.random.default_rng(1)
    for _ in range(300):
        reference = "".join(random.choice(list("AC"), 30))
        at, size = int(random.integers(2, 24)), int(random.integers(1, 5))
        if random.random() < 0.5:
            gap, inserted = size, "".join(random.choice(list("AC"), size))
            sequence = reference[:at] + inserted + reference[at:]
            cigar = f"{at}M{size}I{30 - at}M"
        else:
            gap, sequence = -size, reference[:at] + reference[at + size :]
            cigar = f"{at}M{size}D{30 - at - size}M"
        found = aligned(reference, f"r 0 0 60 {cigar} {sequence}")
        assert found == leftmost(reference, sequence, gap)


def test_equal_signs_become_the_reference_in_aligned_bases_only() -> None:
    reads = drawn("r 0 2 60 2S2M1I2M1D2M ===A==G==")
    bases = write_same_bases(reads, codes("TTACGTAC"), 0).bases
    assert bases.tolist() == codes("==AA=GGC=").tolist()
    assert reads.bases[0] == 5

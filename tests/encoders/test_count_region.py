"""What differs around a site."""

import numpy as np
from drawn_reads import codes, drawn

from seqcnn.encoders.count_region import Around, describe_around, measure_around

REFERENCE = "ACGTACGTACGTACGTACGT"
# Three of the four good reads differ at 3 and, behind two deleted bases in two, at 12.
READS = """
a 0 0 60 8M2D6M ACGAACGTGTTCGT 30
b 0 0 60 8M2D6M ACGAACGTGTTCGT 30
c 0 0 60 16M ACGAACGTACGTTCGT 30
d 0 0 4 16M ACGTACGTACGTACGT 30
e 0 0 60 16M ACGTACGTACGTACGT 30
f 0 0 60 16M ACGTACGTACGTACGT 9
"""


def test_positions_at_which_a_share_of_good_reads_differs_are_counted() -> None:
    around = measure_around(drawn(READS), codes(REFERENCE), 0)
    assert np.flatnonzero(np.diff(around.differing)).tolist() == [3, 12]
    assert np.diff(around.depth).tolist() == [4] * 8 + [2] * 2 + [4] * 6 + [0] * 4


def test_the_site_itself_does_not_count_among_its_surroundings() -> None:
    differing = np.zeros(2001, np.int64)
    for position in (999, 1002, 1003, 1050, 1051, 1150, 1151, 500, 499):
        differing[position + 1] += 1
    around = Around(differing.cumsum(), 7 * np.arange(2001))
    found = np.zeros(4)
    describe_around(around, 1000, found)
    # 999 and 1002 are within two bases; 1003 and 1050 within 50, 1051 and 1150 within 150.
    assert found.tolist() == [2, 4, 6, 7]


def test_ends_of_the_reference_are_no_error() -> None:
    around = Around(np.arange(31), 5 * np.arange(31))
    found = np.zeros(4)
    describe_around(around, 0, found)
    assert found.tolist() == [27, 27, 27, 5]
    describe_around(around, 29, found)
    assert found.tolist() == [27, 27, 27, 5]

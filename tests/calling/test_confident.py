import pandas as pd

from seqcnn.calling.confident import Confident

REGIONS = Confident(
    pd.DataFrame({"contig": ["chr1", "chr1", "chr2"], "start": [10, 30, 5], "end": [20, 40, 6]})
)


def test_overlap_needs_one_shared_base() -> None:
    starts, ends = [5, 9, 9, 19, 20, 20, 25], [10, 11, 45, 21, 21, 31, 30]
    found = REGIONS.overlap("chr1", starts, ends).tolist()
    assert found == [False, True, True, True, False, True, False]


def test_containing_needs_all_bases_in_one_region() -> None:
    starts, ends = [10, 19, 9, 15, 30, 12], [20, 20, 12, 31, 40, 21]
    found = REGIONS.contain("chr1", starts, ends).tolist()
    assert found == [True, True, False, False, True, False]


def test_regions_that_touch_are_one() -> None:
    regions = pd.DataFrame({"contig": ["chr1"] * 2, "start": [20, 10], "end": [30, 20]})
    assert Confident(regions).contain("chr1", 15, 25)


def test_other_contigs_have_no_regions() -> None:
    assert REGIONS.contigs == ["chr1", "chr2"]
    assert not REGIONS.overlap("chr3", [5], [6]).any()
    assert not REGIONS.contain("chr3", [5], [6]).any()

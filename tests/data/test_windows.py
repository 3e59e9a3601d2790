from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from seqcnn.data import windows
from seqcnn.data.windows import merge_peaks, tile
from seqcnn.errors import InputError


def table(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def starts(regions: pd.DataFrame) -> list[tuple[str, int]]:
    return list(zip(regions["contig"], regions["start"].tolist(), strict=True))


def test_peak_becomes_a_window_around_its_midpoint() -> None:
    regions, labels = merge_peaks({"t": table(("a", 1000, 1100))}, {"a": 5000})
    assert starts(regions) == [("a", 750)]
    assert regions["end"].tolist() == [1350]
    assert labels.tolist() == [[1]]
    assert labels.dtype == np.uint8


def test_peak_with_a_summit_is_centred_on_it() -> None:
    peaks = table(("a", 1000, 1100)).assign(summit=[1090])
    regions, _ = merge_peaks({"t": peaks}, {"a": 5000})
    assert starts(regions) == [("a", 790)]


def test_windows_are_moved_inside_the_contig() -> None:
    peaks = table(("a", 0, 10), ("a", 4990, 5000))
    regions, _ = merge_peaks({"t": peaks}, {"a": 5000})
    assert starts(regions) == [("a", 0), ("a", 4400)]


def test_overlapping_peaks_of_two_tracks_become_one_window_with_both_labels() -> None:
    peaks = {"one": table(("a", 990, 1010)), "two": table(("a", 1090, 1110))}
    regions, labels = merge_peaks(peaks, {"a": 5000})
    assert starts(regions) == [("a", 750)]
    assert labels.tolist() == [[1, 1]]


def test_windows_that_share_less_than_the_minimum_stay_apart() -> None:
    peaks = {"one": table(("a", 1000, 1002)), "two": table(("a", 1401, 1403))}
    assert merge_peaks(peaks, {"a": 5000})[1].tolist() == [[1, 0], [0, 1]]
    peaks["two"] = table(("a", 1400, 1402))
    assert merge_peaks(peaks, {"a": 5000})[1].tolist() == [[1, 1]]


def test_the_largest_overlap_is_merged_first() -> None:
    # Centres 1000, 1350, 1600: 1350 and 1600 are nearer, and merge to 1475; 1000 is then 475 away.
    peaks = {"one": table(("a", 1000, 1001), ("a", 1350, 1351)), "two": table(("a", 1600, 1601))}
    regions, labels = merge_peaks(peaks, {"a": 5000})
    assert starts(regions) == [("a", 700), ("a", 1175)]
    assert labels.tolist() == [[1, 0], [1, 1]]


def test_midpoints_are_weighted_by_one_plus_the_number_of_tracks() -> None:
    # 1000 (tracks 1, 2) has weight 3, 1100 (track 3) has 2: 1040.
    peaks = {t: table(("a", 1000, 1001)) for t in ("one", "two")}
    peaks["three"] = table(("a", 1100, 1101))
    assert starts(merge_peaks(peaks, {"a": 5000})[0]) == [("a", 740)]


def merge_slowly(start: list[int], size: int, least: int) -> list[int]:
    """One track, by brute force: find the largest overlap, merge, look again at everything."""
    start = sorted(start)
    while len(start) > 1:
        shared = [a + size - b for a, b in pairwise(start)]
        i = shared.index(max(shared))
        if shared[i] < least:
            break
        # Both weigh 2 (one track), so the mean is plain, and a half is rounded up.
        start[i : i + 2] = [(start[i] + start[i + 1] + 1) // 2]
    return start


@pytest.mark.parametrize("compile_from", [0, 1000])
def test_merging_is_that_of_brute_force(monkeypatch: pytest.MonkeyPatch, compile_from: int) -> None:
    monkeypatch.setattr(windows, "COMPILE_FROM", compile_from)
    middle = np.random.default_rng(0).integers(500, 20_000, 120)
    peaks = pd.DataFrame({"contig": "a", "start": middle, "end": middle + 1})
    regions, _ = merge_peaks({"t": peaks}, {"a": 30_000})
    assert regions["start"].tolist() == merge_slowly((middle - 300).tolist(), 600, 200)


def test_more_tracks_than_bits_of_a_word_keep_their_labels() -> None:
    peaks = {f"t{i}": table(("a", 1000 * (i + 1), 1000 * (i + 1) + 2)) for i in range(130)}
    _, labels = merge_peaks(peaks, {"a": 200_000})
    assert (labels == np.eye(130, dtype=np.uint8)).all()


def test_contigs_come_in_the_order_of_the_genome() -> None:
    peaks = {"t": table(("b", 1000, 1001), ("a", 1000, 1001))}
    regions, _ = merge_peaks(peaks, {"a": 5000, "b": 5000})
    assert regions["contig"].tolist() == ["a", "b"]


def test_peaks_on_contigs_shorter_than_the_window_are_counted() -> None:
    peaks = {"t": table(("a", 10, 20), ("b", 1000, 1001))}
    regions, labels = merge_peaks(peaks, {"a": 599, "b": 5000})
    assert regions.attrs["dropped"] == 1
    assert len(regions) == len(labels) == 1


def test_contig_unknown_to_the_genome_is_named_with_its_line() -> None:
    peaks = table(("z", 10, 20)).assign(line=7)
    peaks.attrs["path"] = "x.bed"
    with pytest.raises(InputError, match=r"x.bed:7: contig 'z' is not in the genome"):
        merge_peaks({"t": peaks}, {"a": 5000})


def test_minimum_overlap_above_the_window_is_refused() -> None:
    with pytest.raises(InputError, match="--min-overlap is 601"):
        merge_peaks({"t": table(("a", 10, 20))}, {"a": 5000}, min_overlap=601)


def test_no_tracks_are_refused() -> None:
    with pytest.raises(InputError, match="no peak files"):
        merge_peaks({}, {"a": 5000})


def test_first_central_part_begins_where_the_region_does() -> None:
    tiles = tile(table(("a", 1000, 1500)), window=600, stride=100, center=192, lengths={"a": 5000})
    # Centres 1000-1192, …, 1300-1492; the windows begin 204 bp before.
    assert tiles["start"].tolist() == [796, 896, 996, 1096]
    assert (tiles["end"] - tiles["start"]).tolist() == [600] * 4


def test_windows_off_the_contig_are_dropped_and_counted_never_shifted() -> None:
    tiles = tile(table(("a", 0, 500)), window=300, stride=100, center=100, lengths={"a": 500})
    assert tiles["start"].tolist() == [0, 100, 200]
    assert tiles.attrs["off_contig"] == 2


def test_regions_shorter_than_the_centre_are_counted() -> None:
    tiles = tile(table(("a", 100, 150)), window=60, stride=10, center=60, lengths={"a": 500})
    assert len(tiles) == 0
    assert tiles.attrs["too_short"] == 1


def test_centre_wider_than_the_window_is_refused() -> None:
    with pytest.raises(InputError, match="--center is 61"):
        tile(table(("a", 0, 99)), window=60, stride=10, center=61, lengths={"a": 99})


def test_stride_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="--stride is 0"):
        tile(table(("a", 0, 99)), window=60, stride=0, center=60, lengths={"a": 99})


def test_tiling_a_contig_without_length_is_refused() -> None:
    with pytest.raises(InputError, match="contig 'a' is not in the genome"):
        tile(table(("a", 0, 99)), window=60, stride=1, center=60, lengths={})

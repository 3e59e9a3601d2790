import numpy as np
import pandas as pd

from seqcnn.data.regions import count_overlaps, merge, overlap_pairs, subtract


def table(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def rows(regions: pd.DataFrame) -> list[tuple[str, int, int]]:
    return [tuple(row) for row in regions[["contig", "start", "end"]].to_numpy().tolist()]


def random_table(seed: int, count: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    start = random.integers(0, 300, count)
    contig = random.choice(["a", "b", "c"], count)
    return pd.DataFrame(
        {"contig": contig, "start": start, "end": start + random.integers(1, 40, count)}
    )


def bases(regions: pd.DataFrame) -> set[tuple[str, int]]:
    return {(contig, i) for contig, start, end in rows(regions) for i in range(start, end)}


def test_touching_intervals_do_not_overlap() -> None:
    assert count_overlaps(table(("a", 0, 5)), table(("a", 5, 9))).tolist() == [0]


def test_intervals_on_different_contigs_do_not_overlap() -> None:
    assert count_overlaps(table(("a", 0, 5)), table(("b", 0, 5))).tolist() == [0]


def test_overlap_pairs_are_those_of_brute_force() -> None:
    one, two = random_table(1, 60), random_table(2, 80)
    expected = {
        (i, j)
        for i, (a, s, e) in enumerate(rows(one))
        for j, (b, t, f) in enumerate(rows(two))
        if a == b and min(e, f) - max(s, t) >= 7
    }
    first, second = overlap_pairs(one, two, min_overlap=7)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert len(first) == len(expected)


def test_counts_are_those_of_the_pairs() -> None:
    one, two = random_table(3, 60), random_table(4, 80)
    first, _ = overlap_pairs(one, two)
    assert count_overlaps(one, two).tolist() == np.bincount(first, minlength=60).tolist()


def test_merge_joins_what_touches() -> None:
    merged = merge(table(("b", 5, 9), ("a", 3, 4), ("b", 0, 5), ("b", 11, 12)))
    assert rows(merged) == [("b", 0, 9), ("b", 11, 12), ("a", 3, 4)]


def test_merge_bridges_gaps_up_to_the_size_given() -> None:
    merged = merge(table(("a", 0, 5), ("a", 8, 9), ("a", 13, 14)), gap=3)
    assert rows(merged) == [("a", 0, 9), ("a", 13, 14)]


def test_subtract_leaves_the_bases_of_set_difference() -> None:
    one, two = random_table(5, 30), random_table(6, 10)
    left = subtract(one, two)
    assert bases(left) == bases(one) - bases(two)
    assert rows(merge(left)) == rows(left)


def test_empty_tables_are_fine() -> None:
    nothing = table().astype({"start": np.int64, "end": np.int64})
    some = table(("a", 0, 5))
    assert rows(merge(nothing)) == []
    assert rows(subtract(some, nothing)) == [("a", 0, 5)]
    assert rows(subtract(nothing, some)) == []
    assert count_overlaps(some, nothing).tolist() == [0]
    assert overlap_pairs(nothing, some)[0].tolist() == []

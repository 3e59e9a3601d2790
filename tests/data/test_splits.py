import numpy as np
import pandas as pd
import pytest

from seqcnn.data.splits import assign, split_by_contig, split_rows, split_spans, strand_groups
from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError

FIVE = {"chr1": 50, "chr2": 40, "chr8": 30, "chr9": 20, "chrX": 10}


def of(split: dict[str, str], name: str) -> list[str]:
    return [contig for contig, part in split.items() if part == name]


def test_names_lists_and_globs_choose_contigs() -> None:
    split = split_by_contig(FIVE, val=["chr8,chr9"], test=["*X"])
    assert split == {"chr1": "train", "chr2": "train", "chr8": "val", "chr9": "val", "chrX": "test"}


def test_pattern_without_a_match_lists_what_there_is() -> None:
    with pytest.raises(
        InputError, match=r"--val-contigs 'chr3' matches no contig \(there is chr1, chr2, chr8"
    ):
        split_by_contig(FIVE, val=["chr3"], test=["chr1"])


def test_contig_in_both_is_refused() -> None:
    with pytest.raises(InputError, match="contig 'chr8' is in --val-contigs and in --test-contigs"):
        split_by_contig(FIVE, val=["chr8"], test=["chr[89]"])


def test_nothing_left_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="0 contigs are left for train"):
        split_by_contig(FIVE, val=["chr1"], test=["chr2,chr8,chr9,chrX"])


def test_fewer_contigs_than_splits_are_refused() -> None:
    with pytest.raises(InputError, match="2 contigs are left for val, test, train"):
        split_by_contig({"chr20": 10, "chr21": 10})


def test_automatic_shares_are_close_to_those_asked_for() -> None:
    random = np.random.default_rng(3)
    bases = {f"c{i}": int(n) for i, n in enumerate(random.integers(10, 250, 24))}
    for seed in range(10):
        split = split_by_contig(bases, shares=(0.1, 0.2), seed=seed)
        whole = sum(bases.values())
        assert sum(bases[c] for c in of(split, "val")) / whole == pytest.approx(0.1, abs=0.03)
        assert sum(bases[c] for c in of(split, "test")) / whole == pytest.approx(0.2, abs=0.03)


def test_only_the_split_without_patterns_is_filled() -> None:
    split = split_by_contig(FIVE, test=["chr1"], shares=(0.2, 0.2))
    assert of(split, "test") == ["chr1"]
    assert len(of(split, "val")) >= 1


def test_three_contigs_of_one_size_give_one_to_each() -> None:
    split = split_by_contig({"a": 9, "b": 9, "c": 9})
    assert sorted(split.values()) == ["test", "train", "val"]


def test_share_of_zero_leaves_the_split_empty() -> None:
    assert of(split_by_contig(FIVE, shares=(0.2, 0.0)), "test") == []


def test_contig_split_is_fixed_by_its_seed() -> None:
    bases = {f"c{i}": 10 for i in range(20)}
    assert split_by_contig(bases, seed=1) == split_by_contig(bases, seed=1)
    assert split_by_contig(bases, seed=1) != split_by_contig(bases, seed=2)


def test_shares_must_leave_a_training_set() -> None:
    with pytest.raises(InputError, match=r"shares of val and test are 0.5 and 0.5"):
        split_rows(10, (0.5, 0.5))


def test_rows_have_the_shares_asked_for() -> None:
    names, counts = np.unique(split_rows(1000, (0.1, 0.2), seed=4), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "test": 200,
        "train": 700,
        "val": 100,
    }


def test_groups_stay_together() -> None:
    groups = np.random.default_rng(0).integers(0, 100, 1000)
    split = split_rows(1000, (0.2, 0.2), seed=1, groups=groups)
    assert all(len(set(split[groups == group])) == 1 for group in range(100))


def test_too_few_rows_for_a_split_are_refused() -> None:
    with pytest.raises(InputError, match="2 sequences in 2 groups are too few for a"):
        split_rows(2)


def test_sequence_and_its_reverse_complement_are_one_group() -> None:
    codes = np.stack([encode(s) for s in ("AACG", "CGTT", "AACT", "AACG", "ACGN", "NCGT")])
    groups = strand_groups(codes).tolist()
    assert groups[0] == groups[1] == groups[3]
    assert groups[4] == groups[5]
    assert len(set(groups)) == 3


def _table(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def test_enough_contigs_are_given_whole():
    regions = _table([(f"chr{n}", 0, 1000) for n in range(1, 5)])
    spans, note = split_spans(regions, val=["chr2"], test=["chr3"])
    assert note is None
    assert dict(zip(spans["contig"], spans["split"], strict=True)) == {
        "chr1": "train", "chr2": "val", "chr3": "test", "chr4": "train",
    }  # fmt: skip


def test_too_few_contigs_are_cut_by_share():
    spans, note = split_spans(_table([("chr1", 0, 1000), ("chr2", 100, 200)]), shares=(0.1, 0.2))
    assert [tuple(row)[2:] for row in spans.itertuples(index=False)] == [
        (700, "train"), (800, "val"), (2**40, "test"),
        (170, "train"), (180, "val"), (2**40, "test"),
    ]  # fmt: skip
    assert note == (
        "2 contigs are too few for 3 splits, so each is cut, in its order, into 70% train, "
        "10% val, 20% test"
    )


def test_a_named_contig_stays_whole_while_the_last_one_is_cut():
    spans, _ = split_spans(_table([("chr1", 0, 1000), ("chr2", 0, 1000)]), test=["chr2"])
    assert spans["contig"].tolist() == ["chr2", "chr1", "chr1"]
    assert spans["split"].tolist() == ["test", "train", "val"]
    assert spans["end"].tolist()[1] == 900


def test_a_window_over_a_cut_is_left_out():
    spans, _ = split_spans(_table([("chr1", 0, 1000)]))
    windows = _table(
        [("chr1", 700, 800), ("chr1", 750, 850), ("chr1", -5, 95), ("chr1", 950, 1050)]
    )
    assert assign(windows, spans).tolist() == ["train", "", "train", "test"]


def test_all_contigs_named_for_evaluation_leave_none_to_train_on():
    with pytest.raises(InputError, match="leave at least one for training"):
        split_spans(_table([("chr1", 0, 9), ("chr2", 0, 9)]), val=["chr1"], test=["chr2"])

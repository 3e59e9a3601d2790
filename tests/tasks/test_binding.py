"""What `--task binding` makes of its files."""

import numpy as np
import pytest

from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks import get_task
from seqcnn.tasks.binding import read
from seqcnn.tasks.encoding import SequenceEncoding


def test_tables_as_given_stay_as_given(data):
    found = read(
        DataSettings(
            table=data / "train.csv", val_table=data / "val.csv", test_table=data / "test.csv"
        )
    )
    assert {split: len(part) for split, part in found.splits.items()} == {
        "train": 96, "val": 32, "test": 32,
    }  # fmt: skip
    assert found.outputs == ("label",)
    assert found.encoding == SequenceEncoding(60, ambiguous="share", stranded=False)


def test_one_table_is_shared_out_without_a_sequence_in_two_splits(data):
    found = read(DataSettings(table=data / "train.csv", val_share=0.2, test_share=0.3))
    rows = {
        split: {codes.tobytes() for codes in part.take(np.arange(len(part)))}
        for split, part in found.splits.items()
    }
    assert {split: len(part) for split, part in rows.items()} == {
        "train": 48, "val": 19, "test": 29,
    }  # fmt: skip
    assert not rows["train"] & rows["val"] and not (rows["train"] | rows["val"]) & rows["test"]


def test_shuffled_negatives_stay_in_the_split_of_their_positive(data):
    found = read(DataSettings(positives=data / "bound.fa", negatives_per_positive=1))
    for part in found.splits.values():
        half = len(part) // 2
        codes = part.take(np.arange(len(part)))
        assert part.targets[:, 0].tolist() == [1] * half + [0] * half
        np.testing.assert_array_equal(np.sort(codes[:half], 1), np.sort(codes[half:], 1))


def test_windows_are_centred_on_regions_and_labelled(data, tmp_path):
    bed = tmp_path / "few.bed"
    bed.write_text("".join(f"chr{n}\t1000\t1020\n" for n in range(1, 7)))
    found = read(DataSettings(genome=data / "genome.fa", positives=bed, window=60))
    for part in found.splits.values():
        assert part.start is not None
        assert set(part.start[part.targets[:, 0] == 1].tolist()) == {980}


def test_two_contigs_are_cut_into_three_splits(data, tmp_path):
    bed = tmp_path / "two.bed"
    rows = [f"chr{n}\t{at}\t{at + 60}\n" for n in (1, 2) for at in range(0, 6000, 100)]
    bed.write_text("".join(rows))
    found = read(
        DataSettings(genome=data / "genome.fa", positives=bed, negatives="shuffle", window=60)
    )
    sizes = {split: int(part.targets.sum()) for split, part in found.splits.items()}
    assert sizes == {"train": 96, "val": 12, "test": 12}
    assert "each is cut" in found.findings[-1].message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "binding needs --table, or --positives"),
        ({"table": "train.csv", "positives": "bound.fa"}, "--table or --positives, not both"),
        ({"positives": "a.bed"}, "--genome FASTA is needed"),
        ({"positives": "bound.fa", "negatives": "nowhere"}, "--negatives nowhere: no such file"),
        ({"table": "bound.fa"}, "has no labels"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(data, settings, message):
    paths = {k: v if k == "negatives" else data / v for k, v in settings.items()}
    with pytest.raises(InputError, match=message):
        read(DataSettings(**paths))


def test_unknown_task_lists_the_known():
    with pytest.raises(InputError, match="unknown task 'motif'; known: accessibility, binding"):
        get_task("motif")


def test_weight_column_weighs_the_training_examples(tmp_path):
    table = tmp_path / "train.csv"
    bases = ["ACGTACGTAC", "CCCCGGGGAA", "TTTTAAAACC", "GATTACAGAT"] * 10
    rows = [f"{'AC'[i % 2] * 3}{b},{i % 2},{1 + i % 3}" for i, b in enumerate(bases)]
    table.write_text("sequence,label,weight\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = read(DataSettings(table=table, val_table=table, test_table=table))
    assert data.splits["train"].weights.tolist() == [1 + i % 3 for i in range(40)]

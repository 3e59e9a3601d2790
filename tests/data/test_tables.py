import gzip
from pathlib import Path

import pytest

from seqcnn.data.tables import read_table
from seqcnn.errors import InputError

SHARED = Path(__file__).parents[2].parent / "shared/data"


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_columns_are_guessed_whatever_their_case(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "EventID\tSeq\tBound\np1\tACGT\t1\np2\tAC\t0\n"))
    assert table.sequences == ["ACGT", "AC"]
    assert table.labels is not None
    assert table.labels.tolist() == [[1.0], [0.0]]
    assert table.label_names == ("Bound",)
    assert table.identifiers == ("p1", "p2")
    assert table.lines.tolist() == [2, 3]


def test_gzipped_csv_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"sequence,label\nACGT,1\n"))
    assert read_table(tmp_path / "t.csv.gz").sequences == ["ACGT"]


def test_windows_line_ends_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfsequence,label\r\nACGT,1\r\n")
    assert read_table(tmp_path / "t.csv").sequences == ["ACGT"]


def test_several_label_columns_make_a_multi_label_table(tmp_path: Path) -> None:
    path = written(tmp_path, "sequence,liver,lung\nACGT,1,0\nTTTT,0,0.5\n")
    table = read_table(path, label_column="liver,lung")
    assert table.labels is not None
    assert table.labels.tolist() == [[1.0, 0.0], [0.0, 0.5]]
    assert table.label_names == ("liver", "lung")


def test_weights_are_read_where_there_are_some(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "sequence,label,weight\nACGT,1,2.5\n"))
    assert table.weights is not None
    assert table.weights.tolist() == [2.5]


def test_table_without_labels_has_none(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "seq,other\nACGT,1\n"))
    assert table.labels is None
    assert table.weights is None
    assert table.identifiers == ("row 1",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t.csv: the file is empty"),
        ("sequence,label\n", r"t.csv: has a header but no rows"),
        ("dna,label\nACGT,1\n", r"t.csv:1: no column called sequence or seq \(columns: dna, label"),
        ("sequence,label\nACGT,1\nACGT\n", r"t.csv:3: 1 columns, the header has 2"),
        ("sequence,label\nACGT,yes\n", r"t.csv:2: label 'label' is 'yes', a number was wanted"),
        ("sequence,label\nACGT,nan\n", r"t.csv:2: label 'label' is nan, a finite number"),
        ("sequence,label\nACGT,\n", r"t.csv:2: label 'label' is '', a number was wanted"),
        ("sequence,label,weight\nACGT,1,x\n", r"t.csv:2: weight is 'x', a number was wanted"),
        ("sequence,label\nACGT,1\n\nAC.T,1\n", r"t.csv:4: character '\.' at position 3"),
        ("sequence,label\n,1\n", r"t.csv:2: the sequence is empty"),
    ],
)
def test_bad_table_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_table(written(tmp_path, text))


def test_absent_column_comes_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "sequence,bound_K562\nACGT,1\n")
    with pytest.raises(
        InputError, match=r"t.csv:1: no column 'bound_K56' .*; did you mean 'bound_K562'\?"
    ):
        read_table(path, label_column="bound_K56")


def test_column_like_no_other_comes_with_its_flag(tmp_path: Path) -> None:
    path = written(tmp_path, "sequence,label\nACGT,1\n")
    with pytest.raises(InputError, match=r"no column 'zzz' .*name one of them with --sequence-col"):
        read_table(path, sequence_column="zzz")


def test_real_deepbind_test_set_is_half_positive() -> None:
    path = SHARED / "regulatory/deepbind_encode/SP1_GM12878_SP1_HudsonAlpha_B.seq.gz"
    if not path.exists():
        pytest.skip("shared/data absent")
    table = read_table(path)
    assert table.labels is not None
    assert len(table) == 1000
    assert float(table.labels.sum()) == 500.0

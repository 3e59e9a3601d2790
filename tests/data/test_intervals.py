from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.intervals import read_bed
from seqcnn.errors import InputError

SHARED = Path(__file__).parents[2].parent / "shared/data"


def bed(folder: Path, text: str, name: str = "peaks.bed") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_three_columns_are_enough(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, "chr1\t10\t20\nchr2\t0\t5\n"))
    assert regions["contig"].tolist() == ["chr1", "chr2"]
    assert regions["start"].tolist() == [10, 0]
    assert regions["end"].tolist() == [20, 5]
    assert regions["name"].tolist() == ["", ""]
    assert np.isnan(regions["score"]).all()
    assert regions["strand"].tolist() == [".", "."]
    assert regions["summit"].tolist() == [-1, -1]


def test_path_travels_with_the_table(tmp_path: Path) -> None:
    path = bed(tmp_path, "chr1\t10\t20\n")
    assert read_bed(path).attrs["path"] == str(path)


def test_headers_are_skipped_and_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    text = "# made today\ntrack name=a\nbrowser hide\nchr1\t1\t2\n\n#x\ntrack_1\t3\t4\n"
    regions = read_bed(bed(tmp_path, text))
    assert regions["contig"].tolist() == ["chr1", "track_1"]
    assert regions["line"].tolist() == [4, 7]


def test_windows_line_ends_are_no_part_of_the_last_column(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, "chr1\t1\t2\tpeak one\r\nchr1\t3\t4\tb\r\n"))
    assert regions["name"].tolist() == ["peak one", "b"]
    assert regions["line"].tolist() == [1, 2]


def test_spaces_separate_columns_in_a_line_without_tabs(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, "chr1 1  2 a 7 -\n"))
    assert regions[["start", "end", "score", "strand"]].iloc[0].tolist() == [1, 2, 7.0, "-"]


def test_rows_of_different_width_and_separator_are_read(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, "chr1\t1\t2\nchr1 3 4 b\nchr1\t5\t6\tc\t9\t+\n"))
    assert regions["start"].tolist() == [1, 3, 5]
    assert regions["name"].tolist() == ["", "b", "c"]
    assert regions["strand"].tolist() == [".", ".", "+"]


def test_contig_names_that_are_numbers_stay_text(tmp_path: Path) -> None:
    assert read_bed(bed(tmp_path, "01\t1\t2\nNA\t1\t2\n"))["contig"].tolist() == ["01", "NA"]


def test_narrowpeak_summits_become_absolute(tmp_path: Path) -> None:
    row = "chr1\t{}\t{}\tp\t5\t.\t1.5\t2\t3\t{}\n"
    text = row.format(100, 200, 30) + row.format(300, 400, -1)
    regions = read_bed(bed(tmp_path, text, "a.narrowPeak"))
    assert regions["summit"].tolist() == [130, -1]


def test_summit_outside_its_peak_is_refused(tmp_path: Path) -> None:
    path = bed(tmp_path, "chr1\t100\t200\tp\t5\t.\t1\t2\t3\t100\n", "a.narrowPeak")
    with pytest.raises(InputError, match=r"a.narrowPeak:1: summit '100' .* peak of 100 bp"):
        read_bed(path)


def test_tenth_column_of_another_format_is_no_summit(tmp_path: Path) -> None:
    path = bed(tmp_path, "chr1\t100\t200\tp\t5\t.\tx\tx\tx\ttext\n")
    assert read_bed(path)["summit"].tolist() == [-1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t5", r"peaks.bed:3: 2 columns, at least 3"),
        ("chr1\tx\t9", r"peaks.bed:3: start is 'x', a whole number"),
        ("chr1\t1\t9.5", r"peaks.bed:3: end is '9.5', a whole number"),
        ("chr1\t1\t", r"peaks.bed:3: end is '', a whole number"),
        ("chr1\t-1\t9", r"peaks.bed:3: start -1 is negative"),
        ("chr1\t200\t100", r"peaks.bed:3: end 100 is before start 200"),
        ("chr1\t7\t7", r"peaks.bed:3: the region is empty \(start 7 = end 7\)"),
        ("chr1\t7\t99999999999999999999", r"peaks.bed:3: end 9+ is larger than any contig"),
        ("chr1\t7\t9999999999999999", r"peaks.bed:3: end 9+ is larger than any contig"),
    ],
)
def test_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = bed(tmp_path, f"#head\nchr1\t1\t2\n{line}\nchr1\t4\t5\n")
    with pytest.raises(InputError, match=message) as caught:
        read_bed(path)
    assert "\n" not in str(caught.value)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"peaks.bed: the file is empty"):
        read_bed(bed(tmp_path, ""))


def test_file_of_headers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"peaks.bed: has no regions, only headers"):
        read_bed(bed(tmp_path, "track name=a\n"))


def test_empty_file_gives_an_empty_table_where_allowed(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, ""), allow_empty=True)
    assert len(regions) == 0
    assert regions["start"].dtype == np.int64


def test_real_peaks_are_those_that_pandas_reads() -> None:
    path = SHARED / "regulatory/genome/pbmc_atac_peaks.hg38.bed.gz"
    if not path.exists():
        pytest.skip("shared/data absent")
    expected = pd.read_csv(path, sep="\t", header=None, comment="#")
    regions = read_bed(path)
    assert (regions["start"].to_numpy() == expected[1].to_numpy()).all()
    assert (regions["contig"].to_numpy() == expected[0].to_numpy()).all()


def test_later_rows_may_be_wider_than_the_first(tmp_path: Path) -> None:
    regions = read_bed(bed(tmp_path, "chr1\t1\t2\nchr1\t5\t6\tc\t9\t+\n"))
    assert regions["name"].tolist() == ["", "c"]

"""Sample sheets: what is read, and what is said of a wrong one."""

import subprocess
import sys

import pytest

from seqcnn.data.sample_sheet import sheet_rows
from seqcnn.errors import InputError


def test_cells_without_a_value_and_comments_are_left_out(tmp_path):
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(
        "# a note\nsample\tbam\ttruth\n\na\ta.bam\t\n# b is missing\nNA\t c.bam\tc.vcf\n"
    )
    assert sheet_rows(sheet, "sample") == {
        "a": {"bam": "a.bam"},
        "NA": {"bam": "c.bam", "truth": "c.vcf"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        ("sample\tbam\n", "has no rows"),
        (
            "sample,bam\na,a.bam\n",
            "no column 'sample'; it has: sample,bam; is it separated by tabs",
        ),
        ("name\tbam\na\ta.bam\n", "no column 'sample'; it has: name, bam"),
        ("sample\tbam\tbam\na\ta\tb\n", "the column 'bam' is there twice"),
        ("sample\tbam\na\ta.bam\tx\n", r"samples.tsv:2: 3 cells, and the header has 2 columns"),
        ("sample\tbam\n\ta.bam\n", r"samples.tsv:2: the column 'sample' is empty"),
        ("sample\tbam\na\ta\n#\na\tb\n", r"samples.tsv:4: 'a' in the column 'sample' is on line 2"),
    ],
)
def test_a_wrong_sheet_is_told_in_one_line(tmp_path, text, said):
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(text)
    with pytest.raises(InputError, match=said) as told:
        sheet_rows(sheet, "sample")
    assert "\n" not in str(told.value)


def test_a_sheet_that_is_missing_or_binary_is_told(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        sheet_rows(tmp_path / "none.tsv", "sample")
    (tmp_path / "junk.tsv").write_bytes(b"\xff\xfe\x00sample")
    with pytest.raises(InputError, match="not UTF-8 text"):
        sheet_rows(tmp_path / "junk.tsv", "sample")


def test_reading_a_sheet_loads_neither_torch_nor_numpy():
    code = "import sys, seqcnn.data.sample_sheet; print({'torch', 'numpy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"

from pathlib import Path

import pandas as pd
import pytest

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.splits import FAR, assign, split_spans
from seqcnn.data.splits_bed import read_splits, splits_text
from seqcnn.errors import InputError

LENGTHS = {"chr1": 1000, "chr2": 500, "chr3": 300}
GOOD = "chr1\t0\t600\ttrain\nchr1\t600\t1000\tval\nchr2\t100\t500\ttest\n"


def read(folder: Path, text: str) -> pd.DataFrame:
    path = folder / "splits.bed"
    path.write_text(text)
    return read_splits(path, LENGTHS, genome=Path("genome.fa"))


def rows(table: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in table.itertuples(index=False)]


def test_a_span_reaches_beyond_its_contig_where_it_reaches_its_end(tmp_path):
    assert rows(read(tmp_path, GOOD)) == [
        ("chr1", -FAR, 600, "train"),
        ("chr1", 600, FAR, "val"),
        ("chr2", 100, FAR, "test"),
    ]


def test_lines_of_one_split_that_touch_or_overlap_are_one_span(tmp_path):
    text = GOOD.replace("chr1\t0\t600", "chr1\t300\t600\ttrain\nchr1\t0\t300")
    assert rows(read(tmp_path, text))[0] == ("chr1", -FAR, 600, "train")
    text = GOOD.replace("chr1\t0\t600", "chr1\t200\t600\ttrain\nchr1\t10\t300")
    assert rows(read(tmp_path, text))[0] == ("chr1", 10, 600, "train")


def test_windows_across_a_border_or_before_the_first_span_are_in_no_split(tmp_path):
    spans = read(tmp_path, GOOD)
    windows = pd.DataFrame(
        [("chr1", -5, 95), ("chr1", 500, 600), ("chr1", 550, 650), ("chr1", 950, 1050),
         ("chr2", 50, 150), ("chr2", 100, 200), ("chr3", 0, 100)],
        columns=["contig", "start", "end"],
    )  # fmt: skip
    assert assign(windows, spans).tolist() == ["train", "train", "", "val", "", "test", ""]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\tval", "\tvalid", r"splits.bed:2: split is 'valid'; wanted train, val or test"),
        ("\tval", "", r"splits.bed:2: there is no column 4; wanted train, val or test"),
        (
            "chr2",
            "chr9",
            r"splits.bed:3: contig 'chr9' is not in genome.fa \(it has chr1, chr2, ch",
        ),
        ("600\t1000", "500\t1000", r"splits.bed:2: val overlaps train of line 1 on 'chr1'"),
        ("100\t500", "100\t501", r"splits.bed:3: end 501 is beyond 'chr2' of genome.fa, 500 bp"),
        ("chr2\t100\t500\ttest\n", "", r"splits.bed: no line names test; wanted lines of train, v"),
        ("600\t1000", "600\t600", r"splits.bed:2: the region is empty"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, old, new, said):
    assert GOOD.count(old) == 1
    with pytest.raises(InputError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def test_contigs_are_renamed_as_those_of_other_files(tmp_path):
    path = tmp_path / "splits.bed"
    path.write_text(GOOD.replace("chr", ""))
    spans = read_splits(path, LENGTHS, genome=Path("genome.fa"), alias=ContigAlias.parse("add-chr"))
    assert spans["contig"].tolist() == ["chr1", "chr1", "chr2"]


def test_spans_survive_the_file(tmp_path):
    two = pd.DataFrame({"contig": ["chr1", "chr2"], "start": [0, 0], "end": [1000, 500]})
    for regions in (two, pd.concat([two, two.assign(contig=["chr3", "chr3"], end=300)])):
        spans, _ = split_spans(regions)
        text = splits_text(spans, LENGTHS)
        again = read(tmp_path, text)
        assert sorted(rows(again)) == sorted(rows(spans))
        assert splits_text(again, LENGTHS) == text

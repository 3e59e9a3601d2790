import gzip
from pathlib import Path

import numpy as np
import pytest

from seqcnn.data.sequences import fit_length, iterate_fasta, one_length, read_fasta
from seqcnn.errors import InputError

SHARED = Path(__file__).parents[2].parent / "shared/data"


def fasta(folder: Path, text: str) -> Path:
    path = folder / "s.fa"
    path.write_text(text)
    return path


def test_records_may_span_lines(tmp_path: Path) -> None:
    table = read_fasta(fasta(tmp_path, ">one first\nACGT\nac\n\n>two\nUUN\n"))
    assert table.identifiers == ("one", "two")
    assert table.sequences == ["ACGTac", "UUN"]
    assert table.lines.tolist() == [1, 5]
    assert table.labels is None


def test_gzipped_fasta_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.fa.gz").write_bytes(gzip.compress(b">a\nACGT\n"))
    assert read_fasta(tmp_path / "s.fa.gz").sequences == ["ACGT"]


def test_class_in_the_header_is_the_label(tmp_path: Path) -> None:
    text = "> chr1,+,5,9; class:0\nACGT\n> chr1,-,7,11; class:1\nACGT\n"
    table = read_fasta(fasta(tmp_path, text))
    assert table.labels is not None
    assert table.labels.tolist() == [[0.0], [1.0]]
    assert table.label_names == ("class",)
    assert table.identifiers == ("chr1,+,5,9", "chr1,-,7,11")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"s.fa: the file is empty"),
        ("ACGT\n>a\nACGT\n", r"s.fa:1: 'ACGT' stands before the first '>' header"),
        (">a\n>b\nACGT\n", r"s.fa:1: record without a sequence"),
        (">a\nACGT\n>b\n", r"s.fa:3: record without a sequence"),
        (">a\nACGT\nAC-T\n", r"s.fa:3: character '-' at position 3"),
        (">a class:1\nA\n>b\nA\n", r"s.fa:3: no class in this header"),
        (">a class:x\nA\n", r"s.fa:1: class is 'x', a number was wanted"),
    ],
)
def test_bad_fasta_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_fasta(fasta(tmp_path, text))


def test_binary_file_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "s.fa").write_bytes(b"\x89HDF\xff\xfe")
    with pytest.raises(InputError, match=r"s.fa: is not a text file"):
        read_fasta(tmp_path / "s.fa")


def test_long_sequences_lose_both_ends() -> None:
    assert fit_length(["AACGTT"], 4) == ["ACGT"]
    assert fit_length(["AACGTTC"], 4) == ["ACGT"]


def test_short_sequences_are_padded_on_both_sides() -> None:
    assert fit_length(["ACG"], 6) == ["NNACGN"]
    assert fit_length(["AC"], 6) == ["NNACNN"]


@pytest.mark.parametrize("length", [3, 4, 7, 8])
@pytest.mark.parametrize("size", [2, 5, 6, 9])
def test_the_middle_base_stays_in_the_middle(length: int, size: int) -> None:
    sequence = "A" * (size // 2) + "C" + "A" * (size - size // 2 - 1)
    (fitted,) = fit_length([sequence], length)
    assert len(fitted) == length
    assert fitted[length // 2] == "C"


def test_sequences_of_several_lengths_are_named_with_the_fix(tmp_path: Path) -> None:
    table = read_fasta(fasta(tmp_path, ">a\nACGT\n>b\nACGT\n>c\nACG\n"))
    with pytest.raises(
        InputError, match=r"s.fa:5: sequence of 3 letters, but line 1 has 4; pass --length 4"
    ):
        one_length(table)


def test_length_asked_for_is_the_length_of_all(tmp_path: Path) -> None:
    table = read_fasta(fasta(tmp_path, ">a\nACGT\n>c\nACG\n"))
    assert one_length(table, 2).sequences == ["CG", "AC"]


def test_length_of_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--length is 0"):
        one_length(read_fasta(fasta(tmp_path, ">a\nACGT\n")), 0)


def test_real_clip_headers_carry_their_class() -> None:
    path = SHARED / "regulatory/clip_rna/23_PARCLIP_PUM2_hg19.train.fa.gz"
    if not path.exists():
        pytest.skip("shared/data absent")
    table = read_fasta(path)
    assert table.labels is not None
    assert len(table) == 30_000
    assert float(np.mean(table.labels)) == pytest.approx(0.2)


def test_records_come_one_by_one_before_a_later_one_is_read(tmp_path):
    path = tmp_path / "many.fa"
    path.write_text(">a one\nACGT\nAC\n>b\nAC*T\n")
    records = iterate_fasta(path)
    first = next(records)
    assert (first.line, first.identifier, first.sequence) == (1, "a", "ACGTAC")
    with pytest.raises(InputError, match=r"many.fa:5: character '\*' at position 3"):
        next(records)

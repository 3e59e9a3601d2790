import gzip
from pathlib import Path

import numpy as np
import pytest

from seqcnn.data.motifs import Motif, consensus, read_meme, write_meme
from seqcnn.errors import InputError

TWO = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF first M1 of ours
letter-probability matrix: alength= 4 w= 2 nsites= 30 E= 1e-5
0.7 0.1 0.1 0.1
0 0 1 0
URL https://example.org/first

MOTIF second

log-odds matrix: alength= 4 w= 1
1 2 3 4

letter-probability matrix: alength= 4 w= 1 E= 0

0.25\t0.25  0.25 0.25
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "motifs.meme"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as raised:
        read_meme(written(folder, text))
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_names_and_probabilities_are_read(tmp_path: Path) -> None:
    first, second = read_meme(written(tmp_path, TWO))
    assert (first.name, first.alternative, first.sites) == ("first", "M1 of ours", 30)
    np.testing.assert_allclose(first.probabilities, [[0.7, 0], [0.1, 0], [0.1, 1], [0.1, 0]])
    assert (second.name, second.alternative, second.sites) == ("second", "", 0)
    np.testing.assert_allclose(second.probabilities, np.full((4, 1), 0.25))


def test_gzip_is_read_by_content(tmp_path: Path) -> None:
    path = tmp_path / "motifs.meme"
    path.write_bytes(gzip.compress(TWO.encode()))
    assert [motif.name for motif in read_meme(path)] == ["first", "second"]


def test_without_a_width_rows_go_on_as_far_as_they_do(tmp_path: Path) -> None:
    text = TWO.replace(" w= 2", "")
    first, second = read_meme(written(tmp_path, text))
    assert first.probabilities.shape == (4, 2)
    assert second.name == "second"


def test_columns_are_scaled_to_one(tmp_path: Path) -> None:
    text = TWO.replace("0.7 0.1 0.1 0.1", "0.7 0.1 0.1 0.11")
    assert read_meme(written(tmp_path, text))[0].probabilities[:, 0].sum() == pytest.approx(1)


def test_windows_line_ends_and_rna_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rna.meme"
    path.write_bytes(TWO.replace("ALPHABET= ACGT", "ALPHABET= ACGU").replace("\n", "\r\n").encode())
    assert len(read_meme(path)) == 2


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), 7).T
    given = [Motif("one", probabilities, "other name", 12), Motif("two", np.full((4, 3), 0.25))]
    for name in ("out.meme", "out.meme.gz"):
        write_meme(tmp_path / name, given)
        first, second = read_meme(tmp_path / name)
        assert (first.name, first.alternative, first.sites) == ("one", "other name", 12)
        np.testing.assert_allclose(first.probabilities, probabilities, atol=2e-6)
        assert (second.label, second.sites) == ("two", 0)
    assert (tmp_path / "out.meme.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_a_row_of_three_numbers_is_told_with_its_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO.replace("0 0 1 0", "0 0 1"))
    assert message.startswith(f"{tmp_path / 'motifs.meme'}:13: row 2 of a matrix is '0 0 1'")


def test_a_matrix_cut_short_is_told_with_its_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO[: TWO.index("0 0 1 0")])
    assert ":12: row 2 of a matrix is the end of the file; wanted 2 rows" in message


def test_a_sum_far_from_one_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO.replace("0 0 1 0", "0 0 12 3"))
    assert ":13: '0 0 12 3' has a sum of 15" in message


def test_a_motif_without_a_matrix_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO + "\nMOTIF third\n")
    assert ":25: motif 'third' has no line 'letter-probability matrix: …'" in message


def test_a_matrix_without_a_motif_is_told(tmp_path: Path) -> None:
    assert ":11: a matrix without a MOTIF" in refusal(tmp_path, TWO.replace("MOTIF first", "first"))


def test_a_name_twice_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO.replace("MOTIF second", "MOTIF first"))
    assert ":16: motif 'first' is also in line 10" in message


def test_proteins_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO.replace("= ACGT", "= ACDEFGHIKLMNPQRSTVWY"))
    assert ":3: alphabet ACDEFGHIKLMNPQRSTVWY; wanted ACGT" in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        (">first\nA [1 2]\n", ":1: '>first'; wanted MEME text format"),
        ('<?xml version="1.0"?>\n', ":1: MEME's XML; wanted MEME text format"),
        ("MEME version 4\n", "has no motif"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


def test_binary_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "motifs.meme"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not text"):
        read_meme(path)
    with pytest.raises(InputError, match="no such file"):
        read_meme(tmp_path / "none.meme")


def test_consensus_letters() -> None:
    columns = np.array(
        [[0.7, 0.1, 0.1, 0.1], [0.45, 0.05, 0.4, 0.1], [0.3, 0.3, 0.2, 0.2], [0.1, 0.2, 0.1, 0.6]]
    )
    assert consensus(columns.T) == "ARNT"

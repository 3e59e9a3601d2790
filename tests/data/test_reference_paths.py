from pathlib import Path

import pytest

from seqcnn.data.reference_paths import find_fasta, header_paths
from seqcnn.errors import InputError


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "ref.fa"
    path.write_text(">q\nACGT\n")
    return path


def test_paths_are_those_of_ur_and_of_command_lines():
    header = {
        "SQ": [{"SN": "q", "UR": "file:///data/a.fa"}, {"SN": "r", "UR": "https://x.org/b.fa"}],
        "PG": [
            {"CL": "bwa mem -t 4 /data/c.fasta reads.fq.gz"},
            {"CL": "gatk REFERENCE_SEQUENCE=/data/d.fa.gz 'an unclosed quote"},
            {"CL": "aligner --ref=/data/a.fa"},
        ],
    }
    assert [str(path) for path in header_paths(header)] == [
        *("/data/a.fa", "/data/c.fasta", "/data/d.fa.gz"),
    ]


def test_the_given_one_comes_before_the_variable(fasta, monkeypatch):
    monkeypatch.setenv("SEQCNN_REFERENCE", "/nowhere.fa")
    assert find_fasta({}, fasta) == (fasta, "--reference")


def test_the_variable_comes_before_the_header(fasta, tmp_path, monkeypatch):
    other = tmp_path / "other.fa"
    other.write_text(">q\nACGT\n")
    monkeypatch.setenv("SEQCNN_REFERENCE", str(fasta))
    header = {"SQ": [{"SN": "q", "LN": "4", "UR": str(other)}]}
    assert find_fasta(header, None) == (fasta, "$SEQCNN_REFERENCE")


def test_the_header_is_used_where_its_file_exists(fasta):
    header = {"SQ": [{"SN": "q", "LN": "4", "UR": "/nowhere/x.fa"}], "PG": [{"CL": f"bwa {fasta}"}]}
    assert find_fasta(header, None) == (fasta, "the header")


def test_a_fasta_of_the_header_without_its_contigs_is_passed_over(fasta):
    Path(f"{fasta}.fai").write_text("q\t4\t3\t4\t5\n")
    assert find_fasta({"SQ": [{"SN": "q", "LN": "9", "UR": str(fasta)}]}, None) is None
    assert find_fasta({"SQ": [{"SN": "q", "LN": "4", "UR": str(fasta)}]}, None) is not None


def test_a_given_one_that_is_absent_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError) as error:
        find_fasta({}, tmp_path / "no.fa")
    assert str(error.value) == (
        f"--reference {tmp_path}/no.fa: no such file; a FASTA file was wanted"
    )
    monkeypatch.setenv("SEQCNN_REFERENCE", str(tmp_path))
    with pytest.raises(InputError) as error:
        find_fasta({}, None)
    assert str(error.value) == f"$SEQCNN_REFERENCE {tmp_path}: is a folder; a FASTA file was wanted"

import hashlib
import pickle
from pathlib import Path

import pytest

from seqcnn.data.alignments import open_alignments
from seqcnn.data.references import FastaReference, find_reference
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
TINY = DATA / "illumina_NA12878_chr22_12kb"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")

READ = "a 0 q 1 60 4M * 0 0 ACGT IIII"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "ref.fa"
    path.write_text(">q\nACGTRYN\nacgtn\n>r\nTT\n")
    return path


def test_lower_case_is_read_as_upper_and_iupac_as_n(fasta):
    reference = FastaReference(fasta)
    assert reference.fetch("q", -1, 13).tolist() == [4, 0, 1, 2, 3, 4, 4, 4, 0, 1, 2, 3, 4, 4]
    assert (list(reference.names), reference.length_of) == (["q", "r"], {"q": 12, "r": 2})
    assert (reference.path, reference.source) == (fasta, str(fasta))


def test_the_checksum_is_md5_of_the_letters_in_upper_case(fasta):
    expected = hashlib.md5(b"ACGTRYNACGTN", usedforsecurity=False).hexdigest()
    assert FastaReference(fasta).checksum("q") == expected


def test_contigs_are_renamed_and_left_out(fasta):
    reference = FastaReference(fasta).renamed({"chrR": "r"})
    assert list(reference.names) == ["chrR"]
    assert decode(reference.fetch("chrR", 0, 3)) == "TTN"
    with pytest.raises(KeyError):
        reference.fetch("q", 0, 1)


def test_a_pickled_copy_maps_the_file_anew(fasta):
    reference = FastaReference(fasta).renamed({"chrR": "r"})
    data = pickle.dumps(reference)
    assert len(data) < 1000
    assert decode(pickle.loads(data).fetch("chrR", 0, 2)) == "TT"


def test_the_given_fasta_is_taken_without_a_word(make_bam, fasta):
    with open_alignments(make_bam(READ)) as alignments:
        reference, notes = find_reference(alignments, fasta)
    assert (reference.path, notes) == (fasta, [])


def test_the_variable_is_taken_and_said(make_bam, fasta, monkeypatch):
    monkeypatch.setenv("SEQCNN_REFERENCE", str(fasta))
    with open_alignments(make_bam(READ)) as alignments:
        reference, notes = find_reference(alignments, None)
    assert (reference.path, notes) == (fasta, [f"reference: {fasta} (from $SEQCNN_REFERENCE)"])


def test_the_path_in_the_header_is_taken_and_said(make_bam, fasta):
    header = f"@SQ\tSN:q\tLN:1000\tUR:file:{fasta}\n"
    with open_alignments(make_bam(READ, header=header)) as alignments:
        reference, notes = find_reference(alignments, None)
    assert (reference.path, notes) == (fasta, [f"reference: {fasta} (from the header)"])


def test_without_a_fasta_md_tags_are_taken_and_said(make_bam):
    with open_alignments(make_bam(READ + " MD:Z:4")) as alignments:
        reference, notes = find_reference(alignments, None)
    assert decode(reference.fetch("q", 0, 5)) == "ACGTN"
    assert notes == ["reference: none given; rebuilt from the MD tags of x.bam"]


def test_without_either_the_user_is_told_what_was_looked_for(make_bam):
    header = "@SQ\tSN:q\tLN:1000\tUR:/data/hg19.fa\n"
    path = make_bam(READ, header=header)
    with open_alignments(path) as alignments, pytest.raises(InputError) as error:
        find_reference(alignments, None)
    assert str(error.value) == (
        f"{path}: has no reference: its reads have no MD tags to rebuild it from; its header names "
        "/data/hg19.fa, which is not on this machine; give the FASTA with --reference or "
        "$SEQCNN_REFERENCE"
    )


@real
def test_md_tags_of_real_reads_give_the_bases_of_the_fasta():
    with open_alignments(TINY / "NA12878.chr22.tiny.bam") as alignments:
        rebuilt, _ = find_reference(alignments, None)
    fasta = FastaReference(TINY / "q.fa")
    assert rebuilt.path is None
    ours, theirs = rebuilt.fetch("q", 0, 12356), fasta.fetch("q", 0, 12356)
    known = ours < 4
    assert known.sum() > 12_000
    assert (ours[known] == theirs[known]).mean() == pytest.approx(1.0, abs=0)

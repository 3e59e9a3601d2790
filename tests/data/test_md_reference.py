import pickle

import pysam
import pytest

from seqcnn.data.alignments import open_alignments
from seqcnn.data.md_reference import RebuiltReference, reads_have_md
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError


def rebuilt(path) -> RebuiltReference:
    with open_alignments(path) as alignments:
        return RebuiltReference(alignments.spec)


@pytest.mark.parametrize(
    ("cigar", "bases", "md", "reference"),
    [
        ("6M", "ACGTAC", "6", "ACGTAC"),
        ("6M", "ACGTAC", "2A3", "ACATAC"),
        ("6M", "ACGTAC", "0T4G0", "TCGTAG"),
        ("3M2D3M", "ACGTAC", "3^TT3", "ACGTTTAC"),
        ("3M2D3M", "ACGTAC", "3^TT0A2", "ACGTTAAC"),
        ("3M2I1M", "ACGTAC", "4", "ACGC"),
        ("1S2M2S1H", "ACGTA", "2", "CG"),
        ("2M3N2M", "ACGT", "4", "ACNNNGT"),
        ("2=1X1=", "ACGT", "2T1", "ACTT"),
        ("4M", "ACGT", "1n2", "ANGT"),
        ("4M", "A=GT", "4", "ANGT"),
        ("2M2P1I2M", "ACTGT", "4", "ACGT"),
    ],
)
def test_md_and_cigar_give_the_reference(make_bam, cigar, bases, md, reference):
    path = make_bam(f"a 0 q 11 60 {cigar} * 0 0 {bases} {'I' * len(bases)} MD:Z:{md}")
    fetched = rebuilt(path).fetch("q", 10, 10 + len(reference))
    assert decode(fetched) == reference


def test_positions_without_reads_and_off_the_contig_are_unknown(make_bam):
    reference = rebuilt(make_bam("a 0 q 1 60 4M * 0 0 ACGT IIII MD:Z:4"))
    assert decode(reference.fetch("q", -2, 7)) == "NNACGTNNN"
    assert decode(reference.fetch("q", 998, 1003)) == "NNNNN"


def test_reads_together_cover_what_none_covers_alone(make_bam):
    reference = rebuilt(
        make_bam(
            """a 0 q 11 60 4M * 0 0 ACGT IIII MD:Z:4
            b 0 q 13 60 4M * 0 0 CTAA IIII MD:Z:0G3
            c 16 q 20 60 2M * 0 0 CC II MD:Z:2"""
        )
    )
    assert decode(reference.fetch("q", 10, 21)) == "ACGTAANNNCC"


def test_a_pickled_copy_opens_the_file_anew(make_bam):
    reference = rebuilt(make_bam("a 0 q 1 60 4M * 0 0 ACGT IIII MD:Z:4"))
    copy = pickle.loads(pickle.dumps(reference))
    assert decode(copy.fetch("q", 0, 4)) == "ACGT"
    assert (copy.source, copy.path, copy.length_of) == ("MD tags of x.bam", None, {"q": 1000})


@pytest.mark.parametrize(
    ("tag", "what"),
    [("", "has no MD tag"), ("MD:Z:9", "has an MD tag that does not fit its CIGAR")],
)
def test_a_read_that_cannot_tell_is_named(make_bam, tag, what):
    reference = rebuilt(make_bam(f"a 0 q 11 60 4M * 0 0 ACGT IIII {tag}"))
    with pytest.raises(InputError) as error:
        reference.fetch("q", 0, 100)
    assert str(error.value) == (
        f"read 'a' at q:11 {what}, so the reference cannot be rebuilt from the reads; give the "
        "FASTA with --reference"
    )


def test_a_file_has_md_where_every_read_looked_at_has(make_bam):
    with_tag = "a 0 q 11 60 4M * 0 0 ACGT IIII MD:Z:4"
    without = "b 0 q 12 60 4M * 0 0 ACGT IIII"
    for records, expected in ((with_tag, True), (f"{with_tag}\n{without}", False), ("", False)):
        with open_alignments(make_bam(records)) as alignments:
            assert reads_have_md(alignments) is expected


def test_a_read_of_every_operation_gives_what_pysam_gives(make_bam):
    bases = "TTTACGTACGTACCG"
    path = make_bam(f"a 0 q 11 60 3S5M2D4M1I2M * 0 0 {bases} {'I' * 15} MD:Z:2C2^GG6")
    with pysam.AlignmentFile(str(path)) as file:
        expected = next(file).get_reference_sequence().upper()
    assert decode(rebuilt(path).fetch("q", 10, 23)) == expected

"""Reads that other callers stumble over, drawn as SAM text and read back as arrays."""

import os

import pysam
import pytest

from seqcnn.data.alignments import CorruptRegion, open_alignments
from seqcnn.encoders.dna import encode
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP


def read_back(path, contig="q", start=0, end=1000):
    with open_alignments(path) as alignments:
        return alignments.reads(contig, start, end), alignments.dropped


def operations(reads, row=0):
    words = reads.cigar[reads.cigar_start[row] : reads.cigar_start[row + 1]].tolist()
    return [(word & 15, word >> 4) for word in words]


def test_reads_that_are_no_evidence_are_dropped_and_counted(make_bam):
    flags = {"kept": 0, "secondary": 256, "supplementary": 2048, "duplicate": 1024, "QC-fail": 512}
    records = [f"{name} {flag} q 11 60 4M * 0 0 ACGT IIII" for name, flag in flags.items()]
    records.append("unmapped 4 q 11 0 * * 0 0 ACGT IIII")
    records.append("starred 0 q 11 60 4M * 0 0 * *")
    reads, dropped = read_back(make_bam("\n".join(records)))
    assert reads.start.tolist() == [10]
    assert {name: count for name, count in dropped.items() if count} == dict.fromkeys(
        [*flags, "unmapped", "without sequence"], 1
    )


def test_missing_qualities_are_20_and_counted(make_bam):
    records = "a 0 q 11 60 4M * 0 0 ACGT *\nb 0 q 12 60 2M * 0 0 AC I5"
    reads, dropped = read_back(make_bam(records))
    assert reads.qualities.tolist() == [20, 20, 20, 20, 40, 20]
    assert (dropped["kept"], dropped["without qualities"]) == (2, 1)


def test_an_equals_sign_has_its_own_code_and_iupac_none(make_bam):
    reads, _ = read_back(make_bam("a 0 q 11 60 6M * 0 0 =C=RNA IIIIII"))
    assert reads.bases.tolist() == [5, 1, 5, 4, 4, 0]


def test_equal_and_different_are_joined_to_matches(make_bam):
    reads, _ = read_back(make_bam("a 0 q 11 60 2=1X2=1I1X * 0 0 ACGTACG IIIIIII"))
    assert operations(reads) == [(MATCH, 5), (INSERTION, 1), (MATCH, 1)]


def test_hard_clips_and_padding_are_left_out(make_bam):
    reads, _ = read_back(make_bam("a 0 q 11 60 3H2S2M1P1I2M4H * 0 0 TTACGTA IIIIIII"))
    assert operations(reads) == [(SOFT_CLIP, 2), (MATCH, 2), (INSERTION, 1), (MATCH, 2)]
    assert (reads.start.tolist(), reads.end.tolist()) == ([10], [14])
    assert reads.bases.tolist() == encode("TTACGTA").tolist()


def test_a_skip_and_a_deletion_reach_over_the_reference(make_bam):
    reads, _ = read_back(make_bam("a 0 q 11 60 2M50N2M3D2M * 0 0 ACGTAC IIIIII"))
    assert operations(reads) == [(MATCH, 2), (SKIP, 50), (MATCH, 2), (DELETION, 3), (MATCH, 2)]
    assert reads.end.tolist() == [69]


def test_a_read_of_one_base_and_odd_lengths_keep_their_bases(make_bam):
    records = "a 0 q 11 60 1M * 0 0 G I\nb 0 q 12 60 3M * 0 0 TCA III\nc 0 q 13 60 2M * 0 0 GG II"
    reads, _ = read_back(make_bam(records))
    assert reads.bases.tolist() == encode("GTCAGG").tolist()
    assert reads.base_start.tolist() == [0, 1, 4, 6]


def test_a_read_of_more_than_65535_operations_keeps_them_all(make_bam):
    pairs = 40_000
    bases = "AC" * pairs
    path = make_bam(
        f"a 0 q 11 60 {'1M1I' * pairs} * 0 0 {bases} {'I' * len(bases)}",
        header="@SQ\tSN:q\tLN:100000\n",
    )
    reads, _ = read_back(path)
    found = operations(reads)
    assert len(found) == 80_000
    assert found[:2] == found[-2:] == [(MATCH, 1), (INSERTION, 1)]
    assert reads.end.tolist() == [10 + pairs]


def test_a_contig_over_512_mb_is_read_through_a_csi(make_bam):
    place = 600_000_000
    path = make_bam(
        f"a 0 q {place + 1} 60 4M * 0 0 ACGT IIII", header="@SQ\tSN:q\tLN:700000000\n", index=False
    )
    with open_alignments(path, make_index=True) as alignments:
        reads = alignments.reads("q", place - 10, place + 10)
    assert alignments.spec.index.name == "x.bam.csi"
    assert reads.start.tolist() == [place]


def test_tags_of_every_type_are_stepped_over_to_the_haplotype(make_bam):
    tags = "\t".join(
        [
            "X0:A:c",
            "X1:i:-5",
            "X2:i:300",
            "X3:f:1.5",
            "X4:Z:HP",
            "X5:H:1AE3",
            "X6:B:s,1,2,3",
            "HP:i:2",
        ]
    )
    record = "a 0 q 11 60 4M * 0 0 ACGT IIII".replace(" ", "\t")
    reads, _ = read_back(make_bam(f"{record}\t{tags}"))
    assert reads.haplotype.tolist() == [2]


def test_mates_share_a_fragment_and_others_do_not(make_bam):
    reads, _ = read_back(
        make_bam(
            """a 99 q 11 60 4M = 13 6 ACGT IIII
            b 0 q 12 60 4M * 0 0 ACGT IIII
            a 147 q 13 60 4M = 11 -6 ACGT IIII"""
        )
    )
    first, other, second = reads.fragment.tolist()
    assert first == second != other
    assert reads.template_length.tolist() == [6, 0, -6]


def with_cigar(path, cigar):
    """The second read of a file given another CIGAR; the index stays, as no offset changes."""
    with pysam.AlignmentFile(str(path)) as source:
        reads = list(source)
    reads[1].cigarstring = cigar
    with pysam.AlignmentFile(str(path), "wb", header=reads[0].header) as out:
        for read in reads:
            out.write(read)
    os.utime(f"{path}.bai")
    return path


TWO = "a 0 q 11 60 4M * 0 0 ACGT IIII\nb 0 q 12 60 4M * 0 0 ACGT IIII"


@pytest.mark.parametrize("cigar", ["9M", "2M"])
def test_a_cigar_that_does_not_fit_the_bases_is_damage(make_bam, cigar):
    path = with_cigar(make_bam(TWO), cigar)
    with pytest.raises(CorruptRegion, match="cannot be read at q:1-1,000 "):
        read_back(path)


def test_a_mapped_read_without_cigar_covers_nothing(make_bam):
    reads, _ = read_back(with_cigar(make_bam(TWO), None))
    assert reads.end[reads.start == 11].tolist() in ([], [11])

"""Reads out of BAM and CRAM as arrays, against what pysam says of every read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.data.reads import DROPPED, Decoded, TooManyReads, decode_reads
from seqcnn.encoders.reads import Reads

SHARED = Path(__file__).parents[3] / "shared" / "data" / "variants"
MakeBam = Callable[..., Path]
CODES = {"A": 0, "C": 1, "G": 2, "T": 3, "=": 5}
LONG_HEADER = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:600000000\n"


def decode(path: Path, start: int = 0, end: int = 1000, **wanted: object) -> Decoded:
    with pysam.AlignmentFile(str(path)) as file:
        return decode_reads(file, "q", start, end, **wanted)  # type: ignore[arg-type]


def cigars(reads: Reads) -> list[list[tuple[int, int]]]:
    bounds = zip(reads.cigar_start[:-1], reads.cigar_start[1:], strict=True)
    return [[(int(w & 15), int(w >> 4)) for w in reads.cigar[low:high]] for low, high in bounds]


def usable(path: Path, contig: str, start: int, end: int) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(path)) as file:
        return [r for r in file.fetch(contig, start, end) if not r.flag & 0xF04 and r.query_length]


def joined(read: pysam.AlignedSegment) -> list[tuple[int, int]]:
    """The operations that `Reads` keep: = and X as M, none of H and P, neighbours joined."""
    kept: list[tuple[int, int]] = []
    for operation, length in read.cigartuples or ():
        operation = 0 if operation in (7, 8) else operation
        if operation in (5, 6) or not length:
            continue
        if kept and kept[-1][0] == operation:
            kept[-1] = (operation, kept[-1][1] + length)
        else:
            kept.append((operation, length))
    return kept


def assert_same(reads: Reads, expected: list[pysam.AlignedSegment]) -> None:
    assert reads.start.tolist() == [read.reference_start for read in expected]
    assert reads.end.tolist() == [read.reference_end for read in expected]
    assert reads.flag.tolist() == [read.flag for read in expected]
    assert reads.mapping_quality.tolist() == [read.mapping_quality for read in expected]
    assert reads.template_length.tolist() == [read.template_length for read in expected]
    bases = [CODES.get(letter, 4) for read in expected for letter in str(read.query_sequence)]
    assert reads.bases.tolist() == bases
    absent = pysam.qualitystring_to_array("5")  # 20
    qualities = [
        quality
        for read in expected
        for quality in (read.query_qualities or absent * read.query_length)
    ]
    assert reads.qualities.tolist() == qualities
    assert cigars(reads) == [joined(read) for read in expected]
    tags = [read.get_tag("HP") if read.has_tag("HP") else 0 for read in expected]
    assert reads.haplotype.tolist() == tags
    lengths = [read.query_length for read in expected]
    assert np.diff(reads.base_start).tolist() == lengths
    names: dict[str, int] = {}
    numbers: dict[int, int] = {}
    assert [names.setdefault(str(r.query_name), len(names)) for r in expected] == [
        numbers.setdefault(int(f), len(numbers)) for f in reads.fragment
    ]


@pytest.mark.parametrize(
    ("folder", "contig", "start", "end"),
    [
        ("illumina_NA12878_grch38_chr22_33x", "chr22", 16_700_000, 16_703_000),
        ("illumina_1000G_grch38_chr22_3samples", "chr22", 16_580_000, 16_582_000),
        ("hifi_HG002_grch38_chr20_46x", "chr20", 9_050_000, 9_051_000),
        ("ont_HG002_grch38_chr20_54x", "chr20", 5_060_000, 5_061_000),
    ],
)
def test_real_reads_have_the_attributes_that_pysam_gives(
    folder: str, contig: str, start: int, end: int
) -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    found = sorted((SHARED / folder).glob("*.bam"))
    path = next((p for p in found if "fixedheader" in p.name), found[0])
    with pysam.AlignmentFile(str(path)) as file:
        reads = decode_reads(file, contig, start, end).reads
    expected = usable(path, contig, start, end)
    assert len(expected) > 20
    assert_same(reads, expected)


def test_every_field_of_drawn_reads_is_what_pysam_says(make_bam: MakeBam) -> None:
    path = make_bam("""
        a 99  q 11 60 4M1I3M1D2M = 40 39 ACGTNACGTA ABCDEFGHIJ HP:i:2 NM:i:3
        b 0   q 12 7  3S4=1X2M2S * 0  0  acgtacgtacgt IIIIIIIIIIII ZZ:Z:text BB:B:s,1,2 HP:i:1
        c 16  q 13 0  5H2P4M100N4M3H * 0 0 RYKMACGT *
        d 0   q 14 255 3M2P3M * 0 0 ACG=== IIIIII
        a 147 q 40 60 10M = 11 -39 ACGTNACGTA ABCDEFGHIJ
    """)
    reads = decode(path).reads
    assert_same(reads, usable(path, "q", 0, 1000))
    assert cigars(reads)[1] == [(4, 3), (0, 7), (4, 2)]
    assert cigars(reads)[2] == [(0, 4), (3, 100), (0, 4)]
    assert reads.bases[reads.base_start[3] :][:6].tolist() == [0, 1, 2, 5, 5, 5]
    assert reads.fragment[0] == reads.fragment[4] != reads.fragment[1]


def test_a_read_without_qualities_gets_twenty_and_is_counted(make_bam: MakeBam) -> None:
    decoded = decode(make_bam("a 0 q 11 60 4M * 0 0 ACGT *"))
    assert decoded.reads.qualities.tolist() == [20] * 4
    assert decoded.counts["without qualities"] == decoded.counts["kept"] == 1


def test_dropped_reads_are_counted_by_rule(make_bam: MakeBam) -> None:
    path = make_bam("""
        a 0    q 11 60 4M * 0 0 ACGT IIII
        b 4    q 11 0  *  * 0 0 ACGT IIII
        c 256  q 11 60 4M * 0 0 ACGT IIII
        d 2048 q 11 60 4M * 0 0 ACGT IIII
        e 1024 q 11 60 4M * 0 0 ACGT IIII
        f 512  q 11 60 4M * 0 0 ACGT IIII
        g 0    q 11 60 4M * 0 0 * *
    """)
    decoded = decode(path)
    assert len(decoded.reads.start) == 1
    assert decoded.counts == {
        **dict.fromkeys(DROPPED, 1), "of another sample": 0, "without qualities": 0,
    }  # fmt: skip


def test_only_reads_that_start_in_the_counted_part_are_counted(make_bam: MakeBam) -> None:
    path = make_bam("a 0 q 10 60 4M * 0 0 ACGT IIII\nb 1024 q 11 60 4M * 0 0 ACGT IIII\n"
                    "c 0 q 12 60 4M * 0 0 ACGT IIII")  # fmt: skip
    decoded = decode(path, 11, 1000, counted=(10, 11))
    assert decoded.reads.start.tolist() == [9, 11]
    assert (decoded.counts["kept"], decoded.counts["duplicate"]) == (0, 1)


def test_reads_of_other_read_groups_are_left_out(make_bam: MakeBam) -> None:
    header = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:1000\n" + "".join(
        f"@RG\tID:{name}\tSM:s\n" for name in ("g", "gg", "h")
    )
    path = make_bam(
        """
        a 0 q 11 60 4M * 0 0 ACGT IIII RG:Z:g
        b 0 q 12 60 4M * 0 0 ACGT IIII XX:Z:h RG:Z:gg
        c 0 q 13 60 4M * 0 0 ACGT IIII RG:Z:h
        d 0 q 14 60 4M * 0 0 ACGT IIII
        """,
        header=header,
    )
    decoded = decode(path, read_groups=frozenset({"gg", "h"}))
    assert decoded.reads.start.tolist() == [11, 12]
    assert decoded.counts["of another sample"] == 2
    assert len(decode(path, read_groups=frozenset()).reads.start) == 0
    long_name = frozenset({"g" * 500})
    assert decode(path, read_groups=long_name).counts["of another sample"] == 4
    assert len(decode(path).reads.start) == 4


def test_a_region_without_reads_gives_empty_arrays(make_bam: MakeBam) -> None:
    decoded = decode(make_bam("a 0 q 11 60 4M * 0 0 ACGT IIII"), 500, 600)
    assert len(decoded.reads.start) == 0
    assert decoded.reads.base_start.tolist() == decoded.reads.cigar_start.tolist() == [0]
    assert sum(decoded.counts.values()) == 0


def test_operations_of_no_length_are_left_out(make_bam: MakeBam) -> None:
    path = make_bam("a 0 q 11 60 2M0D2M0I1M0S * 0 0 ACGTA IIIII")
    assert cigars(decode(path).reads) == [[(0, 5)]]


def test_a_read_without_cigar_counts_as_unmapped(make_bam: MakeBam) -> None:
    decoded = decode(make_bam("a 0 q 11 60 * * 0 0 ACGTA IIIII"))
    assert cigars(decoded.reads) == []
    assert decoded.counts["unmapped"] == 1


def test_more_than_65535_operations_are_read_from_the_cg_tag(tmp_path: Path) -> None:
    header = pysam.AlignmentHeader.from_text(LONG_HEADER)
    read = pysam.AlignedSegment(header)
    read.query_name, read.flag, read.reference_id, read.mapping_quality = "a", 0, 0, 60
    read.reference_start = 550_000_000  # beyond what a BAI can index
    read.query_sequence = "ACG" * 35_000
    read.cigartuples = [(0, 2), (1, 1)] * 35_000
    read.query_qualities = pysam.qualitystring_to_array("I" * 105_000)
    read.set_tag("HP", 2)
    path = tmp_path / "long.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        out.write(read)
    pysam.index("-c", str(path))
    with pysam.AlignmentFile(str(path)) as file:
        reads = decode_reads(file, "q", 550_000_000, 550_001_000).reads
    assert cigars(reads) == [[(0, 2), (1, 1)] * 35_000]
    assert (reads.start[0], reads.end[0], reads.haplotype[0]) == (550_000_000, 550_070_000, 2)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("HP:i:1", 1), ("HP:i:255", 255), ("HP:i:70000", 0), ("HP:i:-1", 0), ("HP:Z:1", 0)],
)
def test_a_haplotype_is_a_small_whole_number_or_none(
    make_bam: MakeBam, tag: str, expected: int
) -> None:
    path = make_bam(f"a 0 q 11 60 4M * 0 0 ACGT IIII {tag}")
    assert decode(path).reads.haplotype.tolist() == [expected]


def test_a_cram_gives_the_same_arrays_as_its_bam(make_bam: MakeBam, tmp_path: Path) -> None:
    letters = "".join(np.random.default_rng(5).choice(list("ACGT"), 1000))
    fasta = tmp_path / "q.fa"
    fasta.write_text(f">q\n{letters}\n")
    rows = [
        f"r{i} {16 * (i % 2)} q {i + 1} 60 2S18M * 0 0 TT{letters[i : i + 18]} {'F' * 20} HP:i:1"
        for i in range(300)
    ]
    bam = make_bam("\n".join(rows))
    cram = tmp_path / "x.cram"
    pysam.view("-C", "-T", str(fasta), "-o", str(cram), str(bam), catch_stdout=False)
    pysam.index(str(cram))
    expected = decode(bam, 100, 200)
    with pysam.AlignmentFile(str(cram), reference_filename=str(fasta)) as file:
        found = decode_reads(file, "q", 100, 200)
    assert found.counts == expected.counts
    assert len(found.reads.start) > 100
    for one, other in zip(found.reads, expected.reads, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_reads_of_more_than_one_block_all_arrive(make_bam: MakeBam) -> None:
    rows = [f"read{i:07} 0 q {i // 50 + 1} 60 40M * 0 0 {'ACGT' * 10} *" for i in range(12_000)]
    path = make_bam("\n".join(rows))
    reads = decode(path).reads
    assert len(reads.start) == 12_000
    assert reads.bases.reshape(-1, 4).tolist() == [[0, 1, 2, 3]] * 120_000


def test_too_many_reads_are_refused_where_the_caller_bounds_them(
    make_bam: MakeBam, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_bam("\n".join(f"r{i} 0 q 11 60 40M * 0 0 {'ACGT' * 10} *" for i in range(2000)))
    monkeypatch.setattr("seqcnn.data.reads.MOST_BYTES", 100)
    monkeypatch.setattr("seqcnn.data.reads.BLOCK", 10)
    assert len(decode(path).reads.start) == 2000
    with pytest.raises(TooManyReads):
        decode(path, bounded=True)

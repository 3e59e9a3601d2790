"""Depth, mismatches and gaps of positions: drawn reads, pysam's counts, bcftools's norm."""

import shutil
import subprocess
from array import array
from pathlib import Path

import numpy as np
import pysam
import pytest
from drawn_reads import codes, drawn, parse_cigar, short_cigar

from seqcnn.encoders.evidence import Evidence, collect_evidence, farthest_right, hash_insertion

REFERENCE = "ACGTACGTACGTACGTACGT"
NO_CODES = np.empty(0, np.uint8)


def evidence_of(text: str, reference: str = REFERENCE, start: int = 0, **floors: int) -> Evidence:
    wanted = {"min_mapping_quality": 5, "min_base_quality": 10, **floors}
    return collect_evidence(drawn(text), codes(reference), start, **wanted)


def gaps_of(text: str, reference: str = REFERENCE) -> list[tuple[int, int]]:
    gaps = evidence_of(text, reference).gaps
    return list(zip(gaps.position.tolist(), gaps.length.tolist(), strict=True))


def test_bases_of_quality_10_in_reads_of_mapping_quality_5_count() -> None:
    found = evidence_of(
        """
        a 0 0 5 4M ACGT 10,9,30,30
        b 0 0 4 4M TTTT
        c 0 1 60 4M TGTN
        """
    )
    assert found.depth[:6].tolist() == [1, 1, 2, 2, 0, 0]
    assert found.mismatches[3, 1] == 1
    assert found.mismatches.sum() == 1


def test_clips_insertions_deletions_and_skips_give_no_depth() -> None:
    found = evidence_of("a 0 2 60 2S2M1I2M3D2M4N1M2S TTGTAACGTATT")
    assert np.flatnonzero(found.depth).tolist() == [2, 3, 4, 5, 9, 10, 15]


def test_equal_signs_and_other_letters_are_not_counted() -> None:
    found = evidence_of("a 0 0 60 4M A=RT")
    assert found.depth[:4].tolist() == [1, 0, 0, 1]


def test_reads_over_both_ends_of_the_known_reference_count_inside() -> None:
    found = evidence_of("a 0 0 60 20M " + "C" * 20, REFERENCE[5:9], start=5)
    assert found.depth.tolist() == [1, 1, 1, 1]
    assert found.mismatches[1].tolist() == [0, 1, 1, 1]


def test_depth_and_mismatches_are_those_of_pysam(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    reference = "".join(random.choice(list("ACGT"), 300))
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "q", "LN": 300}]}
    )
    lines, segments = [], []
    for i, start in enumerate(sorted(random.integers(0, 200, 150).tolist())):
        operations = "M" + "".join(random.choice(list("MMMMMMIDNS"), 60)).replace("S", "M") + "M"
        cigar = short_cigar(operations)
        length = sum(n for n, operation in parse_cigar(cigar) if operation in "MIS")
        sequence = "".join(random.choice(list("ACGTN"), length))
        quality = random.integers(0, 41, length)
        mapping = int(random.integers(0, 12))
        written = ",".join(map(str, quality))
        lines.append(f"r{i} 0 {start} {mapping} {cigar} {sequence} {written}")
        read = pysam.AlignedSegment(header)
        read.query_name, read.flag, read.reference_id = f"r{i}", 0, 0
        read.reference_start, read.mapping_quality = start, mapping
        read.query_sequence, read.cigarstring = sequence, cigar
        read.query_qualities = array("B", quality.tolist())
        segments.append(read)
    path = tmp_path / "x.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for read in segments:
            out.write(read)
    pysam.index(str(path))
    with pysam.AlignmentFile(str(path)) as file:
        counted = np.array(
            file.count_coverage(
                "q", 0, 300, quality_threshold=10, read_callback=lambda r: r.mapping_quality >= 5
            )
        )
    found = evidence_of("\n".join(lines), reference)
    np.testing.assert_array_equal(found.depth, counted.sum(axis=0))
    counted[codes(reference), np.arange(300)] = 0
    np.testing.assert_array_equal(found.mismatches, counted)


def test_gaps_are_listed_by_place_length_bases_and_read() -> None:
    gaps = evidence_of(
        """
        a 0 0 60 4M1I4M ACGTTACGT
        b 0 0 60 4M2D4M ACGTGTAC
        c 0 0 60 5M1I3M ACGTACCGT
        d 0 0 60 4M1I4M ACGTTACGT
        e 0 0 60 4M1I4M ACGTGACGT
        """
    ).gaps
    # The inserted T moves before the T it repeats.
    places = list(
        zip(gaps.position.tolist(), gaps.length.tolist(), gaps.read.tolist(), strict=True)
    )
    assert places[:2] == [(2, 1, 0), (2, 1, 3)]
    assert sorted(places[2:]) == [(3, -2, 1), (3, 1, 4), (4, 1, 2)]
    assert gaps.sequence[0] == gaps.sequence[1]
    assert gaps.turn[0] == 1


@pytest.mark.parametrize(
    "line",
    [
        "a 0 0 60 4M1I4M ACGTNACGT",  # a base not known
        "a 0 0 60 4M2I4M ACGTCAACGT 30,30,30,30,9,10,30,30,30,30",  # mean quality below 10
        "a 0 0 60 2I4M CCACGT",  # at the start
        "a 0 4 60 1S2I4M CCCACGT",  # behind a clip
        "a 0 0 60 4M2I1S ACGTCCA",  # before one
        "a 0 0 60 4M1D1S ACGTT",
        "a 0 0 60 4M4N4M ACGTACGT",  # a skip is no deletion
    ],
)
def test_these_gaps_do_not_count(line: str) -> None:
    assert gaps_of(line) == []


def test_an_insertion_counts_by_the_mean_quality_of_its_bases() -> None:
    assert gaps_of("a 0 0 60 4M2I4M ACGTCAACGT 30,30,30,30,8,12,30,30,30,30") == [(3, 2)]


def test_a_deletion_over_letters_that_are_no_base_does_not_count() -> None:
    assert gaps_of("a 0 0 60 4M2D4M ACGTGTAC", "ACGTNCGTACGT") == []
    assert gaps_of("a 0 0 60 4M2D4M ACGTGTAC", "ACGTACGTACGT") == [(3, -2)]


def test_gaps_of_up_to_five_hundred_bases_count() -> None:
    random = np.random.default_rng(2)
    reference = "".join(random.choice(list("ACGT"), 1200))
    for length, expected in ((500, 1), (501, 0)):
        cut = reference[:100] + reference[100 + length : 200 + length]
        assert len(gaps_of(f"a 0 0 60 100M{length}D100M {cut}", reference)) == expected
        more = reference[:100] + "AC" * (length // 2) + "A" * (length % 2) + reference[100:200]
        assert len(gaps_of(f"a 0 0 60 100M{length}I100M {more}", reference)) == expected


def test_a_deletion_beyond_the_known_reference_does_not_count() -> None:
    line = "a 0 0 60 4M4D4M ACGTACGT"
    assert gaps_of(line, "ACGTACGT") == [(0, -4)]
    assert gaps_of(line, "ACGTACG") == []


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not installed")
def test_gaps_lie_where_bcftools_norm_puts_them(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    reference = "".join(random.choice(list("AC"), 400, p=[0.7, 0.3]))
    fasta, vcf = tmp_path / "q.fa", tmp_path / "in.vcf"
    fasta.write_text(f">q\n{reference}\n")
    lines, records = [], []
    for i, at in enumerate(sorted(random.integers(20, 370, 300).tolist())):
        size = int(random.integers(1, 6))
        inserted = "".join(random.choice(list("AC"), size))
        left, right = reference[at - 10 : at], reference[at : at + 20]
        if i % 2:
            lines.append(f"r{i:03} 0 {at - 10} 60 10M{size}I20M {left}{inserted}{right}")
            records.append(f"q\t{at}\tr{i:03}\t{left[-1]}\t{left[-1]}{inserted}\t.\t.\t.")
        else:
            lines.append(f"r{i:03} 0 {at - 10} 60 10M{size}D{20 - size}M {left}{right[size:]}")
            records.append(f"q\t{at}\tr{i:03}\t{left[-1]}{right[:size]}\t{left[-1]}\t.\t.\t.")
    header = "##fileformat=VCFv4.2\n##contig=<ID=q,length=400>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"  # noqa: E501
    vcf.write_text(header + "\n".join(records) + "\n")
    done = subprocess.run(
        ["bcftools", "norm", "-f", str(fasta), str(vcf)], capture_output=True, text=True, check=True
    )
    expected = {}
    for line in done.stdout.splitlines():
        if not line.startswith("#"):
            _, pos, name, ref, alt, *_ = line.split("\t")
            expected[int(name[1:])] = (int(pos) - 1, len(alt) - len(ref), alt[1:])
    text = "\n".join(lines)
    gaps, reads = evidence_of(text, reference).gaps, drawn(text)
    found = {}
    for g in range(len(gaps.read)):
        length, query = int(gaps.length[g]), int(gaps.query[g])
        bases = np.roll(reads.bases[query : query + max(length, 0)], gaps.turn[g])
        if length > 0:
            assert gaps.sequence[g] == np.uint64(hash_insertion(bases, 0))
        text_of = "".join("ACGT"[base] for base in bases)
        found[int(gaps.read[g])] = (int(gaps.position[g]), length, text_of)
    assert found == {i: expected[i] for i in range(300)}


@pytest.mark.parametrize(
    ("reference", "anchor", "length", "inserted", "expected"),
    [
        ("CATTTTGA", 1, 1, "T", 6),  # the first base behind the run
        ("CATTTTGA", 1, -1, "", 5),
        ("CATATAGC", 1, 2, "TA", 6),
        ("CAGGC", 1, 1, "T", 2),
        ("CATTT", 1, 1, "T", 5),  # the run goes on to the end of what is known
    ],
)
def test_a_read_must_reach_behind_what_the_gap_repeats(
    reference: str, anchor: int, length: int, inserted: str, expected: int
) -> None:
    assert farthest_right(codes(reference), anchor, length, codes(inserted)) == expected


def test_no_reads_give_zeros() -> None:
    found = evidence_of("")
    assert (found.depth.sum(), found.mismatches.sum(), len(found.gaps.read)) == (0, 0, 0)

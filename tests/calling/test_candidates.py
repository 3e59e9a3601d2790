"""Candidates of drawn reads: which alleles are found, their records and their counts."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from drawn_reads import codes, drawn

from seqcnn.calling.candidates import Candidates, Thresholds, Wanted, find_candidates
from seqcnn.calling.sites import Site
from seqcnn.encoders.left_align import left_align
from seqcnn.encoders.observations import CONFLICT, OTHER, SECOND

#            0         1         2         3
REFERENCE = "GACTGACCTGATTTTTTGCAGGCATCGATCGGATCCAGTC"
#            0123456789012345678901234567890123456789
FIRST, LAST = 0x41, 0x81


def found(
    text: str,
    reference: str = REFERENCE,
    start: int = 0,
    end: int | None = None,
    wanted: tuple[Wanted, ...] = (),
    reference_start: int = 0,
    **thresholds: float,
) -> Candidates:
    letters = codes(reference)
    reads = left_align(drawn(text), letters, reference_start)
    return find_candidates(
        reads, letters, reference_start, "q", start,
        reference_start + len(letters) if end is None else end,
        Thresholds(**thresholds), wanted,  # type: ignore[arg-type]
    )  # fmt: skip


def copies(line: str, number: int, name: str = "r") -> str:
    return "\n".join(f"{name}{i} {line}" for i in range(number)) + "\n"


def read_with(change: str, *, start: int = 0, end: int = 40, at: int = 0, alt: str = "") -> str:
    """A read with `alt` in place of bases ("X") or before `at` ("I"), or that many cut ("D")."""
    left, size = REFERENCE[start:at], len(alt) if change != "D" else int(alt)
    if change == "":
        return f"0 {start} 60 {end - start}M {REFERENCE[start:end]}"
    if change == "X":
        return f"0 {start} 60 {end - start}M {left}{alt}{REFERENCE[at + size : end]}"
    if change == "I":
        return f"0 {start} 60 {at - start}M{size}I{end - at}M {left}{alt}{REFERENCE[at:end]}"
    right = REFERENCE[at + size : end]
    return f"0 {start} 60 {at - start}M{size}D{end - at - size}M {left}{right}"


PLAIN = read_with("")
SNP = read_with("X", at=4, alt="T")  # G>T


def test_a_substitution_is_a_site_with_its_counts() -> None:
    sites = found(copies(PLAIN, 3, "p") + copies(SNP, 2)).sites
    assert sites == [Site("q", 4, "G", ("T",), 5, (3, 2))]


@pytest.mark.parametrize(
    ("alt", "others", "candidate"),
    [(1, 0, False), (2, 0, True), (2, 14, True), (2, 15, False), (3, 22, True), (3, 23, False)],
)
def test_a_substitution_wants_two_reads_and_twelve_percent(
    alt: int, others: int, candidate: bool
) -> None:
    sites = found(copies(SNP, alt) + copies(PLAIN, others, "p")).sites
    assert bool(sites) is candidate


@pytest.mark.parametrize(
    ("alt", "others", "candidate"),
    [(1, 0, False), (2, 0, True), (2, 31, True), (2, 32, False), (3, 47, True), (3, 48, False)],
)
def test_an_indel_wants_two_reads_and_six_percent(alt: int, others: int, candidate: bool) -> None:
    deleted = read_with("D", at=25, alt="2")
    sites = found(copies(deleted, alt) + copies(PLAIN, others, "p")).sites
    assert bool(sites) is candidate


def test_thresholds_can_be_set() -> None:
    text = copies(SNP, 1) + copies(PLAIN, 9, "p")
    assert found(text).sites == []
    assert len(found(text, min_count_snp=1, min_fraction_snp=0.1).sites) == 1
    assert found(text, min_count_snp=1, min_fraction_snp=0.11).sites == []


def test_a_base_quality_below_10_and_a_mapping_quality_below_5_do_not_count() -> None:
    low = SNP.replace(" 60 ", " 4 ")
    assert found(copies(low, 5) + copies(PLAIN, 3, "p")).sites == []
    assert found(copies(f"{SNP} 9", 5) + copies(PLAIN, 3, "p")).sites == []
    enough = copies(f"{SNP.replace(' 60 ', ' 5 ')} 10", 2)
    assert found(enough).sites == [Site("q", 4, "G", ("T",), 2, (0, 2))]


def test_overlapping_mates_count_once() -> None:
    def mates(line: str, other: str, name: str, quality: int = 30) -> str:
        one, two = (text.removeprefix("0 ") for text in (line, other))
        return f"{name} {FIRST} {one}\n{name} {LAST} {two} {quality}\n"

    assert found(mates(SNP, SNP, "a") + copies(PLAIN, 1, "p")).sites == []
    both = mates(SNP, SNP, "a") + mates(SNP, SNP, "b") + mates(PLAIN, PLAIN, "c")
    assert found(both).sites == [Site("q", 4, "G", ("T",), 3, (1, 2))]
    # Mates that disagree count for nothing, a base of low quality leaves the other's.
    mixed = both + mates(SNP, PLAIN, "d") + mates(SNP, PLAIN, "e", quality=9)
    candidates = found(mixed)
    assert candidates.sites == [Site("q", 4, "G", ("T",), 4, (1, 3))]
    assert sorted(candidates.observations.counted.tolist()) == sorted(
        [CONFLICT] * 2 + [SECOND] * 4 + [0, 1, 1, 1]
    )


def test_an_insertion_is_counted_wherever_its_reads_place_it() -> None:
    # A T more in T(11..17): placed before, inside or behind the run.
    text = "".join(
        copies(read_with("I", at=at, alt="T"), 2, f"i{at}-") for at in (11, 14, 17)
    ) + copies(PLAIN, 3, "p")
    assert found(text).sites == [Site("q", 10, "A", ("AT",), 9, (3, 6))]


def test_an_insertion_of_several_bases_is_written_as_it_stands_at_its_leftmost_place() -> None:
    # GCAGG at 17: CAG behind G, or behind GCAG, make the same haplotype.
    before, behind = read_with("I", at=18, alt="CAG"), read_with("I", at=21, alt="CAG")
    sites = found(copies(before, 2, "a") + copies(behind, 2, "b")).sites
    assert sites == [Site("q", 16, "T", ("TGCA",), 4, (0, 4))]


def test_a_read_that_ends_inside_the_repeat_is_no_reference_for_its_indel() -> None:
    deleted = read_with("D", at=11, alt="1")
    short = "".join(copies(read_with("", end=end), 1, f"s{end}-") for end in (13, 15, 16, 17))
    longer = copies(read_with("", end=18), 1, "l")
    sites = found(copies(deleted, 2) + short + longer).sites
    # REFERENCE[11:17] is T: without one T, G comes at 16.
    assert sites == [Site("q", 10, "AT", ("A",), 4, (2, 2))]


def test_deletions_over_a_substitution_are_in_its_depth_as_something_else() -> None:
    deleted = read_with("D", at=3, alt="3")
    candidates = found(copies(deleted, 3, "d") + copies(SNP, 3) + copies(PLAIN, 2, "p"))
    assert candidates.sites == [
        Site("q", 2, "CTGA", ("C",), 8, (5, 3)),
        Site("q", 4, "G", ("T",), 8, (2, 3)),
    ]
    last = candidates.observations.first
    assert candidates.observations.counted[last[1] : last[2]].tolist().count(OTHER) == 3


def test_alleles_of_one_anchor_make_one_record_by_support() -> None:
    text = (
        copies(read_with("X", at=24, alt="G"), 2, "x")  # T>G
        + copies(read_with("D", at=25, alt="2"), 3, "d")
        + copies(read_with("I", at=25, alt="AA"), 4, "i")
        + copies(PLAIN, 1, "p")
    )
    candidates = found(text)
    assert candidates.sites == [Site("q", 24, "TCG", ("TAACG", "T", "GCG"), 10, (1, 4, 3, 2))]
    assert candidates.inserted.tolist() == [2]
    assert sorted(candidates.observations.counted.tolist()) == [0, *[1] * 4, *[2] * 3, *[3] * 2]


def test_alleles_of_equal_support_are_in_the_order_of_their_text() -> None:
    text = copies(read_with("X", at=4, alt="T"), 2, "t") + copies(read_with("X", at=4, alt="A"), 2)
    assert found(text).sites == [Site("q", 4, "G", ("A", "T"), 4, (0, 2, 2))]


def test_an_allele_below_its_threshold_is_left_out_of_the_record() -> None:
    text = copies(SNP, 9) + copies(read_with("X", at=4, alt="A"), 1, "a") + copies(PLAIN, 9, "p")
    candidates = found(text)
    assert candidates.sites == [Site("q", 4, "G", ("T",), 19, (9, 9))]
    assert candidates.observations.counted.tolist().count(OTHER) == 1


def test_positions_without_a_reference_base_are_never_candidates() -> None:
    for letter in "NRn":
        reference = REFERENCE[:4] + letter + REFERENCE[5:]
        deleted = copies(read_with("D", at=5, alt="2"), 3, "d")
        across = copies(read_with("D", at=3, alt="3"), 3, "e")
        assert found(copies(SNP, 3) + deleted + across, reference).sites == []
    assert len(found(copies(SNP, 3), REFERENCE.lower()).sites) == 1


def test_bases_not_known_in_reads_are_no_alleles() -> None:
    assert found(copies(read_with("X", at=4, alt="N"), 5)).sites == []


def test_the_first_and_the_last_base_of_a_contig_are_called() -> None:
    first = copies(read_with("X", at=0, alt="T"), 2)
    last = copies(read_with("X", at=39, alt="A"), 2, "l")
    assert [site[1:4] for site in found(first + last).sites] == [
        (0, "G", ("T",)),
        (39, "C", ("A",)),
    ]
    # An insertion needs a base before it, and bases behind.
    assert found(copies(read_with("I", at=1, alt="T"), 2)).sites[0][1:4] == (0, "G", ("GT",))
    assert found(copies("0 0 60 2I40M TT" + REFERENCE, 3)).sites == []


def test_only_anchors_inside_the_region_are_found() -> None:
    text = copies(SNP, 2)
    assert found(text, start=4, end=5).sites != []
    assert found(text, start=5, end=40).sites == []
    assert found(text, start=0, end=4).sites == []


def test_positions_are_those_of_the_contig() -> None:
    text = copies(SNP.replace("0 0 60", "0 1000 60"), 2)
    sites = found(text, reference_start=1000, start=1002, end=1030).sites
    assert sites == [Site("q", 1004, "G", ("T",), 2, (0, 2))]


def test_skips_and_clips_show_nothing() -> None:
    line = f"0 0 60 3M10N10M5S {REFERENCE[:3]}{REFERENCE[13:23]}AAAAA"
    assert found(copies(line, 5)).sites == []


def test_without_reads_there_are_no_candidates() -> None:
    candidates = found("")
    assert candidates.sites == []
    assert candidates.observations.first.tolist() == [0]
    assert len(candidates.inserted) == len(candidates.positions) == 0


def test_one_read_is_never_enough() -> None:
    assert found(copies(SNP, 1)).sites == []


def test_a_wanted_allele_is_there_without_any_read() -> None:
    wanted = (Wanted(4, "G", "T"), Wanted(10, "A", "AT"), Wanted(24, "TCG", "T"))
    sites = found("", wanted=wanted).sites
    assert sites == [
        Site("q", 4, "G", ("T",), 0, (0, 0)),
        Site("q", 10, "A", ("AT",), 0, (0, 0)),
        Site("q", 24, "TCG", ("T",), 0, (0, 0)),
    ]


def test_a_wanted_allele_joins_those_that_the_reads_show() -> None:
    sites = found(
        copies(SNP, 2) + copies(PLAIN, 2, "p"), wanted=(Wanted(4, "G", "T"), Wanted(4, "G", "C"))
    ).sites
    assert sites == [Site("q", 4, "G", ("T", "C"), 4, (2, 2, 0))]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(15, "TT", "T"), [(10, "AT", ("A",))]),
        (Wanted(8, "TGATTTTTTG", "TGATTTTTG"), [(10, "AT", ("A",))]),
        (Wanted(16, "T", "TTT"), [(10, "A", ("ATT",))]),
        (Wanted(11, "T", "TT"), [(10, "A", ("AT",))]),
        (Wanted(3, "TGA", "TTA"), [(4, "G", ("T",))]),
        (Wanted(3, "tga", "tta"), [(4, "G", ("T",))]),
        # Several bases: one site each; a change of length with one: an indel beside it.
        (Wanted(3, "TGA", "CGC"), [(3, "T", ("C",)), (5, "A", ("C",))]),
        (Wanted(24, "TCG", "A"), [(24, "TCG", ("ACG", "T"))]),
        # Nothing to look at.
        (Wanted(4, "G", "G"), []),
        (Wanted(4, "G", "N"), []),
        (Wanted(4, "G", "R"), []),
        (Wanted(39, "CA", "C"), []),
        (Wanted(40, "A", "C"), []),
        (Wanted(400, "A", "AC"), []),
        (Wanted(-3, "A", "AC"), []),
        (Wanted(4, "G", "G" + "ACCT" * 126), []),
    ],
)
def test_a_wanted_allele_is_looked_at_where_reads_show_it(
    wanted: Wanted, expected: list[tuple[int, str, tuple[str, ...]]]
) -> None:
    assert [site[1:4] for site in found("", wanted=(wanted,)).sites] == expected


def test_a_wanted_allele_outside_the_region_after_its_move_is_left_to_that_region() -> None:
    wanted = (Wanted(15, "TT", "T"),)
    assert found("", wanted=wanted, start=12, end=40).sites == []
    assert len(found("", wanted=wanted, start=0, end=12).sites) == 1


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not installed")
def test_records_are_left_aligned_and_fit_the_reference(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    reference = "G" + "".join(random.choice(list("AC"), 300, p=[0.7, 0.3]))
    lines = []
    for at in range(20, 270, 12):
        size = int(random.integers(1, 4))
        inserted = "".join(random.choice(list("AC"), size))
        for copy in range(2):
            lines.append(
                f"i{at}-{copy} 0 {at - 19} 60 19M{size}I20M "
                f"{reference[at - 19 : at]}{inserted}{reference[at : at + 20]}"
            )
            lines.append(
                f"d{at}-{copy} 0 {at - 13} 60 19M{size}D20M "
                f"{reference[at - 13 : at + 6]}{reference[at + 6 + size : at + 26 + size]}"
            )
    sites = found("\n".join(lines), reference).sites
    assert len(sites) > 20
    fasta, vcf = tmp_path / "q.fa", tmp_path / "x.vcf"
    fasta.write_text(f">q\n{reference}\n")
    header = "##fileformat=VCFv4.2\n##contig=<ID=q,length=301>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL"
    rows = [f"q\t{s.pos + 1}\t.\t{s.ref}\t{','.join(s.alts)}\t.\t.\t." for s in sites]
    vcf.write_text("\n".join([f"{header}\tFILTER\tINFO", *rows]) + "\n")
    done = subprocess.run(
        ["bcftools", "norm", "--check-ref", "e", "-f", str(fasta), str(vcf)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert kept == rows

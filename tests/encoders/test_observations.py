"""What reads show at sites: drawn fragments, and a walk over bases in plain Python."""

import numpy as np
import pytest
from drawn_reads import codes, drawn, parse_cigar, short_cigar

from seqcnn.encoders.observations import (
    CONFLICT,
    OTHER,
    SECOND,
    UNKNOWN,
    Alleles,
    Observations,
    observe,
)

REFERENCE = "ACGTACGTACGTACGTACGT"
NONE = np.empty(0, np.int64)
FIRST, LAST = 0x41, 0x81  # paired, first and second read


def snp_sites(*sites: tuple[int, str], reference: str = REFERENCE) -> Alleles:
    """One substitution a site: (position, base)."""
    position = np.array([at for at, _ in sites], np.int64)
    return Alleles(
        position=position,
        reference=codes(reference)[position],
        first=np.arange(len(sites) + 1, dtype=np.int64),
        base=codes("".join(base for _, base in sites)).astype(np.int8),
        length=np.zeros(len(sites), np.int64),
        sequence=np.zeros(len(sites), np.uint64),
        reach=np.zeros(len(sites), np.int64),
    )


def gap_site(position: int, length: int, reach: int) -> Alleles:
    return Alleles(
        position=np.array([position], np.int64),
        reference=codes(REFERENCE)[[position]],
        first=np.array([0, 1], np.int64),
        base=np.array([-1], np.int8),
        length=np.array([length], np.int64),
        sequence=np.zeros(1, np.uint64),
        reach=np.array([reach], np.int64),
    )


def seen(
    text: str, alleles: Alleles, *gaps: tuple[int, int, int], mapping: int = 5, base: int = 10
) -> Observations:
    """`gaps` are (site, read, allele)."""
    columns = np.array(gaps, np.int64).reshape(-1, 3).T
    return observe(
        drawn(text), alleles, *columns, min_mapping_quality=mapping, min_base_quality=base
    )


def test_a_read_shows_the_reference_the_allele_or_something_else() -> None:
    found = seen(
        """
        a 0 0 60 8M ACGTACGT
        b 0 0 60 8M ACTTACGT
        c 0 0 60 8M ACCTACGT
        d 0 0 60 8M ACNTACGT
        e 0 0 60 8M AC=TACGT
        """,
        snp_sites((2, "T")),
    )
    assert found.allele.tolist() == [0, 1, OTHER, UNKNOWN, UNKNOWN]
    assert found.counted.tolist() == found.allele.tolist()
    assert found.read.tolist() == [0, 1, 2, 3, 4]


def test_a_base_of_quality_10_counts_and_a_read_of_mapping_quality_5() -> None:
    found = seen(
        """
        a 0 0 60 3M ACT 30,30,10
        b 0 0 60 3M ACT 30,30,9
        c 0 0 5 3M ACT
        d 0 0 4 3M ACT
        """,
        snp_sites((2, "T")),
    )
    assert found.read.tolist() == [0, 1, 2]
    assert found.counted.tolist() == [1, UNKNOWN, 1]


def test_places_within_the_read_lead_to_its_base() -> None:
    alleles = snp_sites((3, "A"), (6, "A"), (9, "A"), (15, "A"))
    found = seen("a 0 2 60 2S2M1I2M2D4M3N2M AAGTCACACGTTT", alleles)
    reads = drawn("a 0 2 60 2S2M1I2M2D4M3N2M AAGTCACACGTTT")
    assert found.first.tolist() == [0, 1, 2, 3, 4]
    operation = [int(reads.cigar[c] & 15) for c in found.operation]
    assert operation == [0, 2, 0, 0]
    assert found.offset.tolist() == [1, 0, 1, 0]
    # T of the read at 3; the base after the deletion at 6; then C at 9.
    assert found.query.tolist() == [3, 7, 8, 11]
    assert found.allele.tolist() == [0, OTHER, 0, 0]


def test_a_skip_shows_nothing() -> None:
    alleles = snp_sites((1, "T"), (5, "T"), (9, "T"))
    found = seen("a 0 0 60 4M4N4M ACGTACGT", alleles)
    assert found.first.tolist() == [0, 1, 1, 2]


def test_the_first_and_last_base_of_a_read_are_over_a_site() -> None:
    alleles = snp_sites((2, "T"), (5, "T"))
    found = seen("a 0 2 60 4M GTAC\nb 0 3 60 2M TA\nc 0 6 60 2M GT", alleles)
    assert found.read.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("ACT 30", "ACT 20", [1, SECOND]),
        ("ACT 20", "ACT 30", [SECOND, 1]),
        ("ACT 30", "ACT 30", [1, SECOND]),
        ("ACG 30", "ACG 30", [0, SECOND]),
        ("ACG 30", "ACT 30", [CONFLICT, CONFLICT]),
        ("ACG 30", "ACC 30", [CONFLICT, CONFLICT]),
        ("ACG 9", "ACT 30", [SECOND, 1]),
        ("ACT 30", "ACG 9", [1, SECOND]),
        ("ACG 9", "ACT 9", [UNKNOWN, SECOND]),
    ],
)
def test_mates_over_one_site_count_once(first: str, second: str, expected: list[int]) -> None:
    text = f"a {FIRST} 0 60 3M {first}\na {LAST} 0 60 3M {second}\nb 0 0 60 3M ACG"
    found = seen(text, snp_sites((2, "T")))
    assert found.counted.tolist() == [*expected, 0]


def test_reads_of_one_name_that_are_no_mates_count_each() -> None:
    text = "a 0 0 60 3M ACT\na 0 0 60 3M ACT\na 0 0 60 3M ACT"
    assert seen(text, snp_sites((2, "T"))).counted.tolist() == [1, 1, 1]


def test_mates_of_which_one_is_over_the_site_count() -> None:
    text = f"a {FIRST} 0 60 3M ACT\na {LAST} 3 60 3M TAC"
    assert seen(text, snp_sites((2, "T"), (3, "A"))).counted.tolist() == [1, 0]


def test_a_gap_of_the_read_is_its_allele() -> None:
    text = "a 0 0 60 4M1D4M ACGTCGTA\nb 0 0 60 8M ACGTACGT\nc 0 0 60 4M2D4M ACGTGTAC"
    found = seen(text, gap_site(3, -1, 5), (0, 0, 1), (0, 2, OTHER))
    assert found.allele.tolist() == [1, 0, OTHER]


def test_a_read_that_ends_where_the_gap_cannot_show_is_no_evidence_for_the_reference() -> None:
    text = "\n".join(f"r{n} 0 0 60 {n}M {REFERENCE[:n]}" for n in (6, 7, 8))
    found = seen(text, gap_site(3, -1, 7))
    assert found.allele.tolist() == [UNKNOWN, UNKNOWN, 0]


def test_a_soft_clip_does_not_make_a_read_reach_farther() -> None:
    found = seen(f"a 0 0 60 7M5S {REFERENCE[:12]}", gap_site(3, -1, 7))
    assert found.allele.tolist() == [UNKNOWN]


def test_neither_reads_nor_sites_are_no_trouble() -> None:
    assert seen("", snp_sites((2, "T"))).first.tolist() == [0, 0]
    empty = seen("a 0 0 60 3M ACT", snp_sites())
    assert (empty.first.tolist(), len(empty.read)) == ([0], 0)
    assert len(seen("", snp_sites()).read) == 0


def test_random_reads_show_what_a_walk_in_plain_python_finds() -> None:
    random = np.random.default_rng(7)
    reference = "".join(random.choice(list("ACGT"), 120))
    sites = sorted(random.choice(120, 30, replace=False).tolist())
    alts = ["ACGT"["ACGT".index(reference[at]) - 1] for at in sites]
    rows, expected = [], []
    for i, start in enumerate(sorted(random.integers(0, 70, 80).tolist())):
        operations = "M" + "".join(random.choice(list("MMMMMMMIDN"), 48)) + "M"
        sequence, letters, at = "", {}, start
        for operation in operations:
            if operation in "MI":
                sequence += (
                    reference[at % 120] if random.random() < 0.5 else random.choice(list("ACGTN"))
                )
            if operation == "M":
                letters[at] = sequence[-1]
            elif operation == "D":
                letters[at] = "-"
            at += operation in "MDN"
        cigar = short_cigar(operations)
        assert sum(n for n, o in parse_cigar(cigar) if o in "MI") == len(sequence)
        rows.append(f"r{i} 0 {start} 60 {cigar} {sequence}")
        for site, alt in zip(sites, alts, strict=True):
            if site in letters:
                shown = {reference[site]: 0, alt: 1, "N": UNKNOWN}.get(letters[site], OTHER)
                expected.append((site, i, shown))
    alleles = snp_sites(*zip(sites, alts, strict=True), reference=reference)
    found = seen("\n".join(rows), alleles)
    site_of = np.repeat(sites, np.diff(found.first))
    got = list(zip(site_of.tolist(), found.read.tolist(), found.allele.tolist(), strict=True))
    assert got == sorted(expected)

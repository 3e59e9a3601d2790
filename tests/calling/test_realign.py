"""Reads are drawn as SAM would have them: start, CIGAR, bases."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from seqcnn.calling.realign import REACH, RealignSettings, realign
from seqcnn.encoders.dna import decode, encode
from seqcnn.encoders.reads import Reads

#            0         1         2         3         4         5         6         7
REFERENCE = (
    "GATTACAGCCTGAAGTCCATGTGACTCGGATACCTTGCAGAAAAAATCGTCCGATGGTACTTCAAGCGTA"
    "CTGGCTAACGGATTCGTACCATGCTTAGACCGTGATCCTAGGCATTCAGGTACGCTGATCTACGGACTTC"
)
OPERATIONS = "MIDNS"
Row = tuple[int, str, str]


def draw(rows: Sequence[Row], quality: int = 35, mapping_quality: int = 60) -> Reads:
    """Reads from (start, CIGAR, bases), each a fragment of its own."""
    parsed = [
        [int(n) << 4 | OPERATIONS.index(kind) for n, kind in re.findall(r"(\d+)([MIDNS])", cigar)]
        for _, cigar, _ in rows
    ]
    span = [sum(word >> 4 for word in words if word & 15 in (0, 2, 3)) for words in parsed]
    start = np.array([row[0] for row in rows], np.int64)
    count = len(rows)
    bases = encode("".join(row[2] for row in rows)).astype(np.uint8)
    return Reads(
        start=start,
        end=start + np.array(span, np.int64),
        flag=np.zeros(count, np.uint16),
        mapping_quality=np.full(count, mapping_quality, np.uint8),
        template_length=np.zeros(count, np.int32),
        fragment=np.arange(count, dtype=np.uint64),
        haplotype=np.zeros(count, np.uint8),
        base_start=np.cumsum([0] + [len(row[2]) for row in rows]).astype(np.int64),
        bases=bases,
        qualities=np.full(len(bases), quality, np.uint8),
        cigar_start=np.cumsum([0] + [len(words) for words in parsed]).astype(np.int64),
        cigar=np.array([word for words in parsed for word in words], np.uint32),
    )


def shown(reads: Reads) -> list[tuple[int, int, str]]:
    """Fragment, start and CIGAR of each read."""
    rows = []
    for i in range(len(reads.start)):
        words = reads.cigar[reads.cigar_start[i] : reads.cigar_start[i + 1]].tolist()
        cigar = "".join(f"{word >> 4}{OPERATIONS[word & 15]}" for word in words)
        rows.append((int(reads.fragment[i]), int(reads.start[i]), cigar))
    return rows


def placed(rows: Sequence[Row], reference: str = REFERENCE) -> dict[int, tuple[int, str]]:
    """Start and CIGAR after realignment, by the number of the row."""
    realigned = realign(draw(rows), encode(reference).astype(np.uint8), 0)
    return {fragment: (start, cigar) for fragment, start, cigar in shown(realigned)}


def with_insertion(anchor: int, inserted: str) -> str:
    return REFERENCE[: anchor + 1] + inserted + REFERENCE[anchor + 1 :]


def with_deletion(anchor: int, length: int) -> str:
    return REFERENCE[: anchor + 1] + REFERENCE[anchor + 1 + length :]


def test_insertion_at_the_end_of_a_read_replaces_its_mismatches() -> None:
    carrier = with_insertion(59, "GG")
    rows = [
        (20, "40M2I18M", carrier[20:80]),
        (21, "39M2I19M", carrier[21:81]),
        (22, "42M", carrier[22:64]),  # TA GG CT, aligned over TA CT TC
    ]
    assert placed(rows)[2] == (22, "38M2I2M")


def test_insertion_at_the_start_of_a_read_moves_the_start() -> None:
    carrier = with_insertion(59, "GG")
    rows = [
        (20, "40M2I18M", carrier[20:80]),
        (21, "39M2I19M", carrier[21:81]),
        (56, "42M", carrier[58:100]),
    ]
    assert placed(rows)[2] == (58, "2M2I38M")


def test_read_that_ends_within_an_insertion_is_clipped_there() -> None:
    carrier = with_insertion(59, "GGTTGG")
    rows = [
        (10, "50M6I14M", carrier[10:80]),
        (11, "49M6I15M", carrier[11:81]),
        (22, "41M", carrier[22:63]),
    ]
    assert placed(rows)[2] == (22, "38M3S")


def test_deletion_in_a_homopolymer_is_at_its_left_in_all_reads() -> None:
    carrier = with_deletion(39, 2)  # of the six A from 40 on
    rows = [
        (20, "20M2D30M", carrier[20:70]),
        (21, "19M2D31M", carrier[21:71]),
        (22, "22M2D26M", carrier[22:70]),  # in the right half of the run
        (23, "23M", carrier[23:46]),  # ends two bases past it: AAAATC over AAAAAA
        (46, "30M", REFERENCE[46:76]),  # starts behind it
    ]
    cigars = placed(rows)
    assert cigars[2] == (22, "18M2D30M")
    assert cigars[3] == (23, "17M2D6M")
    assert cigars[4] == (46, "30M")


def test_two_gaps_on_one_haplotype_are_both_found_in_a_plain_read() -> None:
    carrier = REFERENCE[:61] + REFERENCE[64:71] + "GG" + REFERENCE[71:]
    rows = [
        (20, "41M3D7M2I30M", carrier[20:100]),
        (21, "40M3D7M2I31M", carrier[21:101]),
        (30, "31M3D7M3S", carrier[30:71]),
        (28, "45M", carrier[28:73]),
    ]
    rows.sort(key=lambda row: row[0])
    cigars = placed(rows)
    assert cigars[2] == (28, "33M3D7M2I3M")
    assert cigars[3] == (30, "31M3D7M2I1M")


def test_each_read_takes_the_allele_of_its_own_haplotype() -> None:
    longer, shorter = with_insertion(59, "GG"), with_deletion(59, 4)
    rows = [
        (20, "40M2I18M", longer[20:80]),
        (20, "40M4D20M", shorter[20:80]),
        (21, "39M2I19M", longer[21:81]),
        (21, "39M4D21M", shorter[21:81]),
        (22, "42M", longer[22:64]),
        (22, "42M", shorter[22:64]),
    ]
    cigars = placed(rows)
    assert cigars[4] == (22, "38M2I2M")
    assert cigars[5] == (22, "38M4D4M")


def test_insertion_too_long_for_gaps_is_found_in_the_clips_of_both_sides() -> None:
    inserted = "ACCATTGACGTTAGGCACTGTTCAGCATGG"
    carrier = with_insertion(69, inserted)
    rows = [
        (20, "50M20S", carrier[20:90]),
        (25, "45M25S", carrier[25:95]),
        (70, "25S40M", carrier[75:140]),
        (70, "20S45M", carrier[80:145]),
        (40, "30M50S", carrier[40:120]),
    ]
    rows.sort(key=lambda row: row[0])
    cigars = placed(rows)
    assert cigars[2] == (40, "30M30I20M")
    assert cigars[0] == (20, "50M20S")  # reads that end within it show no more than before
    assert cigars[3] == (70, "25S40M")


def test_deletion_too_long_for_gaps_is_found_in_clips() -> None:
    carrier = with_deletion(60, 40)
    rows = [
        (20, "41M19S", carrier[20:80]),
        (22, "39M21S", carrier[22:82]),
        (101, "20S30M", carrier[41:91]),
    ]
    cigars = placed(rows)
    assert cigars[0] == (20, "41M40D19M")
    assert cigars[1] == (22, "39M40D21M")
    assert cigars[2] == (41, "20M40D30M")


def test_insertion_longer_than_the_clips_is_joined_from_both_sides() -> None:
    inserted = "ACCATTGACGTTAGGCACTGTTCAGCATGGCATATCCGGATAGTTCG"  # 47
    carrier = with_insertion(69, inserted)
    rows = [
        (20, "50M33S", carrier[20:103]),
        (25, "45M33S", carrier[25:103]),
        (70, "33S40M", carrier[84:157]),
        (70, "33S41M", carrier[84:158]),
        (60, "10M57S", carrier[60:127]),
    ]
    rows.sort(key=lambda row: row[0])
    assert placed(rows)[2] == (60, "10M47I10M")


def test_tandem_duplication_is_found_in_clips_that_go_back() -> None:
    carrier = REFERENCE[:101] + REFERENCE[61:101] + REFERENCE[101:]
    rows = [
        (30, "71M60S", carrier[30:161]),
        (50, "51M20S", carrier[50:121]),
        (55, "46M20S", carrier[55:121]),
    ]
    cigars = placed(rows)
    assert cigars[0] == (30, "31M40I60M")  # left-aligned, the copy comes first
    assert cigars[1] == (50, "11M40I20M")


def test_substitution_at_the_end_of_a_read_stays_where_many_reads_show_it() -> None:
    # Next to a deletion of the other haplotype that would explain the last base as well.
    deleted = with_deletion(59, 3)
    other = REFERENCE[:60] + REFERENCE[63] + REFERENCE[61:]
    rows = [(20, "40M3D20M", deleted[20:80]), (21, "39M3D21M", deleted[21:81])]
    rows += [(30 + k, "50M", other[30 + k : 80 + k]) for k in range(4)]
    rows.append((34, "27M", other[34:61]))
    assert placed(rows)[6] == (34, "27M")


def test_reads_that_fit_come_back_as_the_same_arrays() -> None:
    carrier = with_insertion(59, "GG")
    fitting = [(20, "40M2I18M", carrier[20:80]), (25, "50M", REFERENCE[25:75])]
    reads = draw(fitting)
    assert realign(reads, encode(REFERENCE).astype(np.uint8), 0) is reads


@pytest.mark.parametrize("mapping_quality, cigar", [(60, "38M2I2M"), (9, "42M")])
def test_reads_that_map_badly_are_no_evidence(mapping_quality: int, cigar: str) -> None:
    carrier = with_insertion(59, "GG")
    rows = [
        (20, "40M2I18M", carrier[20:80]),
        (21, "39M2I19M", carrier[21:81]),
        (22, "42M", carrier[22:64]),
    ]
    reads = draw(rows, mapping_quality=mapping_quality)
    assert shown(realign(reads, encode(REFERENCE).astype(np.uint8), 0))[2][2] == cigar


def test_long_reads_and_spliced_reads_stay_as_they_are() -> None:
    carrier = with_insertion(59, "GG")
    rows = [
        (20, "40M2I18M", carrier[20:80]),
        (21, "39M2I19M", carrier[21:81]),
        (22, "42M", carrier[22:64]),
        (22, "10M5N27M", carrier[22:32] + carrier[37:64]),
    ]
    assert placed(rows)[3] == (22, "10M5N27M")
    reads = draw(rows[:3])
    codes = encode(REFERENCE).astype(np.uint8)
    assert realign(reads, codes, 0, settings=RealignSettings(longest_read=41)) is reads


def test_no_read_grows_over_the_end_of_the_contig() -> None:
    # The deletion would put the first base of the last read before the contig's start.
    reference = "N" * 20 + REFERENCE
    rows = [
        (20, "4M3D40M", REFERENCE[:4] + REFERENCE[7:47]),
        (20, "4M3D41M", REFERENCE[:4] + REFERENCE[7:48]),
        (27, "8S40M", "CCCC" + REFERENCE[:4] + REFERENCE[7:47]),
    ]
    assert placed(rows, reference)[2] == (20, "4S4M3D40M")


def genome(length: int) -> tuple[str, list[Row]]:
    """A random contig with indels on one of two haplotypes, and reads as an aligner shows them.

    Gaps within 12 bases of a read's end are seen as mismatches; some are clipped.
    """
    random = np.random.default_rng(5)
    codes = random.choice(list("ACGT"), length)
    for at in range(100, length - 100, 90):
        codes[at : at + 8] = random.choice(list("AC"))
    reference = "".join(codes)
    gaps = []
    for at in range(150, length - 150, 60):
        size = int(random.integers(1, 8))
        if random.random() < 0.5:
            gaps.append((at, 0, "".join(random.choice(list("ACGT"), size))))
        else:
            gaps.append((at, size, ""))
    rows = []
    for start in sorted(random.integers(0, length - 200, length // 4).tolist()):
        size = 100
        rows.append(_aligned(reference, start, size, gaps if random.random() < 0.5 else []))
    return reference, rows


def _aligned(reference: str, start: int, size: int, gaps: list[tuple[int, int, str]]) -> Row:
    bases, cigar, at = "", "", start
    for anchor, deleted, inserted in gaps:
        room = size - len(bases) - (anchor - at)
        if anchor - start < 1 or room < 1:
            continue
        if cigar and room - len(inserted) < 1:
            break
        near = not cigar and (anchor - start < 12 or room - len(inserted) < 12)
        cigar += f"{anchor - at}M"
        bases += reference[at:anchor] + inserted
        at = anchor + deleted
        if near:
            bases = (bases + reference[at : at + size])[:size]
            return start, f"{anchor - start}M{room}S" if start % 3 == 0 else f"{size}M", bases
        cigar += f"{deleted}D" if deleted else f"{len(inserted)}I"
    rest = size - len(bases)
    return start, f"{cigar}{rest}M", bases + reference[at : at + rest]


def loaded(rows: list[Row], low: int, high: int) -> list[int]:
    """Which reads overlap [low, high), as a file gives them."""
    ends = [row[0] + sum(int(n) for n in re.findall(r"(\d+)[MD]", row[1])) for row in rows]
    return [i for i, row in enumerate(rows) if row[0] < high and ends[i] > low]


def test_what_becomes_of_a_read_is_the_same_however_the_contig_is_cut() -> None:
    reference, rows = genome(9_000)
    codes = encode(reference).astype(np.uint8)
    whole = {row[0]: row[1:] for row in shown(realign(draw(rows), codes, 0))}
    before = {i: row[:2] for i, row in enumerate(rows)}
    assert sum(whole[i] != before[i] for i in before) > 100
    for low, high in ((0, 1_711), (1_711, 4_500), (4_500, 4_501), (4_501, 9_000)):
        left, right = max(0, low - REACH), min(len(reference), high + REACH)
        chosen = loaded(rows, left, right)
        first = max(0, left - 500)
        part = realign(draw([rows[i] for i in chosen]), codes[first : right + 500], first)
        for number, start, cigar in shown(part):
            if rows[chosen[number]][0] < high and rows[chosen[number]][0] + 100 > low:
                assert (start, cigar) == whole[chosen[number]]


def test_bases_and_lengths_stay_and_starts_are_sorted() -> None:
    reference, rows = genome(9_000)
    reads = draw(rows)
    realigned = realign(reads, encode(reference).astype(np.uint8), 0)
    assert (np.diff(realigned.start) >= 0).all()
    order = np.lexsort((realigned.fragment, realigned.start))
    assert (order == np.arange(len(order))).all()  # at one start, the order of the file
    for i, (fragment, start, cigar) in enumerate(shown(realigned)):
        parts = re.findall(r"(\d+)([MIDS])", cigar)
        bases = realigned.bases[realigned.base_start[i] : realigned.base_start[i + 1]]
        assert decode(bases) == rows[fragment][2]
        assert sum(int(n) for n, kind in parts if kind in "MIS") == len(bases)
        assert realigned.end[i] == start + sum(int(n) for n, kind in parts if kind in "MD")
        assert parts[0][1] in "MS" and parts[-1][1] in "MS"

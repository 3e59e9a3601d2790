"""Long reads drawn by hand, their gaps scattered over repeats, and what they are found to show."""

import re
from pathlib import Path

import numpy as np
import pysam
import pytest
from drawn_reads import codes, drawn, written_cigars

from seqcnn.calling.candidates import Candidates, Thresholds, find_candidates
from seqcnn.calling.examine import Examined, ExamineSettings, examine
from seqcnn.calling.images import PileupImages
from seqcnn.calling.long_alleles import realign_long
from seqcnn.calling.sites import Site
from seqcnn.data.alignments import open_alignments
from seqcnn.data.references import FastaReference
from seqcnn.encoders.left_align import left_align
from seqcnn.encoders.observations import OTHER

RANDOM = np.random.default_rng(5)
LEFT, RIGHT = ("".join(RANDOM.choice(list("ACGT"), 350)) for _ in range(2))
RUN = LEFT + "TC" + "AAAAAAAA" + "GT" + RIGHT  # the run of A is [352, 360)
PAIRS = LEFT + "TC" + "AT" * 12 + "GC" + RIGHT  # the repeat is [352, 376)
THRESHOLDS = Thresholds(min_fraction_indel=0.12)
Edit = tuple[int, str | int]


def line(name: str, reference: str, *edits: Edit, quality: int = 30) -> str:
    """A read of all the reference, with text before a position or a number of bases cut there.

    `quality` is that of the inserted bases.
    """
    at, cigar, bases, phred = 0, "", "", []
    for position, change in edits:
        cigar += f"{position - at}M"
        bases += reference[at:position]
        phred += [30] * (position - at)
        if isinstance(change, int):
            cigar += f"{change}D"
            position += change
        else:
            cigar += f"{len(change)}I"
            bases += change
            phred += [quality] * len(change)
        at = position
    bases += reference[at:]
    phred += [30] * (len(reference) - at)
    cigar += f"{len(reference) - at}M"
    return f"{name} 0 0 60 {cigar} {bases} {','.join(map(str, phred))}"


def lines(prefix: str, number: int, reference: str, *edits: Edit, quality: int = 30) -> list[str]:
    return [line(f"{prefix}{i}", reference, *edits, quality=quality) for i in range(number)]


def found(rows: list[str], reference: str) -> Candidates:
    letters = codes(reference)
    reads = realign_long(left_align(drawn("\n".join(rows)), letters, 0), letters, 0)
    return find_candidates(reads, letters, 0, "q", 0, len(letters), THRESHOLDS)


def shown(rows: list[str], reference: str, site: int = 0) -> dict[str, int]:
    """What each read shows at a site, by the name of the read."""
    names = sorted(row.split()[0] for row in rows)
    letters = codes(reference)
    reads = realign_long(left_align(drawn("\n".join(rows)), letters, 0), letters, 0)
    candidates = find_candidates(reads, letters, 0, "q", 0, len(letters), THRESHOLDS)
    seen = candidates.observations
    here = range(seen.first[site], seen.first[site + 1])
    return {names[int(reads.fragment[seen.read[o]])]: int(seen.counted[o]) for o in here}


def cigars(rows: list[str], reference: str) -> list[str]:
    letters = codes(reference)
    return written_cigars(realign_long(drawn("\n".join(rows)), letters, 0))


def test_scattered_insertions_of_a_homopolymer_count_for_one_allele() -> None:
    rows = [
        *lines("reference", 10, RUN),
        *lines("first", 4, RUN, (352, "AA")),
        *lines("last", 2, RUN, (360, "AA")),
        *lines("split", 2, RUN, (352, "A"), (358, "A")),
        *lines("longer", 1, RUN, (352, "AAA")),
        *lines("doubtful", 1, RUN, (352, "AA"), quality=3),
    ]
    assert found(rows, RUN).sites == [Site("q", 351, "C", ("CAA",), 20, (10, 10))]


def test_a_length_half_way_between_two_alleles_is_of_neither() -> None:
    rows = [
        *lines("a", 10, RUN),
        *lines("b", 10, RUN, (352, "AA")),
        *lines("between", 1, RUN, (352, "A")),
        *lines("shorter", 1, RUN, (352, 1)),
    ]
    assert found(rows, RUN).sites == [Site("q", 351, "C", ("CAA",), 22, (11, 10))]
    seen = shown(rows, RUN)
    assert (seen["between0"], seen["shorter0"]) == (OTHER, 0)


def test_one_wrong_base_is_forgiven_in_an_insertion_and_two_are_not() -> None:
    rows = [
        *lines("a", 10, RUN),
        *lines("b", 10, RUN, (352, "AA")),
        *lines("one", 1, RUN, (352, "AG")),
        *lines("two", 1, RUN, (352, "GG")),
    ]
    seen = shown(rows, RUN)
    assert (seen["a0"], seen["b0"], seen["one0"], seen["two0"]) == (0, 1, 1, OTHER)


def test_an_error_elsewhere_in_the_repeat_does_not_hide_the_allele() -> None:
    rows = [
        *lines("a", 10, PAIRS),
        *lines("b", 10, PAIRS, (352, 6)),
        *lines("c", 1, PAIRS, (365, 7)),  # six and one more, which keeps it from moving left
        *lines("d", 1, PAIRS, (365, 3)),
    ]
    sites = found(rows, PAIRS).sites
    assert sites == [Site("q", 351, "CATATAT", ("C",), 22, (10, 11))]
    seen = shown(rows, PAIRS)
    assert (seen["c0"], seen["d0"]) == (1, OTHER)


def test_what_is_an_allele_of_another_site_does_not_count_for_the_repeat() -> None:
    rows = [
        *lines("a", 4, PAIRS),
        *lines("b", 5, PAIRS, (352, 4)),
        *lines("c", 5, PAIRS, (364, "GGCC")),
    ]
    assert found(rows, PAIRS).sites == [
        Site("q", 351, "CATAT", ("C",), 14, (9, 5)),
        Site("q", 363, "T", ("TGGCC",), 14, (9, 5)),
    ]


def test_a_deletion_in_two_pieces_becomes_the_one_that_others_show() -> None:
    whole = line("whole", PAIRS, (352, 2))
    size = len(PAIRS)
    split = whole.replace(f"352M2D{size - 354}M", f"360M1D1M1D{size - 363}M").replace("w", "s")
    rows = [*lines("a", 5, PAIRS), *lines("b", 5, PAIRS, (352, 2)), split]
    assert "360M1D1M1D" in split
    assert cigars(rows, PAIRS)[-1] == f"352M2D{size - 354}M"


def test_a_gap_of_its_own_is_not_pulled_into_a_run_that_others_shorten() -> None:
    own = line("own", RUN, (360, 1))  # the G behind the run
    rows = [*lines("a", 5, RUN), *lines("b", 5, RUN, (352, 1)), own]
    assert cigars(rows, RUN)[-1] == f"360M1D{len(RUN) - 361}M"


def test_two_gaps_that_an_aligner_hid_in_mismatches_come_to_light() -> None:
    runs = LEFT + "TC" + "AAAAAAAA" + "GT" + "CCCCCCCC" + "GT" + RIGHT
    size = len(runs)
    both = line("z", runs, (352, 1), (362, "C"))
    hidden = both.replace(f"352M1D9M1I{size - 362}M", f"{size}M")
    assert f" {size}M " in hidden
    rows = [*lines("a", 5, runs, (352, 1)), *lines("b", 5, runs, (362, "C")), hidden]
    assert cigars(rows, runs)[-1] == f"352M1D9M1I{size - 362}M"


def test_one_wrong_base_does_not_make_a_gap() -> None:
    plain = line("z", RUN)
    bases = plain.split()[5]
    rows = [*lines("a", 5, RUN), *lines("b", 5, RUN, (352, 1))]
    rows.append(plain.replace(bases, bases[:359] + "G" + bases[360:]))
    assert cigars(rows, RUN)[-1] == f"{len(RUN)}M"


def test_alleles_just_behind_a_region_are_told_from_those_in_it() -> None:
    rows = [
        *lines("a", 4, PAIRS),
        *lines("b", 5, PAIRS, (352, 4)),
        *lines("c", 5, PAIRS, (364, "GGCC")),
    ]
    letters = codes(PAIRS)
    sites = find_candidates(drawn("\n".join(rows)), letters, 0, "q", 340, 355, THRESHOLDS).sites
    assert sites == [Site("q", 351, "CATAT", ("C",), 14, (9, 5))]


def test_short_reads_come_back_as_they_are() -> None:
    short = RUN[200:600]
    reads = drawn("\n".join(lines("b", 5, short, (152, 1))))
    assert realign_long(reads, codes(short), 0) is reads


class Files:
    """Noisy long reads of a genome full of repeats."""

    def __init__(self, folder: Path) -> None:
        random = np.random.default_rng(3)
        units = ["".join(random.choice(list("ACGT"), int(n))) for n in random.integers(1, 5, 900)]
        genome = "".join(unit * int(random.choice([1, 1, 1, 2, 7])) for unit in units)[:5000]
        runs = [found.start() for found in re.finditer(r"A{7,}|C{7,}|G{7,}|T{7,}", genome)]
        changes: list[Edit] = [(p, 2) for p in range(60, 4900, 97)]
        rows = []
        for i in range(60):
            start = int(random.integers(0, 2500))
            end = start + int(random.integers(1200, 2400))
            noise: list[Edit] = [
                (int(p), int(random.integers(1, 3)) if random.random() < 0.6 else "A")
                for p in random.choice(np.arange(start + 10, end - 10), 25, replace=False)
            ]
            own = changes[i % 2 :: 2]
            for run in runs[i % 2 :: 2]:  # two bases less, in one gap or in two
                own += [(run, 2)] if random.random() < 0.6 else [(run, 1), (run + 5, 1)]
            own = [edit for edit in own if start + 10 < edit[0] < end - 10]
            edits = sorted(own + noise, key=lambda edit: edit[0])
            apart = [e for k, e in enumerate(edits) if k == 0 or e[0] - edits[k - 1][0] > 4]
            _, _, _, mapping, cigar, bases, phred = line(
                "x", genome[start:end], *[(p - start, change) for p, change in apart]
            ).split()
            text = "".join(chr(33 + int(q)) for q in phred.split(","))
            fields = (f"r{i}", 0, "q", start + 1, mapping, cigar, "*", 0, 0, bases, text)
            rows.append((start, "\t".join(map(str, fields))))
        self.fasta, sam, self.bam = folder / "q.fa", folder / "x.sam", folder / "x.bam"
        self.fasta.write_text(f">q\n{genome}\n")
        header = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:{len(genome)}\n@RG\tID:g\tSM:s\n"
        sam.write_text(header + "\n".join(text for _, text in sorted(rows)) + "\n")
        pysam.view("-b", "-o", str(self.bam), str(sam), catch_stdout=False)
        pysam.index(str(self.bam))
        self.reference = FastaReference(self.fasta)

    def examine(self, start: int, end: int, realign: bool = True) -> Examined:
        images = PileupImages(rows=16, columns=31)
        settings = ExamineSettings(THRESHOLDS, images, realign=realign)
        with open_alignments(self.bam) as alignments:
            return examine(alignments, self.reference, "q", start, end, settings)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("long"))


@pytest.mark.parametrize("size", [150, 1700])
def test_pieces_of_any_size_show_long_reads_as_the_whole_does(files: Files, size: int) -> None:
    whole = files.examine(0, 5000)
    parts = [files.examine(start, min(start + size, 5000)) for start in range(0, 5000, size)]
    assert len(whole.candidates.sites) > 40
    assert [site for part in parts for site in part.candidates.sites] == whole.candidates.sites
    images = np.concatenate([part.drawn.images for part in parts])
    np.testing.assert_array_equal(images, whole.drawn.images)


def test_realignment_keeps_where_long_reads_begin_and_end_and_their_bases(files: Files) -> None:
    before = files.examine(0, 5000, realign=False).prepared.reads
    after = files.examine(0, 5000).prepared.reads
    assert not np.array_equal(before.cigar, after.cigar)
    for name in ("start", "end", "fragment", "base_start", "bases", "qualities"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    for i in range(len(after.start)):
        words = after.cigar[after.cigar_start[i] : after.cigar_start[i + 1]]
        kind, length = words & 15, (words >> 4).astype(np.int64)
        assert length[(kind == 0) | (kind == 2)].sum() == after.end[i] - after.start[i]
        assert length[kind != 2].sum() == after.base_start[i + 1] - after.base_start[i]
        assert (length > 0).all()
        assert (kind[1:] != kind[:-1]).all()

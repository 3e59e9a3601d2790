from pathlib import Path

import numpy as np
import pytest

from seqcnn.data.alignments import open_alignments
from seqcnn.data.call_regions import Region
from seqcnn.data.mismatches import measure, mismatch_check
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
HIFI = DATA / "hifi_HG002_grch38_chr20_46x"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")

ALL = [Region("q", 0, 1000)]


class Planted:
    """Contigs of given codes; random bases where none are given."""

    path = None
    source = "planted.fa"

    def __init__(self, lengths, codes=None):
        self.length_of = lengths
        self.names = tuple(lengths)
        self.codes = codes or {}

    def fetch(self, contig, start, end):
        if contig in self.codes:
            return self.codes[contig][start:end]
        return np.random.default_rng(start).integers(0, 4, end - start, dtype=np.uint8)


@pytest.fixture
def genome():
    return np.random.default_rng(1).integers(0, 4, 1000, dtype=np.uint8)


def reads_of(codes, *, wrong=0, tags=True):
    """Forty reads of 100 bases, `wrong` of the first ones of each changed."""
    lines = []
    for number, start in enumerate(range(0, 880, 22)):
        bases = codes[start : start + 100].copy()
        bases[:wrong] = (bases[:wrong] + 1) % 4
        tag = f"NM:i:{wrong}" if tags else ""
        lines.append(f"r{number} 0 q {start + 1} 60 100M * 0 0 {decode(bases)} {'I' * 100} {tag}")
    return "\n".join(lines)


def refusal(path, reference, regions=ALL):
    with open_alignments(path) as alignments, pytest.raises(InputError) as error:
        mismatch_check(alignments, reference, regions)
    return str(error.value)


def test_differing_bases_are_counted_beside_those_of_nm(make_bam, genome):
    reference = Planted({"q": 1000}, {"q": genome})
    with open_alignments(make_bam(reads_of(genome, wrong=3))) as alignments:
        found = measure(alignments, reference, ALL)["q"]
    assert found.share == found.told_share == 0.03


def test_insertions_deletions_clips_and_unknown_bases_are_not_counted(make_bam):
    codes = np.array([0, 1, 2, 3, 0, 1, 4, 3, 0, 1], np.uint8)
    path = make_bam("a 0 q 1 60 2S2M1I2M1D3M1H * 0 0 TTACGGTNGA IIIIIIIIII NM:i:3")
    with open_alignments(path) as alignments:
        found = measure(alignments, Planted({"q": 1000}, {"q": codes}), ALL)["q"]
    # AC = AC, GT = GT, then N, G against N, A against T.
    assert (found.compared, found.differing, found.told) == (5, 1, 1)


def test_reads_of_another_reference_are_refused(make_bam, genome):
    path = make_bam(reads_of(genome))
    assert refusal(path, Planted({"q": 1000})) == (
        f"{path}: the reads do not match this reference: on 'q' of planted.fa 75% of their bases "
        "differ, where their NM tags say 0.0%; the header of the file is wrong, or give the "
        "reference they were aligned to"
    )


def test_they_are_refused_without_nm_tags_too(make_bam, genome):
    message = refusal(make_bam(reads_of(genome, tags=False)), Planted({"q": 1000}))
    assert "of planted.fa 75% of their bases differ; the header" in message


def test_a_distant_species_is_taken_where_its_nm_tags_say_so(make_bam, genome):
    with open_alignments(make_bam(reads_of(genome, wrong=30))) as alignments:
        assert mismatch_check(alignments, Planted({"q": 1000}, {"q": genome}), ALL) == []


def test_another_version_of_the_reference_is_noted(make_bam, genome):
    other = genome.copy()
    other[::50] = (other[::50] + 1) % 4
    with open_alignments(make_bam(reads_of(genome))) as alignments:
        notes = mismatch_check(alignments, Planted({"q": 1000}, {"q": other}), ALL)
    assert notes == [
        "on 'q' 2.0% of bases differ from planted.fa, where their NM tags say 0.0%; it may be "
        "another version of the reference"
    ]


def test_a_handful_of_bases_says_nothing(make_bam):
    path = make_bam("a 0 q 1 60 10M * 0 0 ACGTACGTAC IIIIIIIIII NM:i:0")
    with open_alignments(path) as alignments:
        assert mismatch_check(alignments, Planted({"q": 1000}), ALL) == []


@real
def test_the_hifi_slice_with_the_wrong_header_is_refused():
    name = "aligned.sorted.hg002.m84034_240730_194815_s1.hifi_reads.ccs.chr20_100kbp_at_9mb.bam"
    message = refusal(HIFI / name, Planted({"chr19": 59_128_983}), None)
    assert "on 'chr19' of planted.fa 75% of their bases differ, where their NM tags say" in message

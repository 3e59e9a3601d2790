"""Records against the alignments they came from: clips, mates' fields, MD."""

import numpy as np
import pysam
import pytest

from seqcnn.calling.simulate.align import Mapper, Read
from seqcnn.calling.simulate.mates import mismatch_text
from seqcnn.encoders.dna import decode, reverse_complement

pytest.importorskip("mappy")
CODES = np.random.default_rng(11).integers(0, 4, 6000).astype(np.uint8)


@pytest.fixture(scope="module")
def mapper(tmp_path_factory: pytest.TempPathFactory) -> Mapper:
    fasta = tmp_path_factory.mktemp("reference") / "one.fa"
    fasta.write_text(f">one\n{decode(CODES)}\n")
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6"}, "SQ": [{"SN": "one", "LN": 6000}], "RG": [{"ID": "g", "SM": "s"}]}
    )
    return Mapper(str(fasta), "illumina", header, "g", longest_fragment=800)


def read(codes: np.ndarray, name: str = "r") -> Read:
    return Read(name, decode(codes), bytes([30] * len(codes)), False)


def test_an_inward_pair_is_proper_with_opposite_template_lengths(mapper: Mapper) -> None:
    one, two = mapper.pair(read(CODES[1000:1150]), read(reverse_complement(CODES[1250:1400])))
    assert (one.flag, two.flag) == (99, 147)
    assert (one.reference_start, two.reference_start) == (1000, 1250)
    assert (one.template_length, two.template_length) == (400, -400)
    assert (one.next_reference_start, two.next_reference_start) == (1250, 1000)
    assert (one.cigarstring, one.get_tag("MD"), one.get_tag("NM")) == ("150M", "150", 0)
    assert two.query_sequence == decode(CODES[1250:1400])


def test_soft_clips_are_at_the_end_that_does_not_match_in_either_mate(mapper: Mapper) -> None:
    random = np.random.default_rng(1)
    junk = random.integers(0, 4, 40).astype(np.uint8)
    tail_of_two = np.concatenate([CODES[1250:1360], junk])
    one, two = mapper.pair(
        read(np.concatenate([junk, CODES[1000:1110]])), read(reverse_complement(tail_of_two))
    )
    for record, start in ((one, 1000), (two, 1250)):
        pairs = record.get_aligned_pairs(matches_only=True)
        right = [record.query_sequence[at] == "ACGT"[CODES[place]] for at, place in pairs]
        assert abs(record.reference_start - start) <= 3
        assert np.mean(right) > 0.95
    assert one.cigartuples[0][0] == pysam.CSOFT_CLIP and one.cigartuples[-1][0] == pysam.CMATCH
    assert two.cigartuples[0][0] == pysam.CMATCH and two.cigartuples[-1][0] == pysam.CSOFT_CLIP
    assert two.get_reference_sequence().upper() == decode(
        CODES[two.reference_start : two.reference_end]
    )


def test_an_unmapped_mate_stands_where_the_other_maps(mapper: Mapper) -> None:
    junk = np.random.default_rng(2).integers(0, 4, 150).astype(np.uint8)
    one, two = mapper.pair(read(CODES[1000:1150]), read(junk))
    assert one.flag == 0x1 | 0x8 | 0x40 and two.flag == 0x1 | 0x4 | 0x80
    assert two.reference_start == 1000 and two.next_reference_start == 1000
    assert one.template_length == two.template_length == 0


def test_an_outward_pair_is_not_proper(mapper: Mapper) -> None:
    one, two = mapper.pair(read(reverse_complement(CODES[1000:1150])), read(CODES[1250:1400]))
    assert not one.is_proper_pair and not two.is_proper_pair
    assert one.template_length == 400


def test_mismatch_text_speaks_of_mismatches_and_deletions() -> None:
    cigar = [(pysam.CSOFT_CLIP, 2), (pysam.CMATCH, 4), (pysam.CINS, 1), (pysam.CMATCH, 2),
             (pysam.CDEL, 2), (pysam.CMATCH, 3)]  # fmt: skip
    assert mismatch_text("GGACTTTACCCC", "ACGTACGGCCC", cigar) == "2G3^GG3"

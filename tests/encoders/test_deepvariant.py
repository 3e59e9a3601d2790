"""DeepVariant's image, drawn by hand and by DeepVariant itself."""

import importlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seqcnn.encoders.deepvariant import draw_deepvariant
from seqcnn.encoders.deepvariant_rows import mates_elsewhere
from seqcnn.encoders.dna import encode
from seqcnn.encoders.observations import OTHER, Observations
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

HERE = Path(__file__)
VARIANTS = HERE.parents[2].parent / "shared" / "data" / "variants"
GOLDEN = VARIANTS / "deepvariant_golden_pileups"
SLICE = VARIANTS / "illumina_NA12878_hg19_chr20_52x" / "NA12878_S1.chr20.10_10p1mb.bam"
GENOME = VARIANTS / "reference" / "hg19.chr20.unittest.fa.gz"
OPERATIONS = {
    "M": MATCH, "I": INSERTION, "D": DELETION, "N": SKIP, "S": SOFT_CLIP,
}  # fmt: skip
REFERENCE = "ACGTACGTACGTACGTACGTACGTACGTACGTACGTACGT"  # position p is "ACGT"[p % 4]
POSITION = 20  # an A
WIDTH = 21  # columns: positions 10 to 30
BASE, QUALITY, MAPPING, STRAND, SUPPORT, DIFFERENCE, INSERT = range(7)


def make_reads(*lines: str, span: int = 300) -> Reads:
    """Reads of "start CIGAR sequence [quality [mapping quality [flag]]]"."""
    starts, ends, flags, mappings, cigars, bases, qualities = [], [], [], [], [], [], []
    for line in lines:
        start, cigar, sequence, *rest = line.split()
        quality, mapping, flag = map(
            int, [*rest, 30, 60, 99][: len(rest)] + [30, 60, 99][len(rest) :]
        )
        words, number, covered = [], "", 0
        for letter in cigar:
            if letter.isdigit():
                number += letter
                continue
            words.append(int(number) << 4 | OPERATIONS[letter])
            covered += int(number) * (letter in "MDN")
            number = ""
        starts.append(int(start))
        ends.append(int(start) + covered)
        flags.append(flag)
        mappings.append(mapping)
        cigars.append(words)
        bases.append(encode(sequence))
        qualities.append([quality] * len(sequence))
    return Reads(
        start=np.array(starts, np.int64),
        end=np.array(ends, np.int64),
        flag=np.array(flags, np.uint16),
        mapping_quality=np.array(mappings, np.uint8),
        template_length=np.full(len(starts), span, np.int32),
        fragment=np.arange(len(starts), dtype=np.uint64),
        haplotype=np.zeros(len(starts), np.uint8),
        base_start=np.cumsum([0, *map(len, bases)]),
        bases=np.concatenate(bases),
        qualities=np.concatenate(qualities).astype(np.uint8),
        cigar_start=np.cumsum([0, *map(len, cigars)]),
        cigar=np.array([word for words in cigars for word in words], np.uint32),
    )


def draw(reads: Reads, alleles=None, shown=(1, 0), reference=REFERENCE, **options):
    count = len(reads.start)
    none = np.zeros(count, np.int64)
    codes = np.array(alleles or [0] * count, np.int16)
    return draw_deepvariant(
        reads,
        encode(reference),
        0,
        np.array([POSITION]),
        np.array([POSITION + 1]),
        Observations(np.array([0, count]), np.arange(count), none, none, none, codes, codes),
        np.array([0]),
        np.array([shown]),
        **{"height": 9, "width": WIDTH} | options,
    )[0]


def test_five_rows_show_the_reference():
    image = draw(make_reads("18 4M GTAC"))
    # Positions 10 to 15: G T A C G T.
    assert image[4, :6, BASE].tolist() == [180, 100, 250, 30, 180, 100]
    assert image[0, 10].tolist() == [250, 254, 254, 70, 152, 50, 254]
    assert (image[:5] == image[0]).all()


def test_a_read_is_one_row_of_seven_values():
    image = draw(make_reads("18 4M GTCC 20 30 147", span=-500), [1])
    # The reference has GTAC: 254 * 20 / 40, 254 * 30 / 60, reverse, supporting, insert of 500.
    assert image[5, 8:12, BASE].tolist() == [180, 100, 30, 30]
    assert image[5, 10].tolist() == [30, 127, 127, 240, 254, 254, 127]
    assert image[5, 9].tolist() == [100, 127, 127, 240, 254, 50, 127]
    assert not image[5, :8].any() and not image[5, 12:].any() and not image[6:].any()


def test_qualities_and_insert_sizes_are_capped():
    image = draw(make_reads("18 4M GTAC 60 90", span=40_000))
    assert image[5, 10, [QUALITY, MAPPING, INSERT]].tolist() == [254, 254, 254]
    image = draw(make_reads("18 4M GTAC 39 59", span=999))
    assert image[5, 10, [QUALITY, MAPPING, INSERT]].tolist() == [247, 249, 253]


def test_six_channels_leave_the_insert_size_out():
    reads = make_reads("18 4M GTAC")
    assert (draw(reads, channels=6) == draw(reads)[:, :, :6]).all()


def test_gaps_are_one_pixel_without_base_in_the_column_before():
    reads = make_reads("18 3M2I2M GTATTCG", "18 3M2D2M GTATA", "18 3M4N2M GTACG", "21 2I2M TTCG")
    rows = draw(reads)[5:]
    assert rows[0, 8:14, BASE].tolist() == [180, 100, 0, 30, 180, 0]  # 2I
    assert rows[1, 8:15, BASE].tolist() == [180, 100, 0, 0, 0, 100, 250]  # 2D
    assert rows[2, 8:17, BASE].tolist() == [180, 100, 0, 0, 0, 0, 0, 30, 180]  # 4N
    assert rows[3, 9:13, BASE].tolist() == [0, 0, 30, 180]  # 2I in front
    assert rows[:, 10].tolist() == [[0, 190, 254, 70, 152, 254, 76]] * 4
    assert not rows[1, 11:13].any() and not rows[2, 11:15].any() and not rows[3, :10].any()


def test_soft_clips_are_not_drawn():
    clipped = draw(make_reads("18 3S4M2S TTTGTACTT"))
    assert (clipped == draw(make_reads("18 4M GTAC"))).all()


def test_a_gap_shows_the_quality_of_its_first_base_or_of_the_base_before():
    reads = make_reads("18 3M2I2M GTATTCG", "18 3M2D2M GTATA")
    reads.qualities[:] = [40, 39, 38, 20, 36, 35, 34, 40, 39, 20, 37, 36]
    assert draw(reads)[5:7, 10, QUALITY].tolist() == [127, 127]


def test_support_is_of_the_shown_alleles_only():
    reads = make_reads(*["18 4M GTAC"] * 5)
    alleles = [0, 1, 2, -1, OTHER]
    assert draw(reads, alleles, (1, 0), height=10)[5:, 10, SUPPORT].tolist() == [
        *(152, 254, 152, 152, 152)
    ]
    both = draw(reads, alleles, (1, 2), height=10)
    assert both[5:, 10, SUPPORT].tolist() == [152, 254, 254, 152, 152]
    coloured = draw(reads, alleles, (2, 0), height=10, supports_other=76)
    assert coloured[5:, 10, SUPPORT].tolist() == [152, 76, 254, 152, 152]


def test_reads_are_in_order_of_start_and_then_as_they_came():
    image = draw(make_reads("17 4M CGTA", "18 4M GTAA", "18 4M GTAT", "19 2M TA"))
    assert image[5:, 11, BASE].tolist() == [0, 250, 100, 0]
    assert image[5:, 8, BASE].tolist() == [180, 180, 180, 0]


def test_reads_within_five_bases_of_the_variant_are_drawn():
    image = draw(make_reads("12 3M ACG", "12 4M ACGT", "25 2M CG", "26 2M GT"))
    # 12-15 ends 6 before, 12-16 reaches 5 before; 25 is 5 behind, 26 is 6 behind.
    assert image[5:, 2, BASE].tolist() == [250, 0, 0, 0]
    assert image[5:, 15, BASE].tolist() == [0, 30, 0, 0]


def test_low_quality_at_the_variant_or_of_the_mapping_hides_a_read():
    reads = make_reads(
        "16 6M ACGTAC 9", "16 6M ACGTAC 10", "17 5M CGTAC 30 4", "18 4M GTAC 30 5", "21 4M CGTA 9"
    )
    image = draw(reads, height=10)
    assert [row[:, BASE].any() for row in image[5:]] == [True, True, True, False, False]
    assert image[5:8, 11, QUALITY].tolist() == [63, 190, 57]


def test_reads_whose_mate_is_on_another_contig_are_left_out():
    # A proper pair, one that is none, one with an unmapped mate, one without a mate.
    reads = make_reads(*[f"18 4M GTAC 30 60 {flag}" for flag in (99, 97, 73, 0)], span=0)
    assert mates_elsewhere(reads).tolist() == [False, True, False, False]
    assert draw(reads)[5:, 10, BASE].tolist() == [250, 250, 250, 0]
    reads.template_length[1] = 5000
    assert not mates_elsewhere(reads).any()


def test_of_too_many_reads_a_seeded_choice_keeps_its_order():
    reads = make_reads(
        *[f"{start} 12M {(REFERENCE * 2)[start : start + 12]}" for start in range(12, 20)]
    )
    image = draw(reads)
    first = (image[5:, :, BASE] > 0).argmax(1)
    assert len(set(first)) == 4 and (np.diff(first) > 0).all()
    assert (draw(reads) == image).all()
    others = {tuple((draw(reads, seed=seed)[5:, :, BASE] > 0).argmax(1)) for seed in range(9)}
    assert len(others) > 1


def test_beyond_the_contig_the_image_is_empty():
    image = draw(make_reads("18 4M GTAC"), reference=REFERENCE[:25])
    assert image[0, 14, BASE] == 250 and not image[:, 15:].any()


def test_long_reads_that_start_far_before_are_found():
    reads = make_reads("0 30M " + REFERENCE[:30], "1 2M CG", "2 2M GT", "20 3M ACG")
    assert draw(reads)[5:, 10, BASE].tolist() == [250, 250, 0, 0]


@pytest.fixture(scope="module")
def golden():
    """What reads DeepVariant's examples and searches their rows; it lies with the benchmarks."""
    if not GOLDEN.is_dir():
        pytest.skip("../shared/data is absent")
    sys.path.insert(0, str(HERE.parents[2] / "benchmarks"))
    try:
        module = importlib.import_module("golden")
        module.as_theirs = importlib.import_module("golden_rows").as_theirs
        return module
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def examples(golden):
    found = golden.Golden(GOLDEN, SLICE, GENOME)
    return found, *(
        {one.pos + 1: one for one in found.examples(name)} for name in golden.VERSIONS.values()
    )


def test_images_of_reads_that_were_not_realigned_are_deepvariants_to_the_last_pixel(
    golden, examples
):
    found, old, new = examples
    for pos in (10007352, 10009400):
        one = old[pos]
        near = found.near(one)
        assert (golden.draw(one, near, found.supporters(one, near)) == one.image).all(), pos
    for pos in (10000117, 10000598, 10000758, 10007352, 10009400):
        one = new[pos]
        near = golden.by_name(found.near(one))
        assert (golden.draw(one, near, found.supporters(one, near)) == one.image).all(), pos


def test_realigned_reads_in_the_alignments_that_their_rows_show_are_drawn_as_deepvariant_does(
    golden, examples
):
    found, old, new = examples
    # 5 bases inserted, 10 and 4 deleted, two substitutions; then two alleles at once.
    for one in (old[pos] for pos in (10001436, 10004769, 10006819, 10002138, 10009246)):
        near = golden.as_theirs(one, found.near(one), Counter())
        image = golden.draw(one, near, found.supporters(one, near))
        assert (image == one.image).all(), one.pos
    one = new[10008758]
    near = golden.by_name(golden.as_theirs(one, found.near(one), Counter()))
    assert one.shown == (0, 1)
    assert (golden.draw(one, near, found.supporters(one, near)) == one.image).all()


def test_golden_images_differ_by_little_more_than_realigned_reads(golden, examples):
    found, old, _ = examples
    pairs = []
    for one in old.values():
        near = found.near(one)
        pairs.append((golden.draw(one, near, found.supporters(one, near)), one.image))
    shares = golden.same_pixels(pairs)
    assert shares.shape == (49, 6)
    assert (np.median(shares, axis=0) > 0.9994).all()
    assert (shares.mean(0) > [0.9968, 0.983, 0.992, 0.988, 0.992, 0.9968]).all()

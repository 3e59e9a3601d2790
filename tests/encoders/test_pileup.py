"""Compact pileup images of drawn reads, pixel by pixel."""

import numpy as np
import numpy.typing as npt
import pytest
from drawn_reads import codes, drawn, over

from seqcnn.encoders.observations import CONFLICT, OTHER, SECOND, UNKNOWN
from seqcnn.encoders.pileup import (
    CHANNELS,
    NOT_KNOWN,
    OF_OTHER,
    OF_REFERENCE,
    SHOWN,
    SHOWN_SECOND,
    draw_pileups,
)
from seqcnn.encoders.reads import Reads

REFERENCE = "ACGTACGTACGTACGTACGT"
A, C, G, T = 250, 30, 180, 100
VALUES = [[OF_REFERENCE, SHOWN, SHOWN_SECOND]]


def image_of(
    text: str,
    counted: list[int],
    anchor: int = 10,
    *,
    reference: str = REFERENCE,
    start: int = 0,
    inserted: int = 0,
    rows: int = 4,
    columns: int = 9,
) -> npt.NDArray[np.uint8]:
    reads = drawn(text)
    images = draw_pileups(
        reads, codes(reference), start, np.array([anchor]), over(reads, anchor, counted),
        np.array([0]), np.array(VALUES, np.uint8), np.array([inserted]),
        rows=rows, columns=columns,
    )  # fmt: skip
    assert (images.dtype, images.shape) == (np.uint8, (1, rows, columns, 7))
    return images[0]


def channel(image: npt.NDArray[np.uint8], name: str) -> list[list[int]]:
    return image[..., CHANNELS.index(name)].tolist()


def test_a_read_is_one_row_with_the_anchor_in_the_middle() -> None:
    image = image_of("a 0 7 30 6M TACTTA 10,20,30,40,50,0", [1])
    # Positions 6..14; the reference there is G T A C G T A C G.
    assert channel(image, "read base")[0] == [0, T, A, C, T, T, A, 0, 0]
    assert channel(image, "base quality")[0] == [0, 63, 127, 190, 254, 254, 0, 0, 0]
    assert channel(image, "mapping quality")[0] == [0, *[127] * 6, 0, 0]
    assert channel(image, "strand")[0] == [0, *[70] * 6, 0, 0]
    assert channel(image, "allele")[0] == [0, *[254] * 6, 0, 0]
    assert channel(image, "difference")[0] == [0, 50, 50, 50, 254, 50, 50, 0, 0]
    assert channel(image, "reference base")[0] == [G, T, A, C, G, T, A, C, G]
    assert not image[1:].any()


def test_a_reverse_read_and_a_mapping_quality_above_60() -> None:
    image = image_of("a 16 10 99 1M G", [0])
    assert image[0, 4].tolist() == [G, 190, 254, 240, OF_REFERENCE, 50, G]


def test_a_read_longer_than_the_window_fills_it() -> None:
    image = image_of("a 0 0 60 20M " + REFERENCE, [0])
    assert channel(image, "read base")[0] == [G, T, A, C, G, T, A, C, G]


def test_deleted_positions_have_no_base_but_a_mark() -> None:
    image = image_of("a 0 7 60 4M2D2M TACGCG", [1])
    assert channel(image, "read base")[0] == [0, T, A, C, G, 0, 0, C, G]
    assert channel(image, "difference")[0] == [0, 50, 50, 50, 50, 150, 150, 50, 50]
    assert channel(image, "allele")[0] == [0, *[254] * 8]


def test_an_anchor_inside_a_deletion_is_drawn() -> None:
    image = image_of("a 0 7 60 2M3D3M TAACG", [OTHER])
    assert channel(image, "difference")[0] == [0, 50, 50, 150, 150, 150, 50, 50, 50]
    assert channel(image, "allele")[0][4] == OF_OTHER


def test_inserted_bases_have_columns_of_their_own() -> None:
    text = "a 0 9 60 2M2I3M CGTTTAC\nb 0 9 60 5M CGTAC"
    image = image_of(text, [1, 0], inserted=2)
    assert channel(image, "read base")[0] == [0, 0, 0, C, G, T, T, T, A]
    assert channel(image, "difference")[0] == [0, 0, 0, 50, 50, 200, 200, 50, 50]
    # The other read has room there, and goes on behind it.
    assert channel(image, "read base")[1] == [0, 0, 0, C, G, 0, 0, T, A]
    assert channel(image, "difference")[1] == [0, 0, 0, 50, 50, 0, 0, 50, 50]
    assert channel(image, "allele")[1] == [0, 0, 0, *[OF_REFERENCE] * 6]
    assert channel(image, "reference base")[0] == [G, T, A, C, G, 0, 0, T, A]


def test_a_longer_insertion_than_its_columns_is_cut() -> None:
    image = image_of("a 0 9 60 2M3I3M CGTTTTAC", [1], inserted=1)
    assert channel(image, "read base")[0] == [0, 0, 0, C, G, T, T, A, C]


def test_an_insertion_elsewhere_marks_the_base_before_it() -> None:
    image = image_of("a 0 8 60 1M2I4M1I2M AGGCGTATCG", [0], inserted=1)
    assert channel(image, "difference")[0] == [0, 0, 225, 50, 50, 0, 50, 225, 50]
    image = image_of("a 0 9 60 2M2I3M CGTTTAC", [OTHER])
    assert channel(image, "difference")[0] == [0, 0, 0, 50, 225, 50, 50, 50, 0]


def test_soft_clipped_bases_are_drawn_where_they_would_lie() -> None:
    image = image_of("a 0 9 60 2S3M2S TTCGTGG", [0])
    assert channel(image, "read base")[0] == [0, T, T, C, G, T, G, G, 0]
    assert channel(image, "difference")[0] == [0, 100, 100, 50, 50, 50, 100, 100, 0]


def test_a_skip_stays_empty() -> None:
    image = image_of("a 0 7 60 2M1N4M TAGTAC", [0])
    assert channel(image, "read base")[0] == [0, T, A, 0, G, T, A, C, 0]
    assert channel(image, "difference")[0] == [0, 50, 50, 0, 50, 50, 50, 50, 0]


def test_mates_share_a_row_and_the_first_drawn_stays() -> None:
    text = "m 65 8 60 4M ACGT 40\nm 145 9 60 5M TGTAC 10"
    image = image_of(text, [1, SECOND])
    assert channel(image, "read base")[0] == [0, 0, A, C, G, T, A, C, 0]
    assert channel(image, "strand")[0] == [0, 0, 70, 70, 70, 70, 240, 240, 0]
    assert channel(image, "base quality")[0] == [0, 0, 254, 254, 254, 254, 63, 63, 0]
    assert not image[1:].any()


def test_inserted_bases_of_the_counted_mate_stay() -> None:
    text = "m 65 9 60 2M1I2M CGATA 40\nm 145 9 60 2M1I2M CGATA 10"
    image = image_of(text, [1, SECOND], inserted=1)
    assert image[0, 5].tolist() == [A, 254, 254, 70, SHOWN, 200, 0]


def test_rows_are_sorted_by_what_their_reads_show() -> None:
    shown = [UNKNOWN, 0, OTHER, 2, 1, CONFLICT, 0]
    text = "\n".join(f"r{i} 0 {4 + i} 60 {7 - i}M {REFERENCE[4 + i : 11]}" for i in range(7))
    image = image_of(text, shown, rows=8, columns=13)
    values = image[:, 6, CHANNELS.index("allele")].tolist()
    assert values == [
        SHOWN, SHOWN_SECOND, OF_REFERENCE, OF_REFERENCE, OF_OTHER, NOT_KNOWN, NOT_KNOWN, 0,
    ]  # fmt: skip
    lengths = (image[:, :, 0] > 0).sum(axis=1).tolist()
    assert lengths == [3, 4, 6, 1, 5, 7, 2, 0]


def test_undecided_reads_give_way_where_there_are_too_many() -> None:
    text = "\n".join(f"r{i} 0 10 60 1M G" for i in range(6))
    image = image_of(text, [UNKNOWN, 0, UNKNOWN, 0, CONFLICT, 1], rows=4)
    assert image[:, 4, 4].tolist() == [SHOWN, OF_REFERENCE, OF_REFERENCE, NOT_KNOWN]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_many_fragments_are_sampled_fairly_and_alike_in_every_run(share: float) -> None:
    random = np.random.default_rng(0)
    seen = (random.random(4000) < share).astype(int).tolist()
    names = random.integers(0, 1 << 62, 4000).astype(np.uint64)
    reads = drawn("\n".join(f"r{i:04} 0 10 60 1M G" for i in range(4000)))
    reads = reads._replace(fragment=names)

    def image(kept: Reads) -> npt.NDArray[np.uint8]:
        return draw_pileups(
            kept, codes(REFERENCE), 0, np.array([10]), over(kept, 10, seen), np.array([0]),
            np.array(VALUES, np.uint8), np.array([0]), rows=400, columns=3,
        )  # fmt: skip

    drawn_once = image(reads)
    np.testing.assert_array_equal(drawn_once, image(reads))
    of_alt = (drawn_once[0, :, 1, 4] == SHOWN).mean()
    # Four standard deviations of a draw of 400.
    assert abs(of_alt - np.mean(seen)) < 4 * np.sqrt(share * (1 - share) / 400)


def test_beyond_the_ends_of_a_contig_the_image_is_empty() -> None:
    image = image_of("a 0 0 60 3M ACG", [0], anchor=1)
    assert channel(image, "read base")[0] == [0, 0, 0, A, C, G, 0, 0, 0]
    assert channel(image, "reference base")[0] == [0, 0, 0, A, C, G, T, A, C]
    image = image_of("a 0 17 60 3M CGT", [0], anchor=19)
    assert channel(image, "read base")[0] == [0, 0, C, G, T, 0, 0, 0, 0]
    assert channel(image, "reference base")[0] == [T, A, C, G, T, 0, 0, 0, 0]
    clipped = image_of("a 0 0 60 3S3M TTTACG", [0], anchor=0)
    assert channel(clipped, "read base")[0] == [0, T, T, T, A, C, G, 0, 0]


def test_other_letters_are_drawn_as_no_base() -> None:
    image = image_of("a 0 9 60 3M NGT", [0], reference="ACGTACGTACGNNCGTACGT")
    assert channel(image, "read base")[0][3:6] == [0, G, T]
    assert channel(image, "difference")[0][3:6] == [254, 50, 254]
    assert channel(image, "reference base")[0][3:7] == [C, G, 0, 0]


def test_a_site_without_reads_is_an_empty_image() -> None:
    assert not image_of("", []).any()
    empty = np.empty(0, np.int64)
    observations = over(drawn(""), 0, [])._replace(first=np.zeros(1, np.int64))
    images = draw_pileups(
        drawn(""), codes("ACGT"), 0, empty, observations, empty, np.empty((0, 2), np.uint8), empty,
        rows=48, columns=61,
    )  # fmt: skip
    assert images.shape == (0, 48, 61, 7)

"""Labelled pileup images in a mapped file."""

from dataclasses import replace

import numpy as np
import pytest

from seqcnn.data.pileups import Pileups, SiteTable

NAMES = ("0/0", "0/1", "1/1", "0/2", "1/2", "2/2")


def make(targets: list[int], *, names: tuple[str, ...] = NAMES, height: int = 6) -> Pileups:
    """Images of 3 columns and 7 channels; row y of image n has the value 10 n + y + 1."""
    number = len(targets)
    images = np.zeros((number, height, 3, 7), np.uint8)
    for n in range(number):
        for y in range(height - 1):  # the last row is empty
            images[n, y] = 10 * n + y + 1
            images[n, y, :, 4] = 254 if y < 3 else 110  # three rows support the allele
    sites = SiteTable(
        contig=np.array(["a"] * (number - 1) + ["b"]),
        pos=np.arange(number, dtype=np.int64) * 60_000,
        ref=["A"] * number,
        alts=["G", "G,AT", "AT"][:number] + ["C"] * (number - 3),
        genotype=["0/1"] * number,
        shown=np.array([[1, 0], [1, 2], [1, 0]][:number] + [[1, 0]] * (number - 3)),
        depths=np.full((number, 3), 5),
        source=np.zeros(number, np.int64),
    )
    column = np.array(targets, np.float32)[:, None]
    return Pileups(images, np.arange(number), column, names, sites)


def test_rows_of_a_subset_are_those_of_the_whole():
    whole = make([0, 1, 2, 1])
    part = whole.subset(np.array([3, 1]))
    np.testing.assert_array_equal(part.take(np.array([0, 1])), whole.take(np.array([3, 1])))
    assert part.targets[:, 0].tolist() == [1, 1]
    assert part.locations() == ["b:180001 A>C", "a:60001 A>G,AT"]
    assert part.subset(np.array([False, True])).locations() == ["a:60001 A>G,AT"]


def test_blocks_of_a_contig_are_groups():
    assert make([0, 1, 2, 1]).groups().tolist() == [0, 0, 1, 2]


def test_one_alternative_allele_has_three_genotypes():
    possible = make([0, 1, 2]).possible()
    assert possible.sum(1).tolist() == [3, 6, 3]
    assert make([0, 1, 2], names=NAMES[:3]).possible().all()


def test_any_shown_insertion_makes_an_image_one_of_an_indel():
    assert make([0, 1, 2, 1]).sites.indel().tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("draw", "kept"),
    [
        ([0.1, 0.9, 0.2, 0.9, 0.3, 0.0], [1, 3, 5]),  # rows 1 and 3 go
        ([0.1, 0.9, 0.9, 0.1, 0.1, 0.0], [1, 2, 3, 4, 5]),  # one supporting row would be left
    ],
)
def test_rows_left_out_make_room_unless_the_allele_would_go(draw, kept):
    (image,) = make([0, 1, 2]).take(
        np.array([0]), keep=np.array([0.5]), draw=np.array([draw], np.float64)
    )
    assert image[:, 0, 0].tolist() == kept + [0] * (6 - len(kept))


def test_reference_rows_stay():
    whole = replace(make([0, 1, 2]), reference_rows=2)
    draw = np.array([[0.9, 0.9, 0.1, 0.1, 0.9, 0.1]])  # of the rows below, the third goes
    images = whole.images.copy()
    images[:, :, :, 4] = 254
    (image,) = replace(whole, images=images).take(np.array([0]), keep=np.array([0.5]), draw=draw)
    assert image[:, 0, 0].tolist()[:4] == [1, 2, 3, 4]


def test_taking_changes_nothing_in_the_file():
    whole = make([0, 1, 2])
    before = whole.images.copy()
    whole.take(np.array([0, 1]), keep=np.full(2, 0.5), draw=np.zeros((2, 6)))
    np.testing.assert_array_equal(whole.images, before)

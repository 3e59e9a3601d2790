"""Splits of positions by contig and by block."""

import numpy as np
import pytest

from seqcnn.data.blocks import split_positions
from seqcnn.errors import InputError

LENGTHS = {"a": 2_000_000, "b": 500_000}


def positions(contig: str, every: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    pos = np.arange(0, LENGTHS[contig], every)
    return np.full(len(pos), contig), pos


def test_a_block_is_in_one_split_and_shares_are_kept():
    contig, pos = positions("a")
    split = split_positions(contig, pos, {"a": 2_000_000}, shares=(0.1, 0.2))
    assert {name: int((split == name).sum()) for name in ("train", "val", "test")} == {
        "train": 1400, "val": 200, "test": 400,
    }  # fmt: skip
    for block in range(20):
        assert len(set(split[pos // 100_000 == block])) == 1


def test_positions_near_a_block_of_another_split_are_left_out():
    contig, pos = positions("a", every=10)
    split = split_positions(contig, pos, {"a": 2_000_000}, shares=(0.1, 0.1), gap=50)
    known = np.flatnonzero(split != "")
    steps = known[1:][split[known[1:]] != split[known[:-1]]]
    before = known[:-1][split[known[1:]] != split[known[:-1]]]
    assert (pos[steps] - pos[before]).min() >= 100
    assert split[0] != "" and split[-1] != ""  # the ends of a contig have no neighbour


def test_named_contigs_go_whole_and_the_rest_in_blocks():
    names, pos = (np.concatenate(both) for both in zip(positions("a"), positions("b"), strict=True))
    split = split_positions(names, pos, LENGTHS, test=["b"], shares=(0.1, 0.1))
    assert set(split[names == "b"]) == {"test"}
    assert (split[names == "a"] == "val").mean() == pytest.approx(0.1)


def test_the_same_block_of_two_files_is_in_the_same_split():
    contig, pos = positions("a")
    once = split_positions(contig, pos, {"a": 2_000_000})
    both = split_positions(np.tile(contig, 2), np.tile(pos, 2), {"a": 2_000_000})
    np.testing.assert_array_equal(both, np.tile(once, 2))


def test_too_few_blocks_are_refused():
    contig, pos = positions("b")
    near = pos < 200_000
    with pytest.raises(InputError, match="2 blocks of 100,000 bp with sites are left"):
        split_positions(contig[near], pos[near], {"b": 500_000})

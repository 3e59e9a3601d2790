"""Examples in memory and as windows of a genome."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "g.fa"
    path.write_text(">chr1\nACGTTGCAAC\n>chr2\nGGGGCCCCAT\n")
    return Genome(path)


@pytest.fixture
def windows(genome: Genome) -> Examples:
    regions = pd.DataFrame(
        {"contig": ["chr1", "chr2", "chr1"], "start": [0, 6, 2], "end": [4, 10, 6]}
    ).assign(strand=["+", "-", "."])
    return Examples.from_windows(
        genome, regions, [[1, 0], [0, 1], [1, 1]], names=["a", "b"], use_strand=True
    )


@pytest.fixture
def memory() -> Examples:
    return Examples.from_sequences(
        ["ACGT", "GGCA"], [1, 0], names=["bound"], identifiers=["x", "y"], weights=[1, 2]
    )


def letters(codes: np.ndarray) -> list[str]:
    return [decode(row) for row in codes]


def test_windows_are_read_from_their_strand(windows: Examples) -> None:
    assert letters(windows.take(np.arange(3))) == ["ACGT", "ATGG", "GTTG"]


def test_reverse_turns_a_window_whatever_its_strand(windows: Examples) -> None:
    rows = windows.take(np.array([1, 0]), reverse=np.array([True, True]))
    assert letters(rows) == ["CCAT", "ACGT"]


def test_shift_takes_real_flanks_in_the_windows_own_direction(windows: Examples) -> None:
    rows = windows.take(np.array([0, 1, 0]), shift=np.array([1, 1, -2]))
    assert letters(rows) == ["CGTT", "TGGG", "NNAC"]


def test_shift_in_memory_fills_with_n(memory: Examples) -> None:
    rows = memory.take(np.array([0, 1, 1]), shift=np.array([1, -2, 9]))
    assert letters(rows) == ["CGTN", "NNGG", "NNNN"]


def test_reverse_comes_after_the_shift(memory: Examples) -> None:
    rows = memory.take(np.array([1]), shift=np.array([1]), reverse=np.array([True]))
    assert letters(rows) == ["NTGC"]


def test_subset_keeps_rows_together(windows: Examples, memory: Examples) -> None:
    part = windows.subset(np.array([2, 1]))
    assert letters(part.take(np.arange(2))) == ["GTTG", "ATGG"]
    assert part.targets.tolist() == [[1, 1], [0, 1]]
    kept = memory.subset(np.array([False, True]))
    assert (kept.locations(), len(kept)) == (["y"], 1)
    np.testing.assert_array_equal(kept.weights, [2])


def test_locations_are_half_open_windows(windows: Examples) -> None:
    assert windows.locations() == ["chr1:0-4", "chr2:6-10", "chr1:2-6"]


def test_neighbouring_windows_share_a_group(windows: Examples, memory: Examples) -> None:
    assert windows.groups().tolist() == [0, 1, 0]
    assert windows.groups(block=2).tolist() == [0, 2, 1]
    assert memory.groups().tolist() == [0, 1]


def test_rows_outside_are_refused(memory: Examples) -> None:
    with pytest.raises(IndexError):
        memory.take(np.array([2]))
    with pytest.raises(IndexError):
        memory.take(np.array([-1]))


def test_sequences_of_several_lengths_are_named() -> None:
    with pytest.raises(InputError, match="sequence 2 has 3 letters, the first has 4"):
        Examples.from_sequences(["ACGT", "ACG"], [0, 1], names=["a"])


def test_bad_letter_is_named_with_its_sequence() -> None:
    with pytest.raises(InputError, match="sequence 2, position 3: '-'"):
        Examples.from_sequences(["ACGT", "AC-T"], [0, 1], names=["a"])


def test_unknown_contig_and_uneven_windows_are_named(genome: Genome) -> None:
    lost = pd.DataFrame({"contig": ["1"], "start": [0], "end": [4]})
    with pytest.raises(InputError, match="no contig '1'"):
        Examples.from_windows(genome, lost, [0], names=["a"])
    uneven = pd.DataFrame({"contig": ["chr1"] * 2, "start": [0, 0], "end": [4, 5]})
    with pytest.raises(InputError, match="region 2 has 5 bases"):
        Examples.from_windows(genome, uneven, [0, 1], names=["a"])


def test_examples_are_either_codes_or_windows(genome: Genome) -> None:
    with pytest.raises(ValueError, match="either codes"):
        Examples(targets=np.zeros((1, 1), np.float32), length=4, names=("a",))

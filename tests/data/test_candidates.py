"""Candidate windows and what they are made of."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.candidates import composition, grid_windows, join_intervals, taken_intervals
from seqcnn.data.genome import Genome


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "g.fa"
    path.write_text(">a\n" + "ACGTG" * 20 + "\n>b\n" + "NNNNNAAAGC" * 6 + "\n>c\nACG\n")
    return Genome(path)


def test_composition_is_that_of_the_letters(genome: Genome) -> None:
    gc, other = composition(genome, np.array([0, 1, 1]), np.array([0, 0, 0]), 5)
    assert gc[0] == 0.6
    assert np.isnan(gc[1])
    assert other.tolist() == [0, 1, 1]
    gc, other = composition(genome, np.array([1]), np.array([0]), 10)
    assert (gc.tolist(), other.tolist()) == ([0.4], [0.5])


def test_intervals_are_merged_within_their_contig() -> None:
    contig, start, end = np.array([1, 0, 0, 0]), np.array([-5, 20, 0, 8]), np.array([9, 30, 10, 20])
    joined = join_intervals(np.empty((3, 0), np.int64), contig, start, end)
    assert joined.T.tolist() == [[0, 0, 30], [1, -5, 9]]


def test_margin_is_kept_around_positives_but_not_around_exclusions(genome: Genome) -> None:
    positives = pd.DataFrame({"contig": ["a"], "start": [40], "end": [50]})
    exclude = pd.DataFrame({"contig": ["b", "unknown"], "start": [3, 0], "end": [6, 9]})
    taken = taken_intervals(genome, positives, 7, exclude)
    assert taken.T.tolist() == [[0, 33, 57], [1, 3, 6]]


def test_grid_touches_nothing_taken_and_stays_on_the_contigs(genome: Genome) -> None:
    taken = np.array([[0, 33, 57], [1, 0, 30]]).T
    for seed in range(20):
        rng = np.random.default_rng(seed)
        contig, start = grid_windows(genome, 10, None, taken, 1000, rng)
        assert ((contig == 1) | (start + 10 <= 33) | (start >= 57)).all()
        assert ((contig == 0) | (start >= 30)).all()
        assert (start >= 0).all() and (start + 10 <= genome.lengths[contig]).all()
        assert len(np.unique(start[contig == 0] % 10)) == 1
        assert 4 <= (contig == 0).sum() <= 7


def test_grid_gives_no_more_than_the_limit(genome: Genome) -> None:
    none = np.empty((3, 0), np.int64)
    places = grid_windows(genome, 5, np.array([0]), none, 4, np.random.default_rng(0))
    assert places.shape == (2, 4)
    assert set(places[0].tolist()) == {0}

"""Negatives: windows away from positives with their GC content, and shuffles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.negatives import gc_matched_windows, shuffled_negatives


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    """Two contigs whose GC content drifts between 20 % and 80 %, one with N in its middle."""
    rng = np.random.default_rng(0)
    path = tmp_path / "g.fa"
    with path.open("wb") as handle:
        for name in (b"chr1", b"chr2"):
            drift = 0.5 + 0.3 * np.sin(np.arange(60_000) / 4000)
            is_gc = rng.random(60_000) < drift
            letters = np.where(is_gc, rng.choice([67, 71], 60_000), rng.choice([65, 84], 60_000))
            if name == b"chr2":
                letters[20_000:30_000] = ord("N")
            handle.write(b">" + name + b"\n" + letters.astype(np.uint8).tobytes() + b"\n")
    return Genome(path)


@pytest.fixture
def positives() -> pd.DataFrame:
    starts = np.arange(5_000, 55_000, 5_000)
    contig = np.where(np.arange(10) % 2, "chr2", "chr1")
    table = pd.DataFrame({"contig": contig, "start": starts, "end": starts + 120})
    return table[~((table["contig"] == "chr2") & table["start"].between(19_000, 31_000))]


def test_negatives_match_keep_away_and_do_not_overlap(
    genome: Genome, positives: pd.DataFrame
) -> None:
    exclude = pd.DataFrame({"contig": ["chr1"], "start": [30_000], "end": [38_000]})
    found, report = gc_matched_windows(
        genome, positives, length=100, seed=1, exclude=exclude, per_positive=3, margin=400
    )
    assert (report.requested, report.found) == (3 * len(positives), len(found))
    assert report.shortfall == 0
    assert report.mean_gc_difference < 0.01
    assert report.ks_distance < 0.2 < report.ks_distance_before + 0.1
    for contig, start, end, gc, positive in found.values.tolist():
        assert positives["contig"].iloc[positive] == contig
        assert end - start == 100
        codes = genome.fetch(contig, start, end)
        assert (codes < 4).all()
        assert gc == pytest.approx(((codes == 1) | (codes == 2)).mean())
        near = positives[positives["contig"] == contig]
        assert ((near["start"] - 400 >= end) | (near["end"] + 400 <= start)).all()
        assert contig != "chr1" or end <= 30_000 or start >= 38_000
    for _, group in found.groupby("contig"):
        ordered = group.sort_values("start")
        assert (ordered["start"].to_numpy()[1:] >= ordered["end"].to_numpy()[:-1]).all()


def test_same_seed_same_windows(genome: Genome, positives: pd.DataFrame) -> None:
    first, _ = gc_matched_windows(genome, positives, length=100, seed=3)
    again, _ = gc_matched_windows(genome, positives, length=100, seed=3)
    other, _ = gc_matched_windows(genome, positives, length=100, seed=4)
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_other_contigs_may_serve_when_allowed(genome: Genome, positives: pd.DataFrame) -> None:
    only = positives[positives["contig"] == "chr1"]
    cover = pd.DataFrame({"contig": ["chr1"], "start": [0], "end": [60_000]})
    found, report = gc_matched_windows(genome, only, length=100, seed=0, exclude=cover)
    assert (len(found), report.shortfall) == (0, len(only))
    assert "shortfall: 5 (100.0%), since no free window" in report.lines()[-1]
    found, report = gc_matched_windows(
        genome, only, length=100, seed=0, exclude=cover, within_contig=False
    )
    assert report.shortfall == 0
    assert set(found["contig"]) == {"chr2"}


def test_more_than_there_is_ends_and_is_counted(genome: Genome, positives: pd.DataFrame) -> None:
    found, report = gc_matched_windows(genome, positives, length=100, seed=0, per_positive=1000)
    assert 0 < report.found == len(found) < report.requested
    assert not found.duplicated(["contig", "start"]).any()


def test_no_time_gives_an_honest_empty_table(genome: Genome, positives: pd.DataFrame) -> None:
    found, report = gc_matched_windows(genome, positives, length=100, seed=0, seconds=-1.0)
    assert len(found) == 0
    assert list(found.columns) == ["contig", "start", "end", "gc", "positive"]
    assert "the time was over" in report.lines()[-1]


def test_a_positive_of_n_alone_is_part_of_the_shortfall(genome: Genome) -> None:
    regions = pd.DataFrame({"contig": ["chr2"], "start": [24_000], "end": [24_100]})
    found, report = gc_matched_windows(genome, regions, length=100, seed=0)
    assert (len(found), report.shortfall) == (0, 1)


def test_shuffles_come_source_by_source_and_identical_ones_are_counted() -> None:
    examples = Examples.from_sequences(["AAAAAAAA", "ACGTGACA"], [1, 1], names=["bound"])
    codes, report = shuffled_negatives(examples, 3, seed=0)
    assert codes.shape == (6, 8)
    assert codes[:3].max() == 0
    assert np.sort(codes[3:], axis=1).tolist() == [[0, 0, 0, 1, 1, 2, 2, 3]] * 3
    assert report.identical >= 3
    assert report.identical_share == report.identical / 6
    assert report.lines()[0].startswith("6 dinucleotide shuffles")

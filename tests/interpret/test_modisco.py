"""TF-MoDISco on attributions in which a motif was planted."""

import sys

import h5py
import numpy as np
import pytest

from seqcnn.data.motifs import consensus
from seqcnn.errors import InputError
from seqcnn.interpret.modisco import Motifs, Pattern, find_motifs

# What they use takes a minute to compile the first time: once, in one process of the tests.
pytestmark = pytest.mark.xdist_group("compiled")

pytest.importorskip("modiscolite")

MOTIF = np.array([2, 0, 3, 0, 0, 2, 1])  # GATAAGC
NUMBER, LENGTH = 200, 200


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One-hot and hypothetical (N, 4, L) with the motif at `starts`, every second reversed."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (NUMBER, LENGTH))
    starts = random.integers(20, LENGTH - 27, NUMBER)
    hypothetical = random.normal(0, 0.1, (NUMBER, 4, LENGTH))
    for row, start in enumerate(starts):
        motif = 3 - MOTIF[::-1] if row % 2 else MOTIF
        codes[row, start : start + 7] = motif
        size = random.uniform(0.5, 1.5)
        hypothetical[row, :, start : start + 7] -= 0.3 * size
        hypothetical[row, motif, start + np.arange(7)] += 1.3 * size
    one_hot = (codes[:, None] == np.arange(4)[:, None]).astype(np.float32)
    return one_hot, hypothetical, starts


@pytest.fixture(scope="module")
def found(planted) -> Motifs:
    return find_motifs(planted[0], planted[1])


def test_the_planted_motif_is_what_is_found(found):
    assert {one.sign for one in found.patterns} == {"positive"}
    assert found.patterns[0].name == "pos_1"
    assert sum(map(len, found.patterns)) >= NUMBER // 2
    for pattern in found.patterns:
        seen = consensus(pattern.probabilities[:, pattern.core])
        assert seen in ("GATAAGC", "GCTTATC")
        np.testing.assert_allclose(pattern.probabilities.sum(0), 1)


def test_its_seqlets_lie_where_it_was_planted_on_the_strand_it_was(found, planted):
    pattern = found.patterns[0]
    core = pattern.core
    forward = consensus(pattern.probabilities[:, core]) == "GATAAGC"
    right = [
        (end - core.stop if reverse else start + core.start) == planted[2][row]
        and reverse == (forward == bool(row % 2))
        for (row, start, end), reverse in zip(pattern.places, pattern.reverse, strict=True)
    ]
    assert np.mean(right) > 0.95


def test_its_file_is_laid_out_as_modiscos_own(found, tmp_path):
    found.write(tmp_path / "found.h5")
    with h5py.File(tmp_path / "found.h5") as file:
        assert list(file) == ["pos_patterns"]
        assert file.attrs["window_size"] == LENGTH
        pattern = file["pos_patterns/pattern_0"]
        np.testing.assert_allclose(pattern["sequence"][:].T, found.patterns[0].probabilities)
        assert pattern["seqlets/n_seqlets"][0] == len(found.patterns[0])
        assert "example_idx" in pattern["seqlets"]


def test_few_sequences_give_no_pattern_and_no_error(planted):
    assert find_motifs(planted[0][:20], planted[1][:20]).patterns == ()
    assert find_motifs(planted[0][:1], planted[1][:1]).patterns == ()


def test_short_sequences_and_zeros_are_refused(planted):
    with pytest.raises(InputError, match=r"sequences of 25 bp; TF-MoDISco needs 26 or more"):
        find_motifs(planted[0][:, :, :25], planted[1][:, :, :25])
    with pytest.raises(InputError, match="all attributions are zero"):
        find_motifs(planted[0], planted[1] * 0)


def test_without_modisco_lite_the_extra_is_named(planted, monkeypatch):
    for name in ("modiscolite", "modisco"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"needs modisco-lite: pip install 'seqcnn\[interpret\]'"):
        find_motifs(planted[0], planted[1])


def test_the_core_is_cut_where_contributions_become_weak():
    contribution = np.zeros((4, 7))
    contribution[0] = [0.1, 0.2, -0.4, 0.1, 1.0, 0.29, 0.0]
    pattern = Pattern(
        *("pos_1", "positive", contribution, contribution, contribution),
        places=np.zeros((0, 3), np.int64),
        reverse=np.zeros(0, bool),
    )
    assert pattern.core == slice(2, 5)

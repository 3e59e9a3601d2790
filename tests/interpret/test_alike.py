import numpy as np
import pytest

from seqcnn.interpret.alike import alike_groups, similarity


def sharp(letters: str) -> np.ndarray:
    matrix = np.full((4, len(letters)), 0.02)
    matrix[["ACGT".index(letter) for letter in letters], range(len(letters))] = 0.94
    return matrix


def test_a_motif_is_like_itself_moved_or_turned_round() -> None:
    motif = sharp("GATTACAG")
    assert similarity(motif, motif) == pytest.approx(1)
    assert similarity(motif, motif[:, 2:]) == pytest.approx(1)
    assert similarity(motif, motif[::-1, ::-1]) == pytest.approx(1)
    assert similarity(motif, motif[::-1, ::-1], both_strands=False) < 0.5


def test_similarity_is_the_correlation_of_columns_that_overlap() -> None:
    random = np.random.default_rng(0)
    one, other = random.dirichlet(np.ones(4), 5).T, random.dirichlet(np.ones(4), 5).T
    wanted = max(
        np.corrcoef(one.ravel(), target.ravel())[0, 1] for target in (other, other[::-1, ::-1])
    )
    assert similarity(one, other) == pytest.approx(wanted)  # 5 columns, so one offset


def test_a_short_overlap_does_not_count() -> None:
    assert similarity(sharp("CCCCGATT"), sharp("GATTGGGG")) < 0.8


def test_groups_have_their_first_member_in_front() -> None:
    motifs = [sharp(letters) for letters in ("GATTACA", "CCGGTTA", "TGTAATC", "ATTACAG")]
    assert alike_groups(motifs) == [[0, 2, 3], [1]]
    assert alike_groups(motifs, both_strands=False) == [[0, 3], [1], [2]]
    assert alike_groups([]) == []

import sys
from typing import Any

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from seqcnn.errors import InputError
from seqcnn.interpret.tomtom import benjamini_hochberg, tomtom

# What they use takes a minute to compile the first time: once, in one process of the tests.
pytestmark = pytest.mark.xdist_group("compiled")

memelite = pytest.importorskip("memelite")


def sharp(letters: str) -> np.ndarray:
    matrix = np.full((4, len(letters)), 0.02)
    matrix[["ACGT".index(letter) for letter in letters], range(len(letters))] = 0.94
    return matrix


def turned(letters: str) -> str:
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture(scope="module")
def targets() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    others = ["".join(random.choice(list("ACGT"), 10)) for _ in range(59)]
    return [sharp(letters) for letters in ["GATTACAGGC", *others]]


def test_a_piece_of_a_target_is_found_with_its_place(targets: list[np.ndarray]) -> None:
    ((best, second),) = tomtom([sharp("TTACAGG")], targets, most=2)
    assert (best.target, best.offset, best.overlap, best.strand) == (0, 2, 7, "+")
    assert best.p < 1e-3 < second.p


def test_a_query_may_hang_over_the_target(targets: list[np.ndarray]) -> None:
    ((best,),) = tomtom([sharp("CCGATTACA")], targets, most=1)
    assert (best.target, best.offset, best.overlap, best.strand) == (0, -2, 7, "+")


def test_the_other_strand_is_searched(targets: list[np.ndarray]) -> None:
    ((best,),) = tomtom([sharp(turned("TTACAGG"))], targets, most=1)
    # The query lies on the target's reverse complement, of which it skips the first base.
    assert (best.target, best.offset, best.overlap, best.strand) == (0, 1, 7, "-")


def test_e_is_p_times_targets_and_q_is_of_all_matches(targets: list[np.ndarray]) -> None:
    queries = [sharp("TTACAGG"), sharp("ACGTACG")]
    found = tomtom(queries, targets, most=len(targets))
    for matches in found:
        assert [match.e for match in matches] == [match.p * 60 for match in matches]
        assert [match.p for match in matches] == sorted(match.p for match in matches)
    every = np.array([match.p for matches in found for match in matches])
    q = np.array([match.q for matches in found for match in matches])
    np.testing.assert_allclose(q, false_discovery_control(every))


def test_q_values_are_those_of_scipy() -> None:
    p = np.random.default_rng(1).random((3, 20)) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p).ravel(), false_discovery_control(p.ravel()))


def test_few_targets_give_no_warning(targets: list[np.ndarray]) -> None:
    ((best,),) = tomtom([sharp("TTACAGG")], targets[:3], most=1)
    assert best.target == 0


def test_nothing_to_compare_gives_nothing(targets: list[np.ndarray]) -> None:
    assert tomtom([], targets) == []
    assert tomtom([sharp("ACGT")], []) == [[]]


def test_without_memelite_the_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, targets: list[np.ndarray]
) -> None:
    modules: dict[str, Any] = {"memelite": None}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(InputError, match=r"needs memelite: pip install 'seqcnn\[interpret\]'"):
        tomtom([sharp("ACGT")], targets)

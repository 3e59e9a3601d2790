from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from seqcnn.training import neighbours
from seqcnn.training.baselines import run_baselines
from seqcnn.training.knn import kmer_knn, knn_baselines
from seqcnn.training.neighbours import Search
from seqcnn.training.points import auroc

ROWS, COLUMNS = 120, 7


def matrix(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, COLUMNS)).astype(np.float32)


def knn(targets: Any, *, train: Any = None, test: Any = None, **more: Any) -> dict[str, Any]:
    train = matrix(ROWS, 0) if train is None else train
    test = matrix(40, 1) if test is None else test
    validation = matrix(30, 2) if "validation" not in more else more.pop("validation")
    rows = 10 + np.arange(validation.shape[0])
    options = {"kind": "binary", "name": "numbers", **more}
    return knn_baselines(train, np.asarray(targets), validation, rows, test, **options)


def line(*targets: float, ks: tuple[int, ...] = (1,), at: float = 0.0, **more: Any) -> list[Any]:
    """Scores at one place, of training rows that stand at 1, 2, 3, … on a line."""
    points = np.arange(1.0, 1 + len(targets))[:, None]
    place = np.array([[at]])
    found = knn(targets, train=points, test=place, validation=place, ks=ks, **more)
    return [found[f"{k}-NN on numbers"].scores.tolist()[0] for k in ks]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("k", [1, 3, 29])
def test_class_shares_are_those_of_scikit_learn(metric: str, k: int) -> None:
    labels = np.random.default_rng(3).integers(0, 4, ROWS)
    found = knn(labels, kind="multiclass", classes=4, metric=metric)
    oracle = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(matrix(ROWS, 0), labels)
    baseline = found[f"{k}-NN on numbers"]
    for scores, features in (
        (baseline.scores, matrix(40, 1)),
        (baseline.validation, matrix(30, 2)),
    ):
        np.testing.assert_allclose(scores, oracle.predict_proba(features), rtol=0, atol=1e-6)


def test_shares_of_two_tracks_are_those_of_scikit_learn() -> None:
    labels = np.random.default_rng(3).integers(0, 2, (ROWS, 2))
    found = knn(labels)["3-NN on numbers"]
    for track in range(2):
        oracle = KNeighborsClassifier(3).fit(matrix(ROWS, 0), labels[:, track])
        wanted = oracle.predict_proba(matrix(40, 1))[:, 1]
        np.testing.assert_allclose(found.scores[:, track], wanted, rtol=0, atol=1e-6)


def test_means_of_a_signal_are_those_of_scikit_learn() -> None:
    signal = matrix(ROWS, 4)[:, :3]
    found = knn(signal, kind="regression")["29-NN on numbers"]
    oracle = KNeighborsRegressor(29).fit(matrix(ROWS, 0), signal)
    np.testing.assert_allclose(found.scores, oracle.predict(matrix(40, 1)), rtol=0, atol=1e-5)


def test_by_default_there_are_1_3_and_29_neighbours() -> None:
    assert list(knn(np.ones(ROWS))) == ["1-NN on numbers", "3-NN on numbers", "29-NN on numbers"]


def test_each_k_is_the_share_among_so_many() -> None:
    assert line(1, 0, 0, 1, ks=(1, 2, 4)) == [[1.0], [0.5], [0.5]]


def test_one_search_serves_every_k(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    original = Search.nearest

    def nearest(self: Search, features: Any, k: int) -> Any:
        asked.append(k)
        return original(self, features, k)

    monkeypatch.setattr(Search, "nearest", nearest)
    knn(np.ones(ROWS), ks=(3, 1, 5))
    assert asked == [5, 5]  # validation and test


def test_missing_targets_are_left_out_of_the_share() -> None:
    assert line(1, np.nan, 0, 0, ks=(2, 3)) == [[1.0], [0.5]]


def test_the_mean_of_all_rows_stands_in_where_no_neighbour_has_a_target() -> None:
    assert line(np.nan, 1, 0, 0, 0) == [[0.25]]


def test_a_track_without_any_target_scores_a_half() -> None:
    assert line(np.nan, np.nan) == [[0.5]]


def test_rows_without_a_class_are_left_out_of_the_shares() -> None:
    three = line(2, np.nan, 0, -1, kind="multiclass", classes=3, ks=(2, 3, 4))
    assert three == [[0, 0, 1], [0.5, 0, 0.5], [0.5, 0, 0.5]]


def test_classes_that_training_lacks_have_a_column() -> None:
    assert line(0, 1, kind="multiclass", classes=4) == [[1, 0, 0, 0]]


def test_equally_near_rows_count_in_their_order() -> None:
    train = np.array([[3.0], [1], [-1], [1], [-1]])
    search = Search(train, "euclidean")
    (nearest,) = search.nearest(np.zeros((1, 1)), 3)
    assert nearest.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_many_equal_rows_are_found_in_their_order_however_the_work_is_cut(
    metric: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    distinct = generator.standard_normal((5, 301)).astype(np.float32)
    kinds = generator.integers(0, 5, 333)
    queries = distinct[[3, 0, 2, 4, 1, 3, 3]] + np.float32(0.001)
    wanted = [np.flatnonzero(kinds == kind)[:29].tolist() for kind in (3, 0, 2, 4, 1, 3, 3)]
    for most in (1, 2, 5, 4096):
        monkeypatch.setattr(neighbours, "MOST", most)
        parts = list(Search(distinct[kinds], metric).nearest(queries, 29))
        assert np.concatenate(parts).tolist() == wanted


def test_near_ones_are_told_apart_beyond_the_rounding_of_float32_products() -> None:
    # So far from zero a float32 product is off by more than these distances.
    train = (10_000 + np.arange(16, 0, -1)[:, None] / 8).astype(np.float32)
    (nearest,) = Search(train, "euclidean").nearest(np.array([[10_000.0]]), 3)
    assert nearest.tolist() == [[15, 14, 13]]


def test_the_cosine_does_not_see_lengths() -> None:
    train = np.array([[1.0, 0], [100, 100]])
    (euclidean,) = Search(train, "euclidean").nearest(np.array([[1.0, 0.9]]), 1)
    (cosine,) = Search(train, "cosine").nearest(np.array([[1.0, 0.9]]), 1)
    assert (euclidean.tolist(), cosine.tolist()) == ([[0]], [[1]])


def test_a_row_of_zeros_is_at_a_right_angle_to_all() -> None:
    (nearest,) = Search(np.array([[-1.0], [0], [1]]), "cosine").nearest(np.array([[1.0]]), 3)
    assert nearest.tolist() == [[2, 1, 0]]


def test_sparse_features_score_like_dense_ones() -> None:
    labels = np.arange(ROWS) % 2
    dense = [matrix(rows, seed).clip(0) for rows, seed in ((ROWS, 0), (40, 1), (30, 2))]
    found = [
        knn(labels, train=make(dense[0]), test=make(dense[1]), validation=make(dense[2]))
        for make in (np.asarray, csr_matrix)
    ]
    np.testing.assert_array_equal(*(each["3-NN on numbers"].scores for each in found))


def test_with_fewer_rows_than_k_all_are_neighbours_and_the_settings_say_so() -> None:
    train, labels = matrix(4, 0), np.array([1, 0, 0, 0])
    found = knn(labels, train=train)["29-NN on numbers"]
    assert np.unique(found.scores).tolist() == [0.25]
    assert (found.settings["neighbours"], found.settings["rows"]) == (4, 4)


def test_at_most_so_many_training_rows_are_searched_and_every_test_row_scored() -> None:
    found = knn(np.arange(ROWS) % 2, max_rows=50)["3-NN on numbers"]
    assert found.settings["rows"] == 50
    assert (len(found.scores), len(found.validation)) == (40, 30)


def test_the_seed_chooses_the_training_rows() -> None:
    def scores(seed: int) -> list[float]:
        found = knn(np.arange(ROWS), kind="regression", max_rows=50, seed=seed)
        return found["1-NN on numbers"].scores.ravel().tolist()

    assert scores(1) == scores(1)
    assert scores(1) != scores(2)


def test_targets_stay_with_their_rows_when_rows_are_drawn() -> None:
    train = np.arange(200.0)[:, None]
    same = {"train": train, "test": train, "validation": train}
    found = knn(np.arange(200), **same, kind="regression", max_rows=60, ks=(1,))
    scores = found["1-NN on numbers"].scores.ravel()
    assert len(set(scores)) == 60
    assert np.abs(scores - np.arange(200)).max() < 30


def test_numbers_of_validation_rows_are_handed_on() -> None:
    found = knn(np.ones(ROWS))["1-NN on numbers"]
    assert found.validation_rows.tolist() == list(range(10, 40))


def test_no_rows_to_score_give_no_scores() -> None:
    found = knn(np.ones((ROWS, 2)), test=np.zeros((0, COLUMNS)))["1-NN on numbers"]
    assert found.scores.shape == (0, 2)


def test_features_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        knn(np.ones(ROWS), test=np.full((1, COLUMNS), np.nan))


def test_no_training_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no training rows"):
        knn(np.ones(0), train=np.zeros((0, COLUMNS)))


def test_no_neighbours_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        knn(np.ones(ROWS), ks=(0, 1))


def planted(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of the sequences are made of copies of one motif, with letters between."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (rows, 60)).astype(np.uint8)
    labels = (np.arange(rows) % 2).astype(np.float32)[:, None]
    for start in (3, 17, 31, 45):
        codes[1::2, start : start + 8] = (1, 0, 1, 2, 3, 2, 0, 0)
    return codes, labels


def splits() -> tuple[np.ndarray, ...]:
    return (*planted(200, 0), *planted(50, 1), *planted(80, 2))


def test_neighbours_by_6_mers_find_a_planted_motif() -> None:
    found = kmer_knn(*splits(), kind="binary")
    assert list(found) == ["1-NN on 6-mers", "3-NN on 6-mers", "29-NN on 6-mers"]
    assert auroc(found["29-NN on 6-mers"].scores, splits()[-1])[0] > 0.99


def test_kmer_neighbours_are_those_of_scikit_learn() -> None:
    given = splits()
    labels = np.random.default_rng(7).integers(0, 2, (200, 1)).astype(np.float32)
    texts = [["".join("ACGT"[c] for c in row) for row in given[part]] for part in (0, 4)]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3))
    train, test = vectorizer.fit_transform(texts[0]), vectorizer.transform(texts[1])
    oracle = KNeighborsClassifier(9, metric="cosine").fit(train, labels.ravel())
    found = kmer_knn(given[0], labels, *given[2:], kind="binary", stranded=True, k=3, ks=(9,))
    wanted = oracle.predict_proba(test)[:, 1]
    np.testing.assert_allclose(found["9-NN on 3-mers"].scores[:, 0], wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("stranded", "columns"), [(False, 2080), (True, 4096)])
def test_strands_share_their_words_unless_stranded(stranded: bool, columns: int) -> None:
    found = kmer_knn(*splits(), kind="binary", stranded=stranded)["1-NN on 6-mers"]
    assert found.settings["columns"] == columns


def test_sequences_may_come_from_a_function_of_rows() -> None:
    train, *rest = splits()
    one = kmer_knn(train, *rest, kind="binary")["3-NN on 6-mers"]
    other = kmer_knn(lambda rows: train[rows], *rest, kind="binary")["3-NN on 6-mers"]
    np.testing.assert_array_equal(one.scores, other.scores)


def test_rows_validated_on_are_those_of_the_linear_baselines() -> None:
    options: dict[str, Any] = {"kind": "binary", "seed": 5, "max_rows": 20}
    found = kmer_knn(*splits(), **options)["1-NN on 6-mers"]
    linear = run_baselines(*splits(), **options)["6-mer"]
    assert (found.settings["rows"], len(found.scores)) == (20, 80)
    np.testing.assert_array_equal(found.validation_rows, linear.validation_rows)


def test_sequences_without_a_word_are_scored_too() -> None:
    *given, _, labels = splits()
    unknown = np.full((80, 60), 4, np.uint8)
    found = kmer_knn(*given, unknown, labels, kind="binary", ks=(2,))["2-NN on 6-mers"]
    assert np.unique(found.scores).tolist() == [0.5]  # the first two rows, as good as any


def test_classes_are_counted_in_every_split() -> None:
    train, labels, validation, _, test, _ = splits()
    found = kmer_knn(
        train,
        labels.ravel(),
        validation,
        np.zeros(50),
        test,
        np.full(80, 3.0),
        kind="multiclass",
    )
    assert found["1-NN on 6-mers"].scores.shape == (80, 4)


def test_seconds_are_measured() -> None:
    assert all(found.seconds > 0 for found in kmer_knn(*splits(), kind="binary").values())

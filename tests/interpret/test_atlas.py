"""Atlases and neighbours against other implementations and a search through all pairs."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

from seqcnn.errors import InputError
from seqcnn.interpret.atlas import (
    nearest_inputs,
    principal_components,
    purity,
    tsne_points,
    umap_points,
)


def clouds(number: int = 40, dim: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Two clouds far apart, and which is which."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(number, dim)) * np.arange(1, dim + 1)
    of = np.arange(number) % 2
    return (vectors + 30 * of[:, None]).astype(np.float32), of


def separation(points: np.ndarray, of: np.ndarray) -> float:
    """Share of points whose nearest other is of their own cloud."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((of[apart.argmin(1)] == of).mean())


def test_principal_components_are_those_of_scikit_learn() -> None:
    vectors, _ = clouds()
    found = principal_components(vectors, 4)
    fitted = PCA(4, svd_solver="full").fit(vectors)
    np.testing.assert_allclose(found.share, fitted.explained_variance_ratio_, rtol=1e-5)
    np.testing.assert_allclose(
        np.abs(found.points), np.abs(fitted.transform(vectors)), rtol=1e-4, atol=1e-4
    )


def test_the_largest_part_of_each_axis_is_positive() -> None:
    vectors, _ = clouds()
    points = principal_components(vectors, 2).points
    mirrored = principal_components(vectors[::-1].copy(), 2).points
    np.testing.assert_allclose(points, mirrored[::-1], atol=1e-5)


def test_fewer_inputs_than_components_give_what_there_is() -> None:
    found = principal_components(np.eye(3, 50, dtype=np.float32), 10)
    assert found.points.shape == (3, 3)
    assert found.share.sum() == pytest.approx(1)


def test_equal_inputs_lie_in_one_point() -> None:
    found = principal_components(np.ones((5, 4), np.float32), 2)
    assert not found.points.any()
    assert found.share.tolist() == [0, 0]


@pytest.mark.parametrize("number", [6, 40])
def test_tsne_comes_out_the_same_and_keeps_clouds_apart(number: int) -> None:
    vectors, of = clouds(number)
    points = tsne_points(vectors, seed=3)
    assert points.shape == (number, 2)
    np.testing.assert_array_equal(points, tsne_points(vectors, seed=3))
    if number == 40:
        assert separation(points, of) == 1


def test_umap_is_seeded_and_given_at_most_fifty_components(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package compiles for a minute before its first atlas, so a stand-in says what it gets.
    asked: list[dict[str, Any]] = []

    class Standin:
        def __init__(self, **how: Any) -> None:
            asked.append(how)

        def fit_transform(self, vectors: np.ndarray) -> np.ndarray:
            asked[-1]["given"] = vectors.shape
            return vectors[:, :2]

    module = ModuleType("umap")
    module.UMAP = Standin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", module)
    vectors = np.random.default_rng(0).normal(size=(60, 200)).astype(np.float32)
    points = umap_points(vectors, seed=7)
    assert points.shape == (60, 2)
    assert asked == [
        {"n_neighbors": 15, "random_state": 7, "n_jobs": 1, "init": "spectral", "given": (60, 50)}
    ]
    umap_points(vectors[:6], seed=7)
    assert (asked[1]["n_neighbors"], asked[1]["init"]) == (5, "random")


def test_without_umap_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match=r"pip install 'seqcnn\[interpret\]'"):
        umap_points(np.eye(8, dtype=np.float32))


def test_a_layout_of_too_few_inputs_is_refused() -> None:
    with pytest.raises(InputError, match="t-SNE needs 5 inputs or more; there are 4"):
        tsne_points(np.eye(4, dtype=np.float32))


def test_neighbours_are_those_of_a_search_through_all_pairs() -> None:
    vectors = np.random.default_rng(1).normal(size=(30, 5)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    near, found = nearest_inputs(vectors, 4)
    for row in range(30):
        order = [other for other in np.argsort(-cosine[row]) if other != row][:4]
        assert near[row].tolist() == order
        np.testing.assert_allclose(found[row], cosine[row, order], rtol=1e-5)


def test_an_input_is_never_its_own_neighbour_among_equal_ones() -> None:
    near, cosine = nearest_inputs(np.ones((6, 3), np.float32), 2)
    assert not (near == np.arange(6)[:, None]).any()
    assert near[5].tolist() == [0, 1]
    np.testing.assert_allclose(cosine, 1)


def test_all_others_are_given_where_there_are_few() -> None:
    near, _ = nearest_inputs(np.eye(3, dtype=np.float32), 10)
    assert near.tolist() == [[1, 2], [0, 2], [0, 1]]


def test_purity_is_the_share_of_neighbours_with_the_same_label() -> None:
    labels = np.array([0, 0, 1, 1])
    near = np.array([[1, 2], [0, 2], [3, 0], [2, 0]])
    found = purity(labels, near)
    assert found.each.tolist() == [0.5, 0.5, 0.5, 0.5]
    assert found.mean == 0.5
    assert found.by_chance == pytest.approx(1 / 3)

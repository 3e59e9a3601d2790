"""Points of an atlas of many inputs, their nearest neighbours, and how pure those are."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.linalg import svd

from seqcnn.errors import InputError
from seqcnn.training.neighbours import Search

PERPLEXITY = 30.0  # of t-SNE, in atlases of 91 points or more
NEAREST = 15  # of UMAP, as many where there are
REDUCED = 50  # principal components that t-SNE and UMAP are given, at most


class Components(NamedTuple):
    """Points (N, n) on the first principal components, and the `share` (n,) of the variance that
    each of them has."""

    points: np.ndarray
    share: np.ndarray


class Purity(NamedTuple):
    """Share (N,) of each input's neighbours with its own label, their `mean`, and the share that
    neighbours drawn `by_chance` have."""

    each: np.ndarray
    mean: float
    by_chance: float


def principal_components(vectors: np.ndarray, number: int = 2) -> Components:
    """The first principal components of vectors (N, D), fewer where N or D is smaller.

    The largest part of each axis is positive, so that a picture comes out the same each time.
    """
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    left, size, axes = svd(centred, full_matrices=False, lapack_driver="gesvd")
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])
    number = min(number, len(size))
    total = float((size**2).sum())
    share = size**2 / total if total > 0 else np.zeros_like(size)
    return Components((left * size * np.where(signs == 0, 1, signs))[:, :number], share[:number])


def tsne_points(vectors: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Points (N, 2) of t-SNE (van der Maaten and Hinton 2008), from principal components.

    Perplexity is 30, or a third of the points where that is less.

    Raises:
        InputError: fewer than 5 vectors.
    """
    from sklearn.manifold import TSNE

    _require(vectors, 5, "t-SNE")
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    fitted = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, n_jobs=1)
    return np.asarray(fitted.fit_transform(_reduced(vectors)))


def umap_points(vectors: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Points (N, 2) of UMAP (McInnes, Healy and Melville 2018), from principal components.

    Raises:
        InputError: umap-learn is not installed, or fewer than 5 vectors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of parts that are not asked for
        try:
            from umap import UMAP
        except ImportError:
            raise InputError(
                "--method umap needs umap-learn: pip install 'seqcnn[interpret]'"
            ) from None
        _require(vectors, 5, "UMAP")
        nearest = min(NEAREST, len(vectors) - 1)
        # Spectral layouts need more points than axes.
        init = "spectral" if len(vectors) > 10 else "random"
        fitted = UMAP(n_neighbors=nearest, random_state=seed, n_jobs=1, init=init)
        return np.asarray(fitted.fit_transform(_reduced(vectors)), np.float64)


def nearest_inputs(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest others (N, k) of each of vectors (N, D), nearest first, and their cosines.

    Of equally near ones the first comes first; fewer than k others are all given.
    """
    k = min(k, len(vectors) - 1)
    found = np.concatenate(list(Search(vectors, "cosine").nearest(vectors, k + 1)))
    own = found == np.arange(len(vectors))[:, None]
    # Of many equal vectors an input may not be among its own nearest.
    own[~own.any(1), -1] = True
    near = found[~own].reshape(len(vectors), k)
    length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit = vectors / np.where(length > 0, length, 1.0)
    cosine = np.stack([(unit * unit[near[:, column]]).sum(1) for column in range(k)], 1)
    return near, cosine


def purity(labels: np.ndarray, near: np.ndarray) -> Purity:
    """How often neighbours (N, k) have the label (N,) of the input that they are nearest to.

    By chance: the share of all other inputs with the same label, the mean over inputs.
    """
    each = (labels[near] == labels[:, None]).mean(1)
    _, group, size = np.unique(labels, return_inverse=True, return_counts=True)
    others = (size[group] - 1) / max(len(labels) - 1, 1)
    return Purity(each, float(each.mean()), float(others.mean()))


def _reduced(vectors: np.ndarray) -> np.ndarray:
    if vectors.shape[1] <= REDUCED:
        return vectors.astype(np.float32)
    return principal_components(vectors, REDUCED).points.astype(np.float32)


def _require(vectors: np.ndarray, fewest: int, name: str) -> None:
    if len(vectors) < fewest:
        raise InputError(f"{name} needs {fewest} inputs or more; there are {len(vectors)}")

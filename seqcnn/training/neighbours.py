"""Exact search for the nearest rows of a matrix, with equally near ones in their order.

Libraries leave ties to the order of a heap and to the rounding of a blocked product. Here the
product of a chunk only finds candidates; those few are measured again, each pair by itself, so
that equal rows are equally far and the first of them wins, however the work is cut.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix

Metric = Literal["cosine", "euclidean"]
Features: TypeAlias = np.ndarray | csr_matrix

PAIRS = 2**24  # distances, or features, held at once
MOST = 4096  # rows at a time
ROUNDING = 2e-5  # at most, of a blocked float32 product, relative to its rows' lengths


class Search:
    """Training rows, searched for the nearest to others."""

    def __init__(self, train: Features, metric: Metric) -> None:
        self.metric = metric
        self.train = self._dense(train)
        squares = _squares(self.train)
        self.longest = float(np.sqrt(squares.max()))
        # |a - b|^2 = |b|^2 - 2ab + what all b share. A row of zeros has a cosine of 0 to all.
        self.offsets = squares if metric == "euclidean" else np.zeros_like(squares)

    def nearest(self, features: Features, k: int) -> Iterator[np.ndarray]:
        """Numbers (n, k) of the nearest training rows, nearest first, some rows at a time."""
        number = len(self.train)
        k = min(k, number)
        offsets = self.offsets.astype(np.float32)
        step = min(max(PAIRS // max(self.train.shape), 1), MOST)
        for start in range(0, features.shape[0], step):
            rows = self._dense(features[start : start + step])
            rough = rows @ self.train.T
            rough *= -2
            rough += offsets
            unsure = 2 * ROUNDING * (np.sqrt(_squares(rows)) + self.longest) ** 2
            limit = np.partition(rough, k - 1, axis=1)[:, k - 1] + unsure
            near, candidate = np.nonzero(rough <= limit[:, None])
            exact = _exact(rows, self.train, self.offsets, near, candidate)
            order = np.lexsort((candidate, exact, near))
            first = np.searchsorted(near, np.arange(len(rows)))
            yield candidate[order[first[:, None] + np.arange(k)]]

    def _dense(self, features: Features) -> np.ndarray:
        dense = features if isinstance(features, np.ndarray) else features.toarray()
        dense = np.ascontiguousarray(dense, dtype=np.float32)
        if not np.isfinite(dense).all():
            raise ValueError("features hold numbers that are not finite; neighbours need all")
        if self.metric == "euclidean":
            return dense
        lengths = np.sqrt(_squares(dense))
        unit: np.ndarray = dense / np.where(lengths > 0, lengths, 1.0)[:, None].astype(np.float32)
        return unit


@njit(cache=True)
def _exact(
    rows: np.ndarray,
    train: np.ndarray,
    offsets: np.ndarray,
    near: np.ndarray,
    candidate: np.ndarray,
) -> np.ndarray:
    """Offset - 2 row . training row of each pair, summed in one order in float64."""
    found = np.empty(len(near))
    for pair in range(len(near)):
        row, other = rows[near[pair]], train[candidate[pair]]
        product = 0.0
        for column in range(len(row)):
            product += np.float64(row[column]) * np.float64(other[column])
        found[pair] = offsets[candidate[pair]] - 2 * product
    return found


@njit(cache=True)
def _squares(rows: np.ndarray) -> np.ndarray:
    """Squared length of each row; float64, the same wherever the row stands."""
    found = np.zeros(len(rows))
    for row in range(len(rows)):
        for column in range(rows.shape[1]):
            found[row] += np.float64(rows[row, column]) ** 2
    return found

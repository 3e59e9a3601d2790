"""Cluster bootstrap: whole groups of rows are drawn again, never single rows of a group."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# An interval over a smaller share of defined replicates would hide how little data there is:
# with positives in one or two groups, many replicates have none.
DEFINED_SHARE = 0.9


class Interval(NamedTuple):
    """A value with its 95 % bootstrap percentile interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


def dense_groups(groups: np.ndarray | None, rows: int) -> tuple[np.ndarray, int]:
    """Group numbers 0..n-1 of each row as int32 `(rows,)`, and n; each row alone for None."""
    if groups is None:
        return np.arange(rows, dtype=np.int32), rows
    names, inverse = np.unique(np.asarray(groups), return_inverse=True)
    if len(inverse) != rows:
        raise ValueError(f"groups has {len(inverse)} rows, the predictions have {rows}")
    return inverse.astype(np.int32), len(names)


def resample(
    statistic: Callable[[np.ndarray], np.ndarray], groups: int, seed: int, replicates: int
) -> np.ndarray:
    """Values of `statistic(weights)` as `(1 + replicates, *shape)`; the first with all weights 1.

    `weights` is int64 `(groups,)`: how often each group was drawn. The weights depend only on
    `seed`, `groups` and the replicate, so two calls are paired.
    """
    generator = np.random.default_rng(seed)
    point = np.asarray(statistic(np.ones(groups, dtype=np.int64)), dtype=np.float64)
    values = np.empty((1 + replicates, *point.shape))
    values[0] = point
    for replicate in range(replicates):
        drawn = generator.integers(0, groups, groups)
        values[1 + replicate] = statistic(np.bincount(drawn, minlength=groups))
    return values


def interval(values: np.ndarray) -> Interval:
    """The interval of the values `(1 + replicates,)` of one statistic, the point first.

    Replicates that lack a class are left out; if more than a tenth do, low and high are NaN.
    """
    point, replicates = float(values[0]), values[1:]
    defined = replicates[np.isfinite(replicates)]
    if not np.isfinite(point) or len(defined) < DEFINED_SHARE * len(replicates):
        return Interval(point, float("nan"), float("nan"))
    low, high = np.quantile(defined, (0.025, 0.975))
    return Interval(point, float(low), float(high))


def mean_over_tracks(values: np.ndarray) -> np.ndarray:
    """Mean over the tracks that have a point value, in every replicate: `(1 + R, T)` -> `(1 + R,)`.

    A track undefined in one replicate takes the mean deviation of the others there, so that its
    absence does not shift the mean.
    """
    values = values[:, np.isfinite(values[0])]
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    deviation = values - values[0]
    defined = np.isfinite(deviation)
    counts = defined.sum(1)
    sums = np.where(defined, deviation, 0.0).sum(1)
    shift = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    result: np.ndarray = values[0].mean() + shift
    return result

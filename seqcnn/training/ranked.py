"""Scores of ranked predictions under integer row weights, in one pass over presorted arrays.

A bootstrap resample is a weight (how often it was drawn) for every group of rows. The order of
the predictions never changes, so a replicate costs one pass instead of a sort. Ties are treated
as scikit-learn does: all rows of one score enter together.
"""

from typing import NamedTuple

import numpy as np
from numba import njit


class RankedTrack(NamedTuple):
    """Rows of one track in falling order of score."""

    label: np.ndarray  # uint8 (n,)
    ends: np.ndarray  # bool (n,): the last row of its score
    called: np.ndarray  # uint8 (n,): predicted positive
    group: np.ndarray  # int32 (n,)


def rank_track(
    scores: np.ndarray, labels: np.ndarray, called: np.ndarray, group: np.ndarray
) -> RankedTrack:
    """Sort the rows `(n,)` of one track once, for `ranked_scores`."""
    order = np.argsort(-scores, kind="stable")
    return RankedTrack(
        labels[order].astype(np.uint8),
        last_of_ties(scores[order]),
        called[order].astype(np.uint8),
        group[order].astype(np.int32),
    )


def last_of_ties(ordered: np.ndarray) -> np.ndarray:
    """True at the last row of each run of equal values of an ordered array `(n,)`."""
    ends = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=ends[:-1])
    return ends


@njit(cache=True)
def ranked_scores(
    label: np.ndarray, ends: np.ndarray, called: np.ndarray, group: np.ndarray, weights: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """AUROC, AUPRC (average precision) and confusion counts (4,) under weights by group.

    The counts are hits, false alarms, misses, right rejections. Both areas are NaN when a class
    has no weight.
    """
    counts = np.zeros(4, np.int64)
    positives = np.int64(0)  # above the current score
    negatives = np.int64(0)
    block_positives = np.int64(0)  # at the current score
    block_negatives = np.int64(0)
    pairs = 0.0
    precision_sum = 0.0
    for i in range(len(label)):
        weight = np.int64(weights[group[i]])
        if label[i]:
            block_positives += weight
            counts[0 if called[i] else 2] += weight
        else:
            block_negatives += weight
            counts[1 if called[i] else 3] += weight
        if ends[i]:
            if block_positives:
                seen = positives + block_positives
                precision_sum += block_positives * (seen / (seen + negatives + block_negatives))
            pairs += block_negatives * (positives + 0.5 * block_positives)
            positives += block_positives
            negatives += block_negatives
            block_positives = np.int64(0)
            block_negatives = np.int64(0)
    if positives == 0 or negatives == 0:
        return np.nan, np.nan, counts
    return pairs / (np.float64(positives) * negatives), precision_sum / positives, counts


class PairedTrack(NamedTuple):
    """Predictions x and targets y of one track, sorted by each, for `paired_scores`."""

    x_ends: np.ndarray  # bool (n,), rows by rising x: the last of its value
    x_group: np.ndarray  # int32 (n,), rows by rising x
    to_y: np.ndarray  # int32 (n,): place in the order of y of each row by rising x
    y_ends: np.ndarray  # bool (n,), rows by rising y
    y_group: np.ndarray  # int32 (n,), rows by rising y
    x: np.ndarray  # float64 (n,), rows by rising y, less their mean
    y: np.ndarray  # float64 (n,), rows by rising y, less their mean
    offset: float  # mean of x less mean of y
    ranks: np.ndarray  # float64 (n,), scratch


def pair_track(x: np.ndarray, y: np.ndarray, group: np.ndarray) -> PairedTrack:
    """Sort the rows `(n,)` of one track once, for `paired_scores`."""
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    place = np.empty(len(x), dtype=np.int32)
    place[y_order] = np.arange(len(x), dtype=np.int32)
    x_mean, y_mean = (_center(x), _center(y)) if len(x) else (0.0, 0.0)
    return PairedTrack(
        last_of_ties(x[x_order]),
        group[x_order],
        place[x_order],
        last_of_ties(y[y_order]),
        group[y_order],
        x[y_order] - x_mean,
        y[y_order] - y_mean,
        x_mean - y_mean,
        np.empty(len(x)),
    )


def _center(values: np.ndarray) -> float:
    # The mean of equal values may differ from them by rounding; this leaves exact zeros.
    return float(values[0] if (values == values[0]).all() else values.mean())


@njit(cache=True)
def paired_scores(
    x_ends: np.ndarray,
    x_group: np.ndarray,
    to_y: np.ndarray,
    y_ends: np.ndarray,
    y_group: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    offset: float,
    ranks: np.ndarray,
    weights: np.ndarray,
) -> tuple[float, float, float]:
    """Pearson, Spearman (average ranks) and mean squared error under weights by group.

    A correlation is NaN when one side has a single value.
    """
    total = np.int64(0)
    start = 0
    block = np.int64(0)
    for i in range(len(x_ends)):
        block += np.int64(weights[x_group[i]])
        if x_ends[i]:
            rank = total + 0.5 * (block + 1)
            for j in range(start, i + 1):
                ranks[to_y[j]] = rank
            total += block
            block = np.int64(0)
            start = i + 1
    if total == 0:
        return np.nan, np.nan, np.nan
    middle = 0.5 * (total + 1)
    below = np.int64(0)
    rank_sum = rank_xy = rank_xx = rank_yy = 0.0
    sum_x = sum_y = sum_xx = sum_yy = sum_xy = error = 0.0
    for i in range(len(y_ends)):
        drawn = np.int64(weights[y_group[i]])
        weight = np.float64(drawn)
        x_rank = ranks[i] - middle
        block += drawn
        rank_sum += weight * x_rank
        rank_xx += weight * x_rank * x_rank
        sum_x += weight * x[i]
        sum_y += weight * y[i]
        sum_xx += weight * x[i] * x[i]
        sum_yy += weight * y[i] * y[i]
        sum_xy += weight * x[i] * y[i]
        error += weight * (x[i] - y[i] + offset) ** 2
        if y_ends[i]:
            y_rank = below + 0.5 * (block + 1) - middle
            rank_xy += rank_sum * y_rank
            rank_yy += block * y_rank * y_rank
            below += block
            block = np.int64(0)
            rank_sum = 0.0
    pearson = spearman = np.nan
    x_square = sum_xx - sum_x * sum_x / total
    y_square = sum_yy - sum_y * sum_y / total
    # Ranks are exact, so they say whether a side is constant; sums may leave rounding noise.
    if rank_xx > 0 and rank_yy > 0:
        spearman = rank_xy / np.sqrt(rank_xx * rank_yy)
        if x_square > 0 and y_square > 0:
            pearson = (sum_xy - sum_x * sum_y / total) / np.sqrt(x_square * y_square)
    return pearson, spearman, error / total


@njit(cache=True)
def confusion(
    truth: np.ndarray,
    called: np.ndarray,
    group: np.ndarray,
    weights: np.ndarray,
    classes: int,
) -> np.ndarray:
    """Confusion counts `(classes, classes)`, truth by row, under weights by group."""
    counts = np.zeros((classes, classes), np.int64)
    for i in range(len(truth)):
        counts[truth[i], called[i]] += np.int64(weights[group[i]])
    return counts


def confusion_scores(counts: np.ndarray) -> dict[str, float]:
    """MCC, F1, accuracy and balanced accuracy of binary confusion counts (4,).

    All are NaN when a class is absent; MCC is 0 when everything is called one way, F1 is 0 when
    nothing is called, as in scikit-learn.
    """
    hits, false_alarms, misses, rejections = (float(count) for count in counts)
    positives, negatives = hits + misses, false_alarms + rejections
    if positives == 0 or negatives == 0:
        return dict.fromkeys(("mcc", "f1", "accuracy", "balanced_accuracy"), float("nan"))
    scale = (hits + false_alarms) * (misses + rejections) * positives * negatives
    mcc = (hits * rejections - false_alarms * misses) / scale**0.5 if scale else 0.0
    return {
        "mcc": mcc,
        "f1": 2 * hits / (2 * hits + false_alarms + misses),
        "accuracy": (hits + rejections) / (positives + negatives),
        "balanced_accuracy": (hits / positives + rejections / negatives) / 2,
    }


def multiclass_scores(counts: np.ndarray) -> dict[str, float]:
    """Accuracy and multi-class MCC (R_K, Gorodkin 2004) of confusion counts `(C, C)`."""
    counts = counts.astype(np.float64)
    total, right = counts.sum(), np.trace(counts)
    true, called = counts.sum(1), counts.sum(0)
    if total == 0 or np.count_nonzero(true) < 2:
        return {"accuracy": right / total if total else float("nan"), "mcc": float("nan")}
    scale = (total**2 - called @ called) * (total**2 - true @ true)
    mcc = (right * total - called @ true) / scale**0.5 if scale > 0 else 0.0
    return {"accuracy": float(right / total), "mcc": float(mcc)}

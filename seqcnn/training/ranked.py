"""Scores of ranked predictions under integer row weights, in one pass over presorted arrays.

A bootstrap resample is a weight (how often it was drawn) for every group of rows. The order of
the predictions never changes, so a replicate costs one pass instead of a sort. Ties are treated
as scikit-learn does: all rows of one score enter together.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, TRUE_NEGATIVE = range(4)


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
    """AUROC, AUPRC (average precision) and the confusion counts (4,) under weights by group.

    Both areas are NaN when a class has no weight.
    """
    counts = np.zeros(4, np.int64)
    positives = 0  # above the current score
    negatives = 0
    block_positives = 0  # at the current score
    block_negatives = 0
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
            block_positives = 0
            block_negatives = 0
    if positives == 0 or negatives == 0:
        return np.nan, np.nan, counts
    return pairs / (np.float64(positives) * negatives), precision_sum / positives, counts


@njit(cache=True)
def rank_correlation(
    x_order: np.ndarray,
    x_ends: np.ndarray,
    y_order: np.ndarray,
    y_ends: np.ndarray,
    group: np.ndarray,
    weights: np.ndarray,
    ranks: np.ndarray,
) -> float:
    """Spearman correlation with average ranks under weights by group; `ranks` is scratch (n,).

    The orders list rows by rising value, the ends flag the last row of each tie. NaN when one
    side has a single rank.
    """
    total = np.int64(0)
    start = 0
    for i in range(len(x_order)):
        if not x_ends[i]:
            continue
        block = np.int64(0)
        for j in range(start, i + 1):
            block += np.int64(weights[group[x_order[j]]])
        rank = total + 0.5 * (block + 1)
        for j in range(start, i + 1):
            ranks[x_order[j]] = rank
        total += block
        start = i + 1
    middle = 0.5 * (total + 1)
    below = np.int64(0)
    start = 0
    products = x_squares = y_squares = 0.0
    for i in range(len(y_order)):
        if not y_ends[i]:
            continue
        block = np.int64(0)
        x_sum = 0.0
        for j in range(start, i + 1):
            weight = np.int64(weights[group[y_order[j]]])
            x_rank = ranks[y_order[j]] - middle
            block += weight
            x_sum += weight * x_rank
            x_squares += weight * x_rank * x_rank
        y_rank = below + 0.5 * (block + 1) - middle
        products += x_sum * y_rank
        y_squares += block * y_rank * y_rank
        below += block
        start = i + 1
    if x_squares <= 0 or y_squares <= 0:
        return np.nan
    return products / np.sqrt(x_squares * y_squares)


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

"""Motifs that are alike, such as filters that learned the same one."""

from collections.abc import Sequence

import numpy as np

ALIKE = 0.8  # correlation of columns under each other
FEWEST_COLUMNS = 5


def similarity(one: np.ndarray, other: np.ndarray, *, both_strands: bool = True) -> float:
    """The highest correlation of two motifs (4, w) at any offset, on either strand.

    Numbers of all columns that lie over each other are correlated: at least 5, or as many as the
    shorter motif has, and at least two thirds of the shorter.
    """
    turned = [other, other[::-1, ::-1]] if both_strands else [other]
    shorter = min(one.shape[1], other.shape[1])
    fewest = max(min(FEWEST_COLUMNS, shorter), -(-2 * shorter // 3))
    best = -1.0
    for target in turned:
        for offset in range(fewest - one.shape[1], target.shape[1] - fewest + 1):
            first, last = max(offset, 0), min(offset + one.shape[1], target.shape[1])
            if last - first >= fewest:
                under = one[:, first - offset : last - offset]
                best = max(best, _correlation(under, target[:, first:last]))
    return best


def alike_groups(
    motifs: Sequence[np.ndarray], *, least: float = ALIKE, both_strands: bool = True
) -> list[list[int]]:
    """Indices of the motifs (4, w) in groups, each with its first member in front.

    A motif joins the first group whose first member it resembles by `least`, so the order of
    `motifs` decides which ones lead.
    """
    groups: list[list[int]] = []
    for number, motif in enumerate(motifs):
        for group in groups:
            if similarity(motif, motifs[group[0]], both_strands=both_strands) >= least:
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one.ravel() - one.mean(), other.ravel() - other.mean()
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / scale if scale > 0 else 0.0

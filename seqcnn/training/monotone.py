"""Rising maps from a logit to a calibrated logit: Platt's line and centred isotonic regression."""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.special import expit, logit


class Line(NamedTuple):
    """Calibrated logit = scale * logit + bias."""

    scale: float
    bias: float


class Shifts(NamedTuple):
    """Calibrated logits of classes = scale * logits + biases (K,)."""

    scale: float
    biases: tuple[float, ...]


class Knots(NamedTuple):
    """A strictly rising, piecewise linear map through the points (x, y), both logits.

    Left of the first and right of the last point it goes on with `slope`.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    slope: float


def fit_line(logits: np.ndarray, labels: np.ndarray) -> Line:
    """Maximum likelihood scale and bias of `(n,)` logits against 0/1 labels.

    The labels are pulled from 0 and 1 as Platt (1999) does, so separable rows give a finite
    scale. Needs both classes.
    """
    positives = float(labels.sum())
    negatives = len(labels) - positives
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    middle, spread = float(logits.mean()), float(logits.std()) or 1.0
    x = (logits - middle) / spread
    scale, bias = _newton(x, np.where(labels > 0.5, high, low))
    return Line(scale / spread, bias - scale * middle / spread)


@njit(cache=True)
def _loss(x: np.ndarray, y: np.ndarray, scale: float, bias: float) -> float:
    loss = 0.0
    for i in range(len(x)):
        z = scale * x[i] + bias
        loss += max(z, 0.0) - z * y[i] + np.log1p(np.exp(-abs(z)))
    return loss


@njit(cache=True)
def _newton(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    scale, bias = 1.0, 0.0
    loss = _loss(x, y, scale, bias)
    for _ in range(100):
        down_scale = down_bias = a = b = c = 0.0
        for i in range(len(x)):
            p = 1.0 / (1.0 + np.exp(-(scale * x[i] + bias)))
            w = p * (1.0 - p)
            down_scale += (y[i] - p) * x[i]
            down_bias += y[i] - p
            a += w * x[i] * x[i]
            b += w * x[i]
            c += w
        a += 1e-9
        c += 1e-9
        determinant = a * c - b * b
        step_scale = (c * down_scale - b * down_bias) / determinant
        step_bias = (a * down_bias - b * down_scale) / determinant
        gain = step_scale * down_scale + step_bias * down_bias
        if gain < 1e-12 * len(x):
            break
        rate = 1.0
        while rate > 1e-8:  # halve until the loss falls enough
            new = _loss(x, y, scale + rate * step_scale, bias + rate * step_bias)
            if new <= loss - 1e-4 * rate * gain:
                break
            rate *= 0.5
        else:
            break
        scale += rate * step_scale
        bias += rate * step_bias
        loss = new
    return scale, bias


def fit_knots(logits: np.ndarray, labels: np.ndarray, slope: float) -> Knots:
    """Centred isotonic regression of `(n,)` logits against 0/1 labels (Oron and Flournoy 2017).

    Each pooled block becomes one point at its mean logit, so the map has no flat part and keeps
    the order of all predictions. A block without positives (or without negatives) counts as half
    of one. Needs both classes; a single block falls back to a line through it.
    """
    order = np.argsort(logits, kind="stable")
    x, total, hits = pool(
        logits[order].astype(np.float64), (labels[order] > 0.5).astype(np.float64)
    )
    share = hits / total
    if share[0] == 0:
        share[0] = min(0.5 / total[0], share[1] / 2)
    if share[-1] == 1:
        share[-1] = max(1 - 0.5 / total[-1], (1 + share[-2]) / 2)
    y = logit(share)
    return Knots(tuple(x.tolist()), tuple(y.tolist()), slope)


@njit(cache=True)
def pool(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pool adjacent violators of y `(n,)` over ordered x: mean x, rows and sum of y by block.

    The block means rise strictly; equal x are in one block.
    """
    mean_x, count, total = np.empty(len(x)), np.empty(len(x)), np.empty(len(x))
    blocks = 0
    i = 0
    while i < len(x):
        j = i
        value = 0.0
        while j < len(x) and x[j] == x[i]:
            value += y[j]
            j += 1
        mean_x[blocks], count[blocks], total[blocks] = x[i], j - i, value
        blocks += 1
        while (
            blocks > 1
            and total[blocks - 2] * count[blocks - 1] >= total[blocks - 1] * count[blocks - 2]
        ):
            rows = count[blocks - 2] + count[blocks - 1]
            share = count[blocks - 1] / rows
            mean_x[blocks - 2] += share * (mean_x[blocks - 1] - mean_x[blocks - 2])
            count[blocks - 2] = rows
            total[blocks - 2] += total[blocks - 1]
            blocks -= 1
        i = j
    return mean_x[:blocks], count[:blocks], total[:blocks]


def apply_map(mapping: Line | Knots | None, logits: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, float64, of logits of any shape; None is the plain sigmoid."""
    z = logits.astype(np.float64)
    if isinstance(mapping, Line):
        z = mapping.scale * z + mapping.bias
    elif mapping is not None:
        x, y, slope = mapping
        outside = slope * (np.minimum(z - x[0], 0.0) + np.maximum(z - x[-1], 0.0))
        z = np.interp(z, x, y) + outside
    result: np.ndarray = expit(z)
    return result

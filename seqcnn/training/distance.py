"""How far an example lies from the training examples: where a network is not to be trusted.

Each example is looked at in one or several ways (what the network's last layer reads; which words
the sequence is made of), and its distance is that to the nearest few of some training examples.
Plain Mahalanobis distance, confidence and energy were tried beside it: docs/concepts/trust.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import InputError
from seqcnn.training.kmers import kmer_counts

ROWS = 512  # training examples that are kept, in each bundle
NEIGHBOURS = 3
QUANTILE = 0.99  # of the validation examples: about 1 % of data like them is called unlike
WORD = 4  # bp
# A feature that hardly varies in training counts, but not without bound.
LEAST_DEVIATION = 0.01  # of the root mean square over the features
LEAST_SHARE = 0.02  # of words with an ambiguous letter, which training data may lack altogether
_BLOCK = 4096  # examples at a time


@dataclass(frozen=True)
class Neighbours:
    """Distance to the nearest of some training rows, on standardised features.

    Attributes:
        mean, deviation: (D,) of the training examples' features.
        rows: float16 (R, D), standardised.
        middle, edge: median and 99 % quantile of the distance, in validation examples.
    """

    mean: np.ndarray
    deviation: np.ndarray
    rows: np.ndarray
    middle: float = 0.0
    edge: float = 1.0

    def plain(self, features: np.ndarray) -> np.ndarray:
        """Euclidean distance (N,) of features (N, D) to the third nearest row."""
        rows = self.rows.astype(np.float64)
        squares = (rows**2).sum(1)
        nearest = min(NEIGHBOURS, len(rows)) - 1
        found = np.empty(len(features))
        for first in range(0, len(features), _BLOCK):
            x = (features[first : first + _BLOCK].astype(np.float64) - self.mean) / self.deviation
            far = (x**2).sum(1)[:, None] - 2 * x @ rows.T + squares
            found[first : first + _BLOCK] = np.partition(far, nearest, axis=1)[:, nearest]
        plain: np.ndarray = np.sqrt(found.clip(0))
        return plain

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """The same, 0 at the validation examples' median and 1 at their 99 % quantile."""
        scaled: np.ndarray = (self.plain(features) - self.middle) / (self.edge - self.middle)
        return scaled


@dataclass(frozen=True)
class Distance:
    """The largest of the scaled distances of an example's `views`, over that of the 99 % quantile.

    So 1 is the threshold: about 1 % of examples like the validation ones lie above it. `training`
    and `validation` count the examples it was fitted on.
    """

    views: Mapping[str, Neighbours]
    scale: float
    training: int
    validation: int

    def __call__(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Distances (N,) from the features (N, D) of each view."""
        scaled = [view.scaled(features[name]) for name, view in self.views.items()]
        largest: np.ndarray = np.max(scaled, axis=0) / self.scale
        return largest

    def to_dict(self) -> dict[str, Any]:
        """What a card keeps: all but the tensors."""
        return {
            "threshold": 1.0,
            "quantile": QUANTILE,
            "neighbours": NEIGHBOURS,
            "scale": self.scale,
            "training": self.training,
            "validation": self.validation,
            "views": {
                name: {"middle": view.middle, "edge": view.edge, "rows": len(view.rows)}
                for name, view in self.views.items()
            },
        }

    def tensors(self) -> dict[str, Tensor]:
        """What a bundle keeps beside its card."""
        return {
            f"{name}.{part}": torch.from_numpy(np.ascontiguousarray(getattr(view, part)))
            for name, view in self.views.items()
            for part in ("mean", "deviation", "rows")
        }

    @classmethod
    def from_saved(cls, saved: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> "Distance":
        """The inverse of `to_dict` and `tensors`.

        Raises:
            InputError: they are not of each other.
        """
        try:
            views = {
                name: Neighbours(
                    mean=tensors[f"{name}.mean"].numpy(),
                    deviation=tensors[f"{name}.deviation"].numpy(),
                    rows=tensors[f"{name}.rows"].numpy(),
                    middle=float(numbers["middle"]),
                    edge=float(numbers["edge"]),
                )
                for name, numbers in saved["views"].items()
            }
            counts = int(saved["training"]), int(saved["validation"])
            return cls(views, float(saved["scale"]), *counts)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"the distance score in this bundle cannot be read ({error!r}); train it again"
            ) from None


def fit_distance(
    training: Mapping[str, np.ndarray], validation: Mapping[str, np.ndarray], *, seed: int = 0
) -> Distance:
    """Distance from the training examples' features, (N, D) by view, with its threshold on others.

    The nearest-neighbour score of Sun et al. (2022, arXiv 2204.06507) on standardised features, of
    `ROWS` random training examples; views are compared on the scale of their own quantiles.
    """
    views, scaled = {}, []
    for name, features in training.items():
        fitted = _fit_view(features, validation[name], least=_least(name, features), seed=seed)
        views[name] = fitted
        scaled.append(fitted.scaled(validation[name]))
    # Each view's own quantile is at 1; less only where all examples are equally far.
    scale = max(_quantile(np.max(scaled, axis=0)), 1.0)
    sizes = (len(next(iter(found.values()))) for found in (training, validation))
    return Distance(views, scale, *sizes)


def composition(codes: np.ndarray, *, stranded: bool) -> np.ndarray:
    """Shares float32 (N, columns) of the words of 4 bp in codes (N, L), and of those with an
    ambiguous letter; a word and its reverse complement are one unless `stranded`.
    """
    counts = kmer_counts(codes, WORD, canonical=not stranded).toarray()
    words = max(codes.shape[1] - WORD + 1, 1)
    unclear = words - counts.sum(1, keepdims=True)
    shares: np.ndarray = np.concatenate([counts, unclear], axis=1) / np.float32(words)
    return shares


def _least(name: str, features: np.ndarray) -> np.ndarray:
    least = np.full(features.shape[1], 1e-6)
    if name == "composition":
        least[-1] = LEAST_SHARE
    return least


def _fit_view(
    training: np.ndarray, validation: np.ndarray, *, least: np.ndarray, seed: int
) -> Neighbours:
    training = training.astype(np.float64)
    mean, deviation = training.mean(0), training.std(0)
    floor = LEAST_DEVIATION * np.sqrt((deviation**2).mean())
    deviation = np.maximum(deviation, np.maximum(least, floor)).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(training))
    rows = (training[np.sort(order[:ROWS])] - mean) / deviation
    fitted = Neighbours(mean.astype(np.float32), deviation, rows.astype(np.float16))
    plain = fitted.plain(validation)
    middle, edge = float(np.median(plain)), float(_quantile(plain))
    # Where all are equally far, anything further is unlike them.
    edge = max(edge, middle + 1e-6 * max(middle, 1.0))
    return Neighbours(fitted.mean, fitted.deviation, fitted.rows, middle, edge)


def _quantile(values: np.ndarray) -> float:
    """The smallest value that at most 1 % lie above."""
    return float(np.quantile(values, QUANTILE, method="higher"))

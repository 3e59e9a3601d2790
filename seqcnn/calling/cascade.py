"""Counts settle the sites that they are sure of; images and counts together judge the others.

Both are networks of one bundle: the part "counts" reads what `encoders/counts.py` counts of a site,
the bundle's own networks read images. What is said of a site is the counts' answer where its GQ
reaches a threshold, else the mean of both in logarithms; one calibration is over all of it. The
idea is DeepVariant's (1.8), whose two models have no calibration in common.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from seqcnn.errors import InputError
from seqcnn.training.calibrate import Calibration

PART = "counts"  # of a bundle, and the entry of its card that says how it is used
LEAST = 1e-12  # probability that stands for none

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cascade:
    """When counts suffice, and the calibration of what counts and images say together.

    `gq` is the Phred-scaled probability, by the counts and calibrated for them alone, of another
    genotype than the most probable one; from there on a site is settled.
    """

    gq: float
    calibration: Calibration

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"gq": self.gq, "calibration": self.calibration.to_dict()}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            InputError: it is not one that `to_dict` made.
        """
        try:
            return cls(float(saved["gq"]), Calibration.from_dict(saved["calibration"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"the cascade in this bundle cannot be read ({error!r}); make it again"
            ) from None

    def settled(self, counts: Probabilities) -> npt.NDArray[np.bool_]:
        """Which sites (n,) their probabilities (n, K) by counts settle."""
        return settled(counts, self.gq)

    def probabilities(self, logs: Probabilities) -> Probabilities:
        """Calibrated probabilities (n, K) of `joined` ones."""
        return self.calibration.apply(logs)


def possible(
    probabilities: npt.NDArray[np.floating], shown: npt.NDArray[np.int64]
) -> Probabilities:
    """Probabilities (n, 6) without the genotypes of an allele that is not there.

    `shown` (n, 2) are the alternative alleles of each site, 0 = none.
    """
    allowed = np.arange(6) < np.where(shown[:, 1] > 0, 6, 3)[:, None]
    kept = np.where(allowed, np.asarray(probabilities, np.float64), 0.0)
    return np.asarray(kept / np.maximum(kept.sum(1, keepdims=True), LEAST))


def settled(counts: Probabilities, gq: float) -> npt.NDArray[np.bool_]:
    """Which sites (n,) have a most probable genotype with this GQ, of probabilities (n, K)."""
    others = counts.copy()
    others[np.arange(len(counts)), counts.argmax(1)] = 0
    return np.asarray(others.sum(1) <= 10 ** (-gq / 10))


def joined(
    counts: Probabilities, images: Probabilities, sure: npt.NDArray[np.bool_]
) -> Probabilities:
    """Log-probabilities (n, K): the counts' own where they are sure, else the mean of both.

    Args:
        counts: (n, K) of all sites.
        images: (m, K) of those that are not settled, in order.
        sure: (n,) which are.
    """
    logs = np.log(np.maximum(counts, LEAST))
    both = 0.5 * (logs[~sure] + np.log(np.maximum(images, LEAST)))
    logs[~sure] = log_softmax(both, axis=1)
    return logs

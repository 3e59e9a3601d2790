"""Pairing values one to one by nearness, and a report of how well two distributions agree."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 20


def match_nearest(wanted: Floats, offered: Floats, tolerance: float) -> Integers:
    """Index (n,) of the free value of `offered` nearest to each of `wanted`, each used once.

    Values are served in the order given; -1 where none within `tolerance` was left.
    """
    order = np.argsort(offered, kind="stable")
    place = np.searchsorted(offered[order], wanted)
    picks = _nearest_free(wanted, offered[order], place, tolerance)
    return np.where(picks >= 0, np.append(order, -1)[picks], -1)


@njit(cache=True, nogil=True)
def _nearest_free(wanted: Floats, offered: Floats, place: Integers, tolerance: float) -> Integers:
    count = len(offered)
    # left[i] and right[i] lead to the nearest free value; one is skipped for good when used, and
    # paths are halved on the way, so the whole takes nearly linear time.
    left = np.arange(count + 2)  # shifted by one: 0 is "none"
    right = np.arange(count + 1)  # `count` is "none"
    picks = np.full(len(wanted), -1, np.int64)
    for i in range(len(wanted)):
        below = place[i]
        while left[below] != below:
            left[below] = left[left[below]]
            below = left[below]
        above = place[i]
        while right[above] != above:
            right[above] = right[right[above]]
            above = right[above]
        distance_below = wanted[i] - offered[below - 1] if below > 0 else np.inf
        distance_above = offered[above] - wanted[i] if above < count else np.inf
        if min(distance_below, distance_above) > tolerance:
            continue
        pick = below - 1 if distance_below <= distance_above else above
        picks[i] = pick
        left[pick + 1] = pick
        right[pick] = pick + 1
    return picks


@dataclass(frozen=True)
class MatchReport:
    """How well negatives match positives in GC content.

    Attributes:
        requested, found: negatives.
        mean_gc_difference: mean |GC difference| of the pairs; NaN when none was found.
        ks_distance: Kolmogorov-Smirnov distance of the negatives' GC content from the positives'.
        ks_distance_before: the same of the windows that were on offer.
        edges: of the histograms' bins, (21,).
        positives, before, after: share of windows by GC content, (20,) each: of the positives, of
            the windows on offer, of the negatives.
        complete: False when the time ran out before the search ended.
    """

    requested: int
    found: int
    mean_gc_difference: float
    ks_distance: float
    ks_distance_before: float
    edges: tuple[float, ...]
    positives: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    complete: bool

    @classmethod
    def of(
        cls,
        *,
        requested: int,
        positive_gc: Floats,
        offered_gc: Floats,
        negative_gc: Floats,
        differences: Floats,
        complete: bool,
    ) -> "MatchReport":
        """The report of GC contents in [0, 1] and of the differences within pairs."""
        return cls(
            requested=requested,
            found=len(negative_gc),
            mean_gc_difference=float(np.abs(differences).mean()) if len(differences) else np.nan,
            ks_distance=ks_distance(positive_gc, negative_gc),
            ks_distance_before=ks_distance(positive_gc, offered_gc),
            edges=tuple(np.linspace(0, 1, BINS + 1).round(4).tolist()),
            positives=_shares(positive_gc),
            before=_shares(offered_gc),
            after=_shares(negative_gc),
            complete=complete,
        )

    @property
    def shortfall(self) -> int:
        """Negatives that were requested and not found."""
        return self.requested - self.found

    def lines(self) -> list[str]:
        """The report as lines to print; the last says what to do about a shortfall."""
        lines = [
            f"negatives: {self.found} of {self.requested} requested",
            f"mean |GC difference| to their positive: {self.mean_gc_difference:.4f}",
            f"distance of the GC distributions (Kolmogorov-Smirnov): {self.ks_distance:.3f} "
            f"(all windows on offer: {self.ks_distance_before:.3f})",
        ]
        if self.shortfall:
            cause = (
                "no free window of their GC content was left"
                if self.complete
                else "the time was over"
            )
            lines.append(
                f"shortfall: {self.shortfall} ({self.shortfall / self.requested:.1%}), since "
                f"{cause}; allow other contigs, a smaller margin or a larger tolerance"
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values."""
        return asdict(self) | {"shortfall": self.shortfall}


def ks_distance(first: Floats, second: Floats) -> float:
    """Largest difference of two empirical distribution functions; NaN when one is empty."""
    if not len(first) or not len(second):
        return float("nan")
    points = np.concatenate([first, second])
    below = [
        np.searchsorted(np.sort(values), points, side="right") / len(values)
        for values in (first, second)
    ]
    return float(np.abs(below[0] - below[1]).max())


def _shares(gc: Floats) -> tuple[float, ...]:
    counts = np.histogram(gc, bins=BINS, range=(0, 1))[0]
    return tuple((counts / max(len(gc), 1)).round(6).tolist())

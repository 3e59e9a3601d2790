"""Confident regions: where a truth set says all there is to say."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqcnn.data.regions import merge


class Confident:
    """Which records lie in confident regions.

    Args:
        regions: table with contig, start, end (0-based, half-open), in any order.
    """

    def __init__(self, regions: pd.DataFrame) -> None:
        merged = merge(regions)
        self._of = {
            str(contig): (
                part["start"].to_numpy(np.int64).copy(),
                part["end"].to_numpy(np.int64).copy(),
            )
            for contig, part in merged.groupby("contig", sort=False, observed=True)
        }

    @property
    def contigs(self) -> list[str]:
        """The contigs that have a region."""
        return list(self._of)

    def overlap(
        self, contig: str, start: npt.ArrayLike, end: npt.ArrayLike
    ) -> npt.NDArray[np.bool_]:
        """Whether [start, end) shares a base with a region: bool (N,); for comparison.

        It is vcfeval's rule, on the record as it is written: with the base before an indel.
        """
        starts, ends = self._regions(contig)
        first = np.searchsorted(ends, np.asarray(start), side="right")
        last = np.searchsorted(starts, np.asarray(end), side="left")
        return np.asarray(last > first)

    def contain(
        self, contig: str, start: npt.ArrayLike, end: npt.ArrayLike
    ) -> npt.NDArray[np.bool_]:
        """Whether all of [start, end) is in one region: bool (N,); for training."""
        starts, ends = self._regions(contig)
        if not len(starts):
            return np.zeros(np.shape(start), np.bool_)
        index = np.searchsorted(starts, np.asarray(start), side="right") - 1
        return np.asarray((index >= 0) & (np.asarray(end) <= ends[index]))

    def _regions(self, contig: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        none = np.empty(0, np.int64)
        return self._of.get(contig, (none, none))

"""Labelled pileup images of candidate sites, in one file that is mapped into memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.data import notebook

BLOCK = 100_000  # bp of a contig that stay together in splits and in resampling
ALLELE = 4  # the channel in which rows say which allele they support
SUPPORTING = 190  # values of that channel from which on a row shows an allele of the image
FEWEST = 2  # supporting rows, without which a site would not be a candidate


@dataclass(frozen=True)
class SiteTable:
    """Where N images come from; text columns are lists, the others arrays (N,).

    `pos` is the 0-based anchor, `alts` are joined by commas, `genotype` is the true one over all
    of them, `shown` (N, 2) are the alternative alleles in the image, from 1, 0 = none, `depths`
    (N, 3) the fragments in all and of the two.
    """

    contig: npt.NDArray[np.str_]
    pos: npt.NDArray[np.int64]
    ref: Sequence[str]
    alts: Sequence[str]
    genotype: Sequence[str]
    shown: npt.NDArray[np.int64]
    depths: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]  # number of the BAM

    def __len__(self) -> int:
        return len(self.pos)

    def take(self, rows: npt.NDArray[np.int64]) -> "SiteTable":
        """The images `rows`."""
        return SiteTable(
            self.contig[rows],
            self.pos[rows],
            [self.ref[row] for row in rows],
            [self.alts[row] for row in rows],
            [self.genotype[row] for row in rows],
            self.shown[rows],
            self.depths[rows],
            self.source[rows],
        )

    def indel(self) -> npt.NDArray[np.bool_]:
        """Whether the image shows an insertion or deletion (N,)."""
        rows = zip(self.ref, self.alts, self.shown.tolist(), strict=True)
        return np.array(
            [
                any(len(alts.split(",")[k - 1]) != len(ref) for k in shown if k)
                for ref, alts, shown in rows
            ],
            np.bool_,
        )

    def name(self, row: int) -> str:
        """An image as a person names it: ``chr20:10001436 A>AG,T``."""
        return f"{self.contig[row]}:{self.pos[row] + 1} {self.ref[row]}>{self.alts[row]}"


@dataclass(frozen=True)
class Pileups:
    """N images of candidate sites with the genotype of each.

    Attributes:
        images: uint8 (M, H, W, C), mapped from a file; `rows` (N,) are those in use.
        targets: float32 (N, 1), the class's index in `names`.
        names: of the classes, genotypes of the alleles that an image shows.
        sites: where the images come from.
        sampling: relative probability (N,) of being drawn in training; None for all alike.
        reference_rows: at the top of each image, which show no fragment.
        number_rows: at the bottom of each image, which hold numbers and no fragment.
    """

    images: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    targets: npt.NDArray[np.float32]
    names: tuple[str, ...]
    sites: SiteTable
    sampling: npt.NDArray[np.float64] | None = None
    reference_rows: int = 0
    number_rows: int = 0
    weights: None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(
        self,
        rows: npt.NDArray[Any],
        *,
        keep: npt.NDArray[np.floating] | None = None,
        draw: npt.NDArray[np.floating] | None = None,
    ) -> npt.NDArray[np.uint8]:
        """Images (n, H, W, C) of `rows`.

        Args:
            rows: (n,) indices.
            keep: (n,) share of the rows of each image to keep, 1 = all of them; those left out
                make room. Images that would lose all but one supporting row stay whole.
            draw: (n, H) uniform from 0 to 1, decides which.
        """
        rows = np.asarray(rows, np.int64)
        taken = np.ascontiguousarray(self.images[self.rows[rows]])
        if keep is not None and draw is not None:
            below = taken[:, self.reference_rows :]
            _thin(below, keep.astype(np.float64), draw[:, self.reference_rows :].astype(np.float64))
        return taken

    def subset(self, rows: npt.NDArray[Any]) -> "Pileups":
        """The images `rows` (integers, or a mask over all), in that order."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64)
        return replace(
            self,
            rows=self.rows[rows],
            targets=self.targets[rows],
            sites=self.sites.take(rows),
            sampling=None if self.sampling is None else self.sampling[rows],
        )

    def groups(self) -> npt.NDArray[np.int64]:
        """Ids (N,) of what can be resampled as if independent: blocks of 100 kb of a contig."""
        _, contig = np.unique(self.sites.contig, return_inverse=True)
        block = self.sites.pos // BLOCK
        _, group = np.unique(contig * (block.max(initial=0) + 1) + block, return_inverse=True)
        return group.astype(np.int64)

    def distinct(self) -> int:
        """How many images there are."""
        return len(self)

    def possible(self) -> npt.NDArray[np.bool_]:
        """Which classes an image can have (N, K): one alternative allele has three of six."""
        alleles = 2 + (self.sites.shown[:, 1] > 0)
        genotypes = alleles * (alleles + 1) // 2
        if len(self.names) == 3:
            return np.ones((len(self), 3), np.bool_)
        return np.arange(len(self.names))[None] < genotypes[:, None]

    def origin(self) -> str:
        """Where they come from, in words."""
        return ", ".join(dict.fromkeys(str(name) for name in self.sites.contig))

    def __repr__(self) -> str:
        return f"Pileups({len(self):,} images of {self._size()}, {len(self.names)} genotypes)"

    def _repr_html_(self) -> str:
        known = {
            "images": f"{len(self):,} of {self._size()}",
            "labels": notebook.labels(self.targets, self.names),
            "from": self.origin(),
            "indels": f"{self.sites.indel().mean():.1%}" if len(self) else "none",
        }
        return notebook.shown("Pileups", notebook.facts(known))

    def _size(self) -> str:
        return " x ".join(map(str, self.images.shape[1:]))

    def locations(self) -> list[str]:
        """A name for each image."""
        return [self.sites.name(row) for row in range(len(self))]


@njit(cache=True, nogil=True)
def _thin(
    images: npt.NDArray[np.uint8], keep: npt.NDArray[np.float64], draw: npt.NDArray[np.float64]
) -> None:
    """Leave out rows of each image in place; those below move up."""
    height, width = images.shape[1], images.shape[2]
    supports = np.empty(height, np.bool_)
    for n in range(len(images)):
        if keep[n] >= 1:
            continue
        image = images[n]
        filled = 0
        kept = 0
        for y in range(height):
            highest = 0
            for x in range(width):
                highest = max(highest, image[y, x, ALLELE])
            if highest == 0:
                break
            filled += 1
            supports[y] = highest >= SUPPORTING
            kept += supports[y] and draw[n, y] < keep[n]
        if kept < FEWEST:
            continue
        to = 0
        for y in range(filled):
            if draw[n, y] < keep[n]:
                if to < y:
                    image[to] = image[y]
                to += 1
        for y in range(to, filled):
            image[y] = 0

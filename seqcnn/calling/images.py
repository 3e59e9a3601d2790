"""How candidate sites are drawn for the network, as a bundle's card keeps it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from seqcnn.calling.alleles import Scheme, images_of
from seqcnn.calling.candidates import Candidates
from seqcnn.calling.sites import Site
from seqcnn.encoders import counts, deepvariant, pileup
from seqcnn.encoders.reads import Reads
from seqcnn.errors import InputError

Encoder = Literal["compact", "combined", "deepvariant", "counts"]
LETTERS = "ACGT"
GENOTYPES = {
    "joint": ("0/0", "0/1", "1/1", "0/2", "1/2", "2/2"),
    "pairs": ("0/0", "0/1", "1/1"),
}


class Drawn(NamedTuple):
    """Images of sites; a site may have several."""

    images: npt.NDArray[np.uint8]  # (n, H, W, C)
    site: npt.NDArray[np.int64]  # (n,) index of the site of each, in order
    shown: npt.NDArray[np.int64]  # (n, 2) alternative alleles it shows, from 1; 0 = none


# Rows and columns of each encoder, unless others are asked for.
SIZES: dict[Encoder, tuple[int, int]] = {
    "compact": (48, 61),
    "combined": (49, 61),
    "deepvariant": (deepvariant.HEIGHT, deepvariant.WIDTH),
    "counts": (1, 1),
}
CHANNELS: dict[Encoder, tuple[str, ...]] = {
    "compact": pileup.CHANNELS,
    "combined": pileup.CHANNELS,
    "deepvariant": deepvariant.CHANNELS,
    "counts": counts.FEATURES,
}


@dataclass(frozen=True)
class PileupImages:
    """One way to draw sites.

    `compact` is described in `encoders/pileup.py`, `deepvariant` in `encoders/deepvariant.py`;
    `counts` (`encoders/counts.py`) draws no picture, its images are one pixel of many numbers;
    `combined` is `compact` with these numbers, instead of fragments, in its last row.
    With the scheme `joint` a site has one image with its best two alternative alleles and a
    network says which of six genotypes it has; with `pairs`, DeepVariant's, it has an image an
    allele and a pair of alleles, and a network says for each how many copies of them there are.

    Raises:
        InputError: `deepvariant` with `joint`, whose images do not tell two alleles apart,
            `counts` of more than one pixel, or no row left for fragments.
    """

    encoder: Encoder = "compact"
    scheme: Scheme = "joint"
    rows: int = SIZES["compact"][0]
    columns: int = SIZES["compact"][1]

    def __post_init__(self) -> None:
        if self.encoder == "deepvariant" and self.scheme != "pairs":
            raise InputError(
                "--encoder deepvariant draws one kind of supporting read, so that two alleles "
                "cannot be told apart in one image; pass --scheme pairs"
            )
        if not self.pictures and (self.rows, self.columns) != SIZES[self.encoder]:
            raise InputError(
                f"--encoder {self.encoder} draws no pictures, so it has no rows and columns; leave "
                "--rows and --columns out"
            )

        if self.picture_rows < 1:
            raise InputError(
                f"--encoder {self.encoder} needs more than {self.number_rows} --rows of "
                f"{self.columns} columns for its numbers; pass more"
            )

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return CHANNELS[self.encoder]

    @property
    def pictures(self) -> bool:
        """Whether there is something to look at."""
        return self.encoder != "counts"

    @property
    def number_rows(self) -> int:
        """Rows at the bottom of an image that hold numbers instead of fragments."""
        if self.encoder != "combined":
            return 0
        return -(-len(counts.FEATURES) // (self.columns * len(self.channels)))

    @property
    def picture_rows(self) -> int:
        """Rows that there is something to look at in."""
        return self.rows - self.number_rows

    @property
    def reach(self) -> int:
        """Positions of the reference that an image is about, at most."""
        if self.encoder in ("compact", "deepvariant"):
            return self.columns
        return max(self.columns, 2 * counts.REACH + 1)

    @property
    def bytes(self) -> int:
        """Size of an image."""
        return self.rows * self.columns * len(self.channels)

    @property
    def genotypes(self) -> tuple[str, ...]:
        """What the outputs of a network stand for."""
        return GENOTYPES[self.scheme]

    def to_dict(self) -> dict[str, Any]:
        """What a bundle keeps of it."""
        return asdict(self)

    def draw(
        self,
        reads: Reads,
        reference: npt.NDArray[np.uint8],
        reference_start: int,
        candidates: Candidates,
        *,
        only: npt.NDArray[np.int64] | None = None,
    ) -> Drawn:
        """Draw candidates; `reference` are the codes from `reference_start` on.

        `only` are the indices of some of them, in order; None: all.
        """
        numbers = np.arange(len(candidates.sites)) if only is None else only
        of_site = [
            images_of(len(candidates.sites[number].alts), self.scheme)
            for number in numbers.tolist()
        ]
        site = np.repeat(numbers, [len(found) for found in of_site])
        shown = np.array([pair for found in of_site for pair in found], np.int64).reshape(-1, 2)
        draw = {
            "compact": self._compact, "combined": self._combined,
            "deepvariant": self._deepvariant, "counts": self._counts,
        }[self.encoder]  # fmt: skip
        images = draw(reads, reference, reference_start, candidates, site, shown)
        return Drawn(images, site, shown)

    def _compact(
        self,
        reads: Reads,
        reference: npt.NDArray[np.uint8],
        reference_start: int,
        candidates: Candidates,
        site: npt.NDArray[np.int64],
        shown: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.uint8]:
        alts = max((len(site.alts) for site in candidates.sites), default=1)
        return pileup.draw_pileups(
            reads,
            reference,
            reference_start,
            candidates.positions,
            candidates.observations,
            site,
            allele_values(shown, alts, self.scheme),
            np.minimum(candidates.inserted[site], pileup.MOST_INSERTED),
            rows=self.picture_rows,
            columns=self.columns,
        )

    def _combined(
        self,
        reads: Reads,
        reference: npt.NDArray[np.uint8],
        reference_start: int,
        candidates: Candidates,
        site: npt.NDArray[np.int64],
        shown: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.uint8]:
        what = (reads, reference, reference_start, candidates, site, shown)
        below = (self.number_rows, self.columns, len(self.channels))
        numbers = np.zeros((len(site), prod(below)), np.uint8)
        numbers[:, : len(counts.FEATURES)] = self._counts(*what)[:, 0, 0]
        return np.concatenate([self._compact(*what), numbers.reshape(len(site), *below)], 1)

    def _deepvariant(
        self,
        reads: Reads,
        reference: npt.NDArray[np.uint8],
        reference_start: int,
        candidates: Candidates,
        site: npt.NDArray[np.int64],
        shown: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.uint8]:
        ends = np.array([site.pos + len(site.ref) for site in candidates.sites], np.int64)
        return deepvariant.draw_deepvariant(
            reads,
            reference,
            reference_start,
            candidates.positions,
            ends,
            candidates.observations,
            site,
            shown,
            height=self.rows,
            width=self.columns,
        )

    def _counts(
        self,
        reads: Reads,
        reference: npt.NDArray[np.uint8],
        reference_start: int,
        candidates: Candidates,
        site: npt.NDArray[np.int64],
        shown: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.uint8]:
        return counts.draw_counts(
            reads,
            reference,
            reference_start,
            candidates.positions,
            candidates.observations,
            site,
            shown_alleles(candidates.sites, site, shown),
        )


def shown_alleles(
    sites: Sequence[Site], site: npt.NDArray[np.int64], shown: npt.NDArray[np.int64]
) -> counts.Shown:
    """What the counts must know of the alleles that each image shows."""
    lengths = np.zeros(shown.shape, np.int64)
    bases = np.full((len(shown), 3), -1, np.int64)
    for row, (number, pair) in enumerate(zip(site.tolist(), shown.tolist(), strict=True)):
        ref, alts = sites[number].ref, sites[number].alts
        bases[row, 0] = LETTERS.find(ref[0])
        for column, allele in enumerate(pair):
            if allele:
                alt = alts[allele - 1]
                lengths[row, column] = len(alt) - len(ref)
                if len(alt) == len(ref):
                    bases[row, column + 1] = LETTERS.find(alt[0])
    of = np.array([len(one.alts) for one in sites], np.int64)[site]
    return counts.Shown(shown, lengths, bases, of)


def allele_values(shown: npt.NDArray[np.int64], alts: int, scheme: Scheme) -> npt.NDArray[np.uint8]:
    """Values (n, alts + 1) of channel "allele" for reads of the reference and of each allele.

    With `joint`, the second shown allele has a value of its own.
    """
    values = np.full((len(shown), alts + 1), pileup.OF_OTHER, np.uint8)
    values[:, 0] = pileup.OF_REFERENCE
    rows = np.arange(len(shown))
    second = shown[:, 1] > 0
    values[rows[second], shown[second, 1]] = (
        pileup.SHOWN_SECOND if scheme == "joint" else pileup.SHOWN
    )
    values[rows, shown[:, 0]] = pileup.SHOWN
    return values


def network_input(images: Tensor) -> Tensor:
    """Float32 (n, C, H, W) from 0 to 1, channels-last in memory, of images uint8 (n, H, W, C)."""
    return images.permute(0, 3, 1, 2).float().div_(254)

"""How candidate sites are drawn for the network, as a bundle's card keeps it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from seqcnn.calling.alleles import Scheme, images_of
from seqcnn.calling.candidates import Candidates
from seqcnn.encoders import deepvariant, pileup
from seqcnn.encoders.reads import Reads
from seqcnn.errors import InputError

Encoder = Literal["compact", "deepvariant"]
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
    "deepvariant": (deepvariant.HEIGHT, deepvariant.WIDTH),
}
CHANNELS: dict[Encoder, tuple[str, ...]] = {
    "compact": pileup.CHANNELS,
    "deepvariant": deepvariant.CHANNELS,
}


@dataclass(frozen=True)
class PileupImages:
    """One way to draw sites.

    `compact` is described in `encoders/pileup.py`, `deepvariant` in `encoders/deepvariant.py`.
    With the scheme `joint` a site has one image with its best two alternative alleles and a
    network says which of six genotypes it has; with `pairs`, DeepVariant's, it has an image an
    allele and a pair of alleles, and a network says for each how many copies of them there are.

    Raises:
        InputError: `deepvariant` with `joint`, whose images do not tell two alleles apart.
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

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return CHANNELS[self.encoder]

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
    ) -> Drawn:
        """Draw all candidates; `reference` are the codes from `reference_start` on."""
        alts = [len(site.alts) for site in candidates.sites]
        of_site = [images_of(count, self.scheme) for count in alts]
        site = np.repeat(np.arange(len(alts)), [len(found) for found in of_site])
        shown = np.array([pair for found in of_site for pair in found], np.int64).reshape(-1, 2)
        draw = {"compact": self._compact, "deepvariant": self._deepvariant}[self.encoder]
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
            rows=self.rows,
            columns=self.columns,
        )

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

"""What counts and images each say of sites with known genotypes: what a cascade is fitted on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.caller import Caller
from seqcnn.calling.cascade import Cascade, joined, possible, settled
from seqcnn.data.pileups import Pileups, SiteTable
from seqcnn.errors import InputError
from seqcnn.training.calibrate import Calibration, fit_calibration

AT_ONCE = 8192  # images in memory


class Tiers(NamedTuple):
    """Probabilities (n, 6) of the same sites, each tier with its own calibration."""

    counts: npt.NDArray[np.float64]
    images: npt.NDArray[np.float64]
    truth: npt.NDArray[np.int64]  # (n,) class numbers
    blocks: npt.NDArray[np.int64]  # (n,) of the genome, of 100 kb
    sites: SiteTable

    def settled(self, gq: float) -> npt.NDArray[np.bool_]:
        """Which sites (n,) counts settle from `gq` on."""
        return settled(self.counts, gq)

    def joined(self, gq: float) -> npt.NDArray[np.float64]:
        """Log-probabilities (n, 6) where counts settle all sites from `gq` on."""
        sure = self.settled(gq)
        return joined(self.counts, self.images[~sure], sure)

    def calibration(self, gq: float) -> Calibration:
        """One calibration of both tiers."""
        # One scale: a shift for each class could bring back genotypes that a site cannot have.
        return fit_calibration(self.joined(gq), self.truth, kind="temperature", groups=self.blocks)

    def cascade(self, gq: float) -> Cascade:
        """The cascade with this threshold."""
        return Cascade(gq, self.calibration(gq))


def judge_tiers(callers: Sequence[Caller], parts: Sequence[Pileups]) -> Tiers:
    """What a caller of counts and one of images say of the same sites, drawn for each.

    Raises:
        InputError: the sites are not the same.
    """
    sites = [part.sites for part in parts]
    same = [(one.contig.tolist(), one.pos.tolist(), one.source.tolist()) for one in sites]
    if same[0] != same[1]:
        raise InputError(
            "the two models have other sites to be calibrated on; train both on the same samples, "
            "with the same --downsample, splits and seed"
        )
    judged = []
    for caller, part in zip(callers, parts, strict=True):
        found = []
        for first in range(0, len(part), AT_ONCE):
            rows = np.arange(first, min(first + AT_ONCE, len(part)))
            found.append(caller.networks.logits(part.take(rows)))
        said = caller.networks.probabilities(np.concatenate(found))
        judged.append(possible(said, part.sites.shown))
    truth = parts[0].targets[:, 0].astype(np.int64)
    return Tiers(judged[0], judged[1], truth, parts[0].groups(), sites[0])

"""A trained bundle as a caller: images of candidate sites in, calls out."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from seqcnn.calling.alleles import genotype_probabilities
from seqcnn.calling.cascade import PART, Cascade, joined, possible
from seqcnn.calling.examine import Examined, ExamineSettings
from seqcnn.calling.genotype import Call, call_site
from seqcnn.calling.images import Drawn, PileupImages
from seqcnn.calling.networks import BATCH, Networks
from seqcnn.errors import InputError
from seqcnn.training.bundle import load_bundle, read_card

KIND = "pileup"


@dataclass(frozen=True)
class CallerCard:
    """What a bundle says of itself that matters before any read is looked at."""

    path: Path
    name: str
    sha256: str
    settings: ExamineSettings
    preset: str
    reads: dict[str, Any]  # profile of the reads that it was trained on
    shares: tuple[float, ...] = ()  # of their fragments that it was trained on besides


def read_caller_card(path: Path | str) -> CallerCard:
    """The card of a bundle that was trained for calling.

    Raises:
        InputError: not a bundle, or one of another task.
    """
    path = Path(path)
    card = read_card(path)
    encoder = card["encoder"]
    if encoder.get("kind") != KIND:
        raise InputError(
            f"{path}: is a model of task '{card['task']['name']}', which reads no pileups; "
            "calling needs one of `seqcnn train --task variants`"
        )
    try:
        settings = ExamineSettings.from_dict(encoder)
    except (KeyError, TypeError):
        raise InputError(f"{path}: its encoder {encoder!r} is not known to this seqcnn") from None
    outputs = settings.images.genotypes
    channels = settings.images.channels
    if tuple(card["outputs"]) != outputs or tuple(card["channels"]) != channels:
        raise InputError(
            f"{path}: has outputs {', '.join(card['outputs'])} of {len(card['channels'])} "
            f"channels; this seqcnn draws {len(channels)} channels for {', '.join(outputs)}"
        )
    return CallerCard(
        path,
        f"{path.stem} ({card['architecture']['name']}, {card['created'][:10]})",
        hashlib.sha256(path.read_bytes()).hexdigest(),
        settings,
        encoder.get("preset", "illumina"),
        card.get("reads", {}),
        tuple(card["task"].get("settings", {}).get("downsample", ())),
    )


class Judged(NamedTuple):
    """Genotype probabilities (G,) of sites in VCF order, before and after calibration."""

    raw: list[npt.NDArray[np.float64]]
    calibrated: list[npt.NDArray[np.float64]]
    settled: npt.NDArray[np.bool_]  # (S,) whether counts alone decided
    images: int  # that were looked at


class Caller:
    """The networks of a bundle on a device; `cascade` is None where images judge all sites."""

    def __init__(
        self,
        card: CallerCard,
        *,
        device: str = "cpu",
        precision: str = "32",
        batch: int = BATCH,
        cascade: bool = True,
    ) -> None:
        self.card = card
        bundle = load_bundle(card.path)
        how: dict[str, Any] = {"device": device, "precision": precision, "batch": batch}
        self.networks = Networks(bundle, card.settings.images, **how)
        self.cascade: Cascade | None = None
        if cascade and PART in bundle.parts:
            part = bundle.parts[PART]
            self.cascade = Cascade.from_dict(bundle.card.get("cascade", {}))
            self._counts = Networks(part, counts_images(part.card), **how)

    def judge(self, examined: Examined) -> Judged:
        """What the bundle says of all sites; with a cascade it draws what it needs itself."""
        if self.cascade is not None:
            return self._in_turn(self.cascade, examined)
        drawn = examined.drawn
        logits = self.networks.logits(drawn.images)
        return self._judged(
            examined,
            drawn.site,
            softmax(logits, axis=1),
            self.networks.probabilities(logits),
            np.zeros(len(examined.candidates.sites), np.bool_),
            len(drawn.site),
        )

    def _in_turn(self, cascade: Cascade, examined: Examined) -> Judged:
        prepared, candidates = examined.prepared, examined.candidates
        drawn = self._counts.images.draw(*prepared, candidates)
        counts = self._probabilities(self._counts, drawn)
        settled = cascade.settled(counts)
        rest = self.networks.images.draw(*prepared, candidates, only=np.flatnonzero(~settled))
        logs = joined(counts, self._probabilities(self.networks, rest), settled)
        return self._judged(
            examined, drawn.site, np.exp(logs), cascade.probabilities(logs), settled, len(rest.site)
        )

    def _probabilities(self, networks: Networks, drawn: Drawn) -> npt.NDArray[np.float64]:
        return possible(networks.probabilities(networks.logits(drawn.images)), drawn.shown)

    def _judged(
        self,
        examined: Examined,
        site: npt.NDArray[np.int64],
        raw: npt.NDArray[np.float64],
        calibrated: npt.NDArray[np.float64],
        settled: npt.NDArray[np.bool_],
        images: int,
    ) -> Judged:
        """Merge what is said of the images of each site."""
        sites, scheme = examined.candidates.sites, self.card.settings.images.scheme
        first = np.searchsorted(site, np.arange(len(sites) + 1))

        def merged(each: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
            return [
                genotype_probabilities(scheme, len(one.alts), each[first[i] : first[i + 1]])
                for i, one in enumerate(sites)
            ]

        return Judged(merged(raw), merged(calibrated), settled, images)

    def calls(self, examined: Examined, judged: Judged | None = None, **how: Any) -> list[Call]:
        """A call of each site, from what was judged before or is now; `how` is for `call_site`."""
        found = (judged or self.judge(examined)).calibrated
        sites = examined.candidates.sites
        return [call_site(site, one, **how) for site, one in zip(sites, found, strict=True)]


def counts_images(card: dict[str, Any]) -> PileupImages:
    """What a cascade's counts are, from the card of that part.

    Raises:
        InputError: this seqcnn does not count so.
    """
    try:
        images = ExamineSettings.from_dict(card["encoder"]).images
    except (KeyError, TypeError):
        raise InputError(
            f"the cascade's encoder {card.get('encoder')!r} is not known to this seqcnn"
        ) from None
    if images.pictures or images.scheme != "joint" or tuple(card["channels"]) != images.channels:
        raise InputError(
            "the cascade in this bundle counts other things than this seqcnn; make it again, or "
            "pass --no-cascade"
        )
    return images

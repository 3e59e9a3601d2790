"""A trained bundle as a caller: images of candidate sites in, calls out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from seqcnn.calling.alleles import genotype_probabilities
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.genotype import Call, call_site
from seqcnn.calling.images import Drawn, network_input
from seqcnn.calling.sites import Site
from seqcnn.errors import InputError
from seqcnn.models.folding import fold_norms
from seqcnn.training.bundle import load_bundle, read_card
from seqcnn.training.calibrate import Calibration, uncalibrated
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.predict import autocast

KIND = "pileup"
# Every batch has this size, the last one filled up: a library may add in another order for
# another size, and calls must not depend on how many sites a region has.
BATCH = 32
# Logits are rounded before anything is made of them, for the same reason.
DECIMALS = 3


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


class Caller:
    """The networks of a bundle on a device, with their calibration."""

    def __init__(
        self, card: CallerCard, *, device: str = "cpu", precision: str = "32", batch: int = BATCH
    ) -> None:
        self.card = card
        bundle = load_bundle(card.path)
        self.device = resolve_device(device)
        self.precision = resolve_precision(precision, self.device)
        self.batch = batch
        images = card.settings.images
        sample = np.random.default_rng(0).integers(
            0, 255, (2, images.rows, images.columns, len(images.channels)), np.uint8
        )
        self._networks: list[nn.Module] = [
            fold_norms(network, network_input(torch.from_numpy(sample)))
            .to(self.device)
            .to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            for network in bundle.networks()
        ]
        saved = bundle.card.get("calibration")
        self._calibration = Calibration.from_dict(saved) if saved else uncalibrated(1, classes=True)

    def logits(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Logits (n, K) of images (n, H, W, C), the mean of the members', rounded."""
        found = np.empty((len(images), len(self.card.settings.images.genotypes)), np.float64)
        with torch.inference_mode(), autocast(self.device, self.precision):
            for start in range(0, len(images), self.batch):
                part = images[start : start + self.batch]
                filled = np.zeros((self.batch, *part.shape[1:]), np.uint8)
                filled[: len(part)] = part
                x = network_input(torch.from_numpy(filled).to(self.device))
                outputs = torch.stack([network(x).float() for network in self._networks])
                found[start : start + self.batch] = outputs.mean(0).cpu().numpy()[: len(part)]
        return found.round(DECIMALS)

    def probabilities(self, logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (n, K) of logits (n, K)."""
        return self._calibration.apply(logits)

    def genotypes(self, sites: Sequence[Site], drawn: Drawn) -> list[npt.NDArray[np.float64]]:
        """Genotype probabilities (G,) of each site, in VCF order."""
        each = self.probabilities(self.logits(drawn.images))
        scheme = self.card.settings.images.scheme
        first = np.searchsorted(drawn.site, np.arange(len(sites) + 1))
        return [
            genotype_probabilities(scheme, len(site.alts), each[first[i] : first[i + 1]])
            for i, site in enumerate(sites)
        ]

    def calls(self, sites: Sequence[Site], drawn: Drawn, **how: Any) -> list[Call]:
        """A call of each site; `how` is for `call_site`."""
        found = self.genotypes(sites, drawn)
        return [call_site(site, one, **how) for site, one in zip(sites, found, strict=True)]

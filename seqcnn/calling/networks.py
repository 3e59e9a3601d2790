"""The networks of a bundle on a device, run so that an answer does not depend on other sites."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from seqcnn.calling.images import PileupImages, network_input
from seqcnn.models.folding import fold_norms
from seqcnn.training.bundle import Bundle
from seqcnn.training.calibrate import Calibration, uncalibrated
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.predict import autocast

# Every batch has this size, the last one filled up: a library may add in another order for
# another size, and calls must not depend on how many sites a region has.
BATCH = 32
# Logits are rounded before anything is made of them, for the same reason.
DECIMALS = 3


class Networks:
    """The networks of a bundle, with their calibration; `images` are what they read."""

    def __init__(
        self,
        bundle: Bundle,
        images: PileupImages,
        *,
        device: str = "cpu",
        precision: str = "32",
        batch: int = BATCH,
    ) -> None:
        self.images = images
        self.device = resolve_device(device)
        self.precision = resolve_precision(precision, self.device)
        self.batch = batch
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
        found = np.empty((len(images), len(self.images.genotypes)), np.float64)
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

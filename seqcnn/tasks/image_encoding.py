"""Images as tensors: crops, mirror images, and colours measured against the training set's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor

from seqcnn.data.image_folders import digests
from seqcnn.data.images import CHANNELS, Colour, Images, squared
from seqcnn.data.leakage import Finding, LeakageReport, shared_images
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.tasks.encoding import Encoding
from seqcnn.tasks.target import Target
from seqcnn.training.baselines import Baseline, sample_rows
from seqcnn.training.batches import Batches
from seqcnn.training.image_batches import ImageBatches
from seqcnn.training.knn import knn_baselines

THUMBNAIL = 32  # pixels on a side that the nearest neighbours look at
ROWS = 20_000  # training images that they look at


@dataclass(frozen=True)
class ImageEncoding(Encoding):
    """Crops of `size` pixels from squares of `side`, `(n, C, size, size)`.

    Attributes:
        mean, deviation: of each channel, of values from 0 to 1; inputs are centred and scaled.
        components: (C, C) rows, principal components of the colours times their standard
            deviations, values from 0 to 1; for the noise.
        flip: whether a mirror image shows the same.
        crops: "ten" (four corners, the middle, and their mirror images) or "centre".
    """

    kind: ClassVar[str] = "image"
    size: int
    side: int
    colour: Colour
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]
    flip: bool = True
    crops: Literal["ten", "centre"] = "ten"

    @property
    def channels(self) -> tuple[str, ...]:
        return CHANNELS[self.colour]

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size, self.size)

    @property
    def words(self) -> str:
        return f"{self.size} x {self.size} pixels, {self.colour}"

    @property
    def averaged(self) -> str:
        number = len(self.views(torch.zeros((1, self.side, self.side, len(self.channels)))))
        return f"{number} crops averaged" if number > 1 else "middle crop"

    @property
    def advice(self) -> str:
        return "choose a larger --image-size"

    @property
    def wanted(self) -> str:
        return f"pass --image-size {self.size} --colour {self.colour}"

    def require(self, other: Encoding, bundle: str) -> None:
        super().require(other, bundle)
        if isinstance(other, ImageEncoding) and other.side != self.side:
            raise InputError(
                f"the data have squares of {other.side} pixels, {bundle} reads {self.side}; "
                f"pass --resize {self.side}"
            )

    def seen_as(self, other: Self) -> Self:
        return replace(self, crops=other.crops)

    def examples(self, given: Any) -> Images:
        """Of files, or pixels uint8 (H, W) or (H, W, C)."""
        if isinstance(given, str | Path):
            raise InputError("predict takes a list of images; put the one file in a list")
        targets = np.zeros((len(given), 0), np.float32)
        if len(given) and all(isinstance(one, str | Path) for one in given):
            files = tuple(Path(one) for one in given)
            return Images(targets, (), self.side, self.colour, self.size, files=files)
        squares = [squared(one, self.side, self.colour) for one in given]
        none = np.zeros((0, self.side, self.side, len(self.channels)), np.uint8)
        held = np.stack(squares) if squares else none
        return Images(targets, (), self.side, self.colour, self.size, pixels=held)

    def batches(
        self, examples: Any, settings: TrainSettings, *, seed: int, rank: int, world: int
    ) -> Batches:
        return ImageBatches(
            examples,
            batch_size=settings.batch_size,
            seed=seed,
            flip=self.flip,
            colour=255 * np.array(self.components).T,
            noise=settings.colour_noise,
            rank=rank,
            world=world,
        )

    def inputs(self, taken: Tensor) -> Tensor:
        # (n, H, W, C) in memory stays so behind (n, C, H, W): what convolutions like best.
        x = taken.permute(0, 3, 1, 2).float()
        return (x / 255 - _per_channel(self.mean, x.device)) / _per_channel(
            self.deviation, x.device
        )

    def views(self, taken: Tensor) -> list[Tensor]:
        room = taken.shape[1] - self.size
        corners = [(0, 0), (0, room), (room, 0), (room, room)] if self.crops == "ten" else []
        crops = [
            taken[:, top : top + self.size, left : left + self.size]
            for top, left in ((room // 2, room // 2), *(corners if room else []))
        ]
        if self.flip and self.crops == "ten":
            crops += [crop.flip(2) for crop in crops]
        return [self.inputs(crop) for crop in crops]

    def quick_views(self, taken: Tensor) -> list[Tensor]:
        return replace(self, crops="centre").views(taken)

    def leakage(self, splits: dict[str, Any]) -> LeakageReport:
        held = {name: images for name, images in splits.items() if images.pixels is not None}
        if len(held) < len(splits):
            note = "images are read from their files, so they were not compared between splits"
            return LeakageReport((), (note,))
        hashes = {name: digests(images.pixels) for name, images in held.items()}
        return LeakageReport(
            tuple(_shared(hashes, first, second) for first, second in combinations(hashes, 2)), ()
        )

    def baselines(
        self,
        parts: Sequence[Any],
        targets: Sequence[np.ndarray],
        target: Target,
        *,
        outputs: int,
        neighbours: bool,
        seed: int,
    ) -> dict[str, Baseline]:
        train, val, test = parts
        random = np.random.default_rng(seed)
        rows = [sample_rows(len(part), ROWS, random) for part in (train, val)]
        return knn_baselines(
            thumbnails(train, rows[0]),
            targets[0][rows[0]],
            thumbnails(val, rows[1]),
            rows[1],
            thumbnails(test, np.arange(len(test))),
            kind=target.baselines,
            classes=outputs,
            metric="euclidean",
            name="pixels",
        )


@cache
def _per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    # Kept on the device: a copy from the host at every batch would wait for the GPU. Made outside
    # inference mode, since a later training step may use the same numbers.
    with torch.inference_mode(False):
        return torch.tensor(values, device=device)[:, None, None]


def thumbnails(images: Images, rows: np.ndarray, chunk: int = 512) -> np.ndarray:
    """Float32 (n, pixels) of the images `rows`, at most 32 pixels on a side, values 0 to 1."""
    step = -(-images.side // THUMBNAIL)
    parts = []
    for first in range(0, len(rows), chunk):
        squares = torch.from_numpy(images.take(rows[first : first + chunk])).permute(0, 3, 1, 2)
        small = torch.nn.functional.avg_pool2d(squares.float() / 255, step, ceil_mode=True)
        parts.append(small.flatten(1).numpy())
    return np.concatenate(parts)


def colour_statistics(
    images: Images, *, sample: int = 1000
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Mean, deviation and scaled principal components of up to `sample` images' colours."""
    rows = np.unique(np.linspace(0, len(images) - 1, sample).astype(np.int64))
    # One pixel in some is enough: neighbours are alike.
    step = max(1, images.side // 64)
    pixels = np.concatenate(
        [
            images.take(rows[first : first + 64])[:, ::step, ::step].reshape(-1, images.channels)
            for first in range(0, len(rows), 64)
        ]
    ).astype(np.float64)
    pixels /= 255
    mean, deviation = pixels.mean(0), np.maximum(pixels.std(0), 1e-3)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(pixels.T)))
    components = vectors.T * np.sqrt(values.clip(0))[:, None]
    return (
        tuple(mean.round(6).tolist()),
        tuple(deviation.round(6).tolist()),
        tuple(tuple(row) for row in components.round(6).tolist()),
    )


def _shared(hashes: dict[str, np.ndarray], first: str, second: str) -> Finding:
    count, total = int(np.isin(hashes[second], hashes[first]).sum()), len(hashes[second])
    sentence = f"{count:,} of {total:,} {second} images are in {first} too, pixel for pixel"
    return shared_images("exact", (first, second), count, total, sentence)

"""Training batches of images: random crops, mirror images and colour noise.

The recipe of Krizhevsky, Sutskever and Hinton (NeurIPS 2012) for ImageNet. Its colour noise moves
all pixels of an image along the principal components of the training set's colours, by a random
multiple of their standard deviations.
"""

from typing import Any

import numpy as np

from seqcnn.data.images import Images
from seqcnn.training.batches import Batches


class ImageBatches(Batches):
    """Batches of crops uint8 `(b, crop, crop, channels)`; else as `Batches`.

    Args:
        flip: mirror half of the images.
        colour: (channels, channels), columns are principal components of the colours times
            their standard deviations, in steps of 1/255; None for no noise.
        noise: standard deviation of the multiples of these.
    """

    def __init__(
        self,
        examples: Images,
        *,
        batch_size: int,
        seed: int,
        flip: bool = True,
        colour: np.ndarray | None = None,
        noise: float = 0.1,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        super().__init__(examples, batch_size=batch_size, seed=seed, rank=rank, world=world)
        self.room = examples.side - examples.crop
        self.flip = flip
        self.colour = None if noise == 0 else colour
        self.noise = noise

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        draws: dict[str, np.ndarray] = {
            "offset": generator.integers(0, self.room + 1, (self.batch_size, 2))
        }
        if self.flip:
            draws["flip"] = generator.random(self.batch_size) < 0.5
        if self.colour is not None:
            shape = (self.batch_size, self.colour.shape[1])
            multiples = generator.normal(0, self.noise, shape)
            draws["colour"] = (multiples @ self.colour.T).astype(np.float32)
        return draws

    def augmentation(self) -> dict[str, Any]:
        noise = 0.0 if self.colour is None else self.noise
        return {"crop from": self.room, "flip": self.flip, "colour_noise": noise}

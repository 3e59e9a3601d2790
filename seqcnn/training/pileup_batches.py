"""Training batches of pileup images: balanced draws, and images at a lower depth."""

from typing import Any

import numpy as np

from seqcnn.data.pileups import Pileups
from seqcnn.training.batches import Batches

LEAST = 0.3  # share of an image's rows that is kept at least


class PileupBatches(Batches):
    """Batches of images uint8 `(b, H, W, C)`; else as `Batches`.

    Images of pileups are not mirrored: indels stand at the left end of their repeats.

    Args:
        thin: share of the images that lose rows; of those a share is kept, uniform from 0.3 to 1.
    """

    def __init__(
        self,
        examples: Pileups,
        *,
        batch_size: int,
        seed: int,
        thin: float = 0.0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        super().__init__(
            examples,
            batch_size=batch_size,
            seed=seed,
            sampling=examples.sampling,
            rank=rank,
            world=world,
        )
        self.thin = thin
        self.height = examples.images.shape[1]

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        if not self.thin:
            return {}
        thinned = generator.random(self.batch_size) < self.thin
        share = generator.uniform(LEAST, 1.0, self.batch_size)
        return {
            "keep": np.where(thinned, share, 1.0),
            "draw": generator.random((self.batch_size, self.height)),
        }

    def augmentation(self) -> dict[str, Any]:
        return {"thin": self.thin}

"""Basset (Kelley, Snoek and Rinn, Genome Research 2016, doi 10.1101/gr.200535.115).

Three convolutions without padding, each followed by batch normalisation, ReLU and max pooling,
then two dense layers of 1000 units. At 600 bp the last feature map is 200 x 10.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import ops, require_built_size, require_exact_size, require_size, scaled

FILTERS = (300, 200, 200)
KERNELS = (19, 11, 7)
POOLS = (3, 4, 4)


class Basset(nn.Module):
    """Basset on `(N, in_channels, size)` -> `(N, out)`; `width` scales every layer.

    Dense layers fix the input: `size` positions, on every side when `dim` is 2.
    """

    head = "output"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        size: int = 600,
        width: float = 1.0,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.size, self.smallest = size, smallest()
        require_built_size(size, self.smallest, "basset")
        layers: list[nn.Module] = []
        channels, positions = in_channels, size
        for filters, kernel, pool in zip(FILTERS, KERNELS, POOLS, strict=True):
            filters = scaled(filters, width)
            layers += [
                op.Conv(channels, filters, kernel),
                op.BatchNorm(filters),
                # Pooling before ReLU gives the same numbers from a third of the work.
                op.MaxPool(pool),
                nn.ReLU(),
            ]
            channels, positions = filters, (positions - kernel + 1) // pool
        hidden = scaled(1000, width)
        self.features = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Linear(channels * positions**dim, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.output = nn.Linear(hidden, out)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "basset")
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        require_exact_size(x, self.size, "basset")
        logits: Tensor = self.output(self.dense(torch.flatten(self.forward_features(x), 1)))
        return logits


def smallest() -> int:
    """The fewest positions that leave one after the last pooling."""
    positions = 1
    for kernel, pool in zip(reversed(KERNELS), reversed(POOLS), strict=True):
        positions = positions * pool + kernel - 1
    return positions

"""DeepSEA (Zhou and Troyanskaya, Nature Methods 2015, doi 10.1038/nmeth.3547).

Three 8-wide convolutions of 320, 480 and 960 filters without padding, max pooling of 4 after the
first two, then one dense layer of 925 units. Published at 1000 bp with 919 outputs.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import ops, require_built_size, require_exact_size, require_size, scaled

FILTERS = (320, 480, 960)
KERNEL, POOL = 8, 4
HIDDEN = 925


class DeepSEA(nn.Module):
    """DeepSEA on `(N, in_channels, size)` -> `(N, out)`; `width` scales every layer.

    Args:
        size: positions, on every side when `dim` is 2, which the dense layer fixes; 1000 in the
            paper.
        dropout: of the last features; `early_dropout`: after each pooling.
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
        dropout: float = 0.5,
        early_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        op = ops(dim)
        first, second, third = (scaled(filters, width) for filters in FILTERS)
        hidden = scaled(HIDDEN, width)
        self.size, self.smallest = size, (KERNEL * POOL + KERNEL - 1) * POOL + KERNEL - 1
        require_built_size(size, self.smallest, "deepsea")
        self.features = nn.Sequential(
            op.Conv(in_channels, first, KERNEL),
            # Pooling before ReLU gives the same numbers from a quarter of the work.
            op.MaxPool(POOL),
            nn.ReLU(),
            nn.Dropout(early_dropout),
            op.Conv(first, second, KERNEL),
            op.MaxPool(POOL),
            nn.ReLU(),
            nn.Dropout(early_dropout),
            op.Conv(second, third, KERNEL),
            nn.ReLU(),
        )
        positions = size
        for pool in (POOL, POOL, 1):
            positions = (positions - KERNEL + 1) // pool
        self.dense = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(third * positions**dim, hidden), nn.ReLU()
        )
        self.output = nn.Linear(hidden, out)
        # Without normalisation the layers keep their scale only from He's start.
        for layer in (*self.features, self.dense[1]):
            if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "deepsea")
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        require_exact_size(x, self.size, "deepsea")
        logits: Tensor = self.output(self.dense(torch.flatten(self.forward_features(x), 1)))
        return logits

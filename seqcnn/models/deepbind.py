"""DeepBind (Alipanahi, Delong, Weirauch and Frey, Nature Biotechnology 2015, doi 10.1038/nbt.3300).

One layer of motif detectors, rectified, pooled over the whole sequence by its maximum (and its
average, as for RNA-binding proteins), then at most one hidden layer.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.models.ops import ops, require_size, scaled


class DeepBind(nn.Module):
    """DeepBind on `(N, in_channels, *size)` of any size -> `(N, out)`.

    The input is padded by `kernel` - 1 on each side, so a motif may hang over either end.

    Args:
        width: scales the motif detectors.
        filters: motif detectors; `kernel`: their width in bp.
        pooling: `max`, or `max-average` for each detector's maximum and mean.
        hidden: units between the pooled features and the output; 0 = none.
        dropout: before each dense layer.
    """

    head = "output"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        filters: int = 16,
        kernel: int = 24,
        pooling: Literal["max", "max-average"] = "max",
        hidden: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        op = ops(dim)
        filters = scaled(filters, width)
        self.average = pooling == "max-average"
        self.smallest = 1
        self.features = nn.Sequential(
            op.Conv(in_channels, filters, kernel, padding=kernel - 1), nn.ReLU()
        )
        pooled = filters * (2 if self.average else 1)
        self.dense = nn.Sequential(
            nn.Dropout(dropout),
            *([nn.Linear(pooled, hidden), nn.ReLU(), nn.Dropout(dropout)] if hidden else []),
        )
        self.output = nn.Linear(hidden or pooled, out)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "deepbind")
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        features = self.forward_features(x).flatten(2)
        pooled = features.amax(2)
        if self.average:
            pooled = torch.cat([pooled, features.mean(2)], 1)
        logits: Tensor = self.output(self.dense(pooled))
        return logits

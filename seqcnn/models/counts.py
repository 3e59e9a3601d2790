"""A network of two hidden layers for the counts of candidate sites (the project's own).

What it reads is in `seqcnn.encoders.counts`; the small model of DeepVariant 1.8 is the example.
Inputs are normalised by what training showed of each; a larger picture than one pixel is averaged
first.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import ops, require_size, scaled

HIDDEN = 256


class CountsNet(nn.Module):
    """Dense layers on `(N, in_channels, *size)` of any size -> `(N, out)`.

    `width` scales the hidden layers.
    """

    head = "fc"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.smallest = 1
        hidden = scaled(HIDDEN, width)
        self.avgpool = op.AdaptiveAvgPool(1)
        # An input that is rarely anything but zero must not become huge.
        self.bn = op.BatchNorm(in_channels, eps=1e-2)
        self.fc1 = nn.Linear(in_channels, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden, out)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "counts")
        features: Tensor = self.bn(self.avgpool(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.relu(self.fc1(torch.flatten(self.forward_features(x), 1)))
        hidden = self.dropout(self.relu(self.fc2(hidden)))
        logits: Tensor = self.fc(hidden)
        return logits

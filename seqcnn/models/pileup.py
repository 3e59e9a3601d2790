"""A small residual network for pileup images, made for a CPU (the project's own, after He, Zhang,
Ren and Sun, CVPR 2016, arXiv 1512.03385).

The plan of ResNet with what a pileup of 48 rows and 61 columns needs: a stage begins with a 3-wide
convolution of stride 2, the first right at the input, and residual blocks follow; global average
pooling, one dense layer. All convolutions are dense and 3 wide, and all channels multiples of 16,
which is what processors multiply fastest; for the same reason the first stage, where positions are
most, has no block (measured: with one, calls are as often right and take nearly twice as long).
"""

import torch
from torch import Tensor, nn

from seqcnn.models.initialisation import initialise_convolutions
from seqcnn.models.ops import Ops, ops, require_size, scaled

STAGES = ((32, 0), (64, 1), (96, 1))  # channels and blocks


class PileupNet(nn.Module):
    """Small residual network on `(N, in_channels, *size)` of any size -> `(N, out)`.

    `width` scales the channels, `depth` the blocks of each stage.
    """

    head = "fc"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        depth: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.name, self.smallest = "pileup", 1
        entering = in_channels
        stages = []
        for stage, blocks in STAGES:
            leaving = scaled(stage, width)
            layers: list[nn.Module] = [Halving(op, entering, leaving)]
            number = max(1, round(blocks * depth)) if blocks else 0
            layers += [Residual(op, leaving) for _ in range(number)]
            stages.append(nn.Sequential(*layers))
            entering = leaving
        self.stages = nn.Sequential(*stages)
        self.avgpool = op.AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(entering, out)
        initialise_convolutions(self, "fan_out")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        features: Tensor = self.stages(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        logits: Tensor = self.fc(self.dropout(pooled))
        return logits


class Halving(nn.Module):
    """A 3-wide convolution with stride 2."""

    def __init__(self, op: Ops, entering: int, leaving: int) -> None:
        super().__init__()
        self.conv = op.Conv(entering, leaving, 3, stride=2, padding=1, bias=False)
        self.bn = op.BatchNorm(leaving)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        halved: Tensor = self.relu(self.bn(self.conv(x)))
        return halved


class Residual(nn.Module):
    """Two 3-wide convolutions beside the identity."""

    def __init__(self, op: Ops, channels: int) -> None:
        super().__init__()
        self.conv1 = op.Conv(channels, channels, 3, padding=1, bias=False)
        self.bn1 = op.BatchNorm(channels)
        self.relu = nn.ReLU()
        self.conv2 = op.Conv(channels, channels, 3, padding=1, bias=False)
        self.bn2 = op.BatchNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.relu(self.bn1(self.conv1(x)))
        summed: Tensor = self.relu(self.bn2(self.conv2(inner)) + x)
        return summed

"""A small residual network for pileup images, made for a CPU (the project's own, after He, Zhang,
Ren and Sun, CVPR 2016, arXiv 1512.03385).

The plan of ResNet with what a pileup of 48 rows and 61 columns needs: a stage begins with a 3-wide
convolution of stride 2, the first right at the input, and residual blocks follow; global average
pooling, one dense layer. All convolutions are dense and 3 wide, and all channels multiples of 16,
which is what processors multiply fastest; for the same reason the first stage, where positions are
most, has no block (measured: with one, calls are as often right and take nearly twice as long).

What is counted of a site, in the last rows of a combined image, goes through two dense layers and
joins the picture before the last one.
"""

import torch
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models.initialisation import initialise_convolutions
from seqcnn.models.ops import Ops, ops, require_size, scaled

STAGES = ((32, 0), (64, 1), (96, 1))  # channels and blocks
HIDDEN = 256  # of what is made of numbers


class PileupNet(nn.Module):
    """Small residual network on `(N, in_channels, *size)` of any size -> `(N, out)`.

    `width` scales the channels, `depth` the blocks of each stage. With `numbers`, the last rows
    hold so many of them, position by position with the channels of each together
    (`seqcnn.calling.images`, encoder "combined").
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
        numbers: int = 0,
    ) -> None:
        super().__init__()
        if numbers and dim != 2:
            raise InputError("pileup: numbers stand in rows of images; sequences have none")
        op = ops(dim)
        self.name, self.smallest = "pileup", 1
        self.numbers = numbers
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
        if numbers:
            hidden = scaled(HIDDEN, width)
            # A number that is rarely anything but zero must not become huge.
            self.bn = nn.BatchNorm1d(numbers, eps=1e-2)
            self.fc1, self.fc2 = nn.Linear(numbers, hidden), nn.Linear(hidden, hidden)
            entering += hidden
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(entering, out)
        initialise_convolutions(self, "fan_out")

    def forward_features(self, x: Tensor) -> Tensor:
        if self.numbers:
            x = x[:, :, : -self._rows_of_numbers(x)]
        require_size(x, self.smallest, self.name)
        features: Tensor = self.stages(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        found = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        if self.numbers:
            found = torch.cat([found, self._counted(x)], 1)
        logits: Tensor = self.fc(self.dropout(found))
        return logits

    def _counted(self, x: Tensor) -> Tensor:
        last = x[:, :, -self._rows_of_numbers(x) :].permute(0, 2, 3, 1)
        numbers = self.bn(torch.flatten(last, 1)[:, : self.numbers])
        hidden: Tensor = self.relu(self.fc1(self.dropout(numbers)))
        hidden = self.relu(self.fc2(self.dropout(hidden)))
        return hidden

    def _rows_of_numbers(self, x: Tensor) -> int:
        return -(-self.numbers // (x.shape[1] * x.shape[3]))


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

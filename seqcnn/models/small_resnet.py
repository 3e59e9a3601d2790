"""Small ResNet (He, Zhang, Ren and Sun, CVPR 2016, section 4.2, arXiv 1512.03385).

Three stages of 16, 32 and 64 channels with 6n + 2 layers, for 32 x 32 images. The shortcuts have
no parameters, so the plain twins without them have exactly the same: what differs between
`plain56` and `resnet56` is what the shortcut does.
"""

from types import EllipsisType
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.models.initialisation import initialise_convolutions
from seqcnn.models.ops import Ops, ops, require_size, scaled

STAGES = (16, 32, 64)


class Variant(NamedTuple):
    """`blocks` is the paper's n."""

    shortcut: bool
    blocks: int


VARIANTS = {
    "resnet20": Variant(True, 3),
    "resnet56": Variant(True, 9),
    "plain20": Variant(False, 3),
    "plain56": Variant(False, 9),
}


class SmallResNet(nn.Module):
    """Small ResNet or its plain twin on `(N, in_channels, *size)` of any size -> `(N, out)`.

    `width` scales the channels, `depth` the blocks of each stage.
    """

    head = "fc"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "resnet20",
        width: float = 1.0,
        depth: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        op = ops(dim)
        kind = VARIANTS[variant]
        self.name, self.smallest = variant, 1
        channels = [scaled(stage, width) for stage in STAGES]
        self.conv1 = op.Conv(in_channels, channels[0], 3, padding=1, bias=False)
        self.bn1 = op.BatchNorm(channels[0])
        self.relu = nn.ReLU()
        entering = channels[0]
        stages = []
        for stage, leaving in enumerate(channels):
            blocks = []
            for block in range(max(1, round(kind.blocks * depth))):
                stride = 2 if stage and not block else 1
                blocks.append(Block(op, entering, leaving, stride, kind.shortcut))
                entering = leaving
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.avgpool = op.AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(entering, out)
        initialise_convolutions(self, "fan_out")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        features: Tensor = self.stages(self.relu(self.bn1(self.conv1(x))))
        return features

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        logits: Tensor = self.fc(self.dropout(pooled))
        return logits


class Block(nn.Module):
    """Two 3-wide convolutions, the first with the stride; beside a shortcut if there is one."""

    def __init__(self, op: Ops, entering: int, leaving: int, stride: int, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = op.Conv(entering, leaving, 3, stride=stride, padding=1, bias=False)
        self.bn1 = op.BatchNorm(leaving)
        self.relu = nn.ReLU()
        self.conv2 = op.Conv(leaving, leaving, 3, padding=1, bias=False)
        self.bn2 = op.BatchNorm(leaving)
        self.shortcut = Shortcut(op.dim, leaving - entering, stride) if shortcut else None

    def forward(self, x: Tensor) -> Tensor:
        inner = self.relu(self.bn1(self.conv1(x)))
        inner = self.bn2(self.conv2(inner))
        if self.shortcut is not None:
            inner = inner + self.shortcut(x)
        return self.relu(inner)


class Shortcut(nn.Module):
    """The identity; where the positions halve, every second one with zeros as new channels."""

    def __init__(self, dim: int, new_channels: int, stride: int) -> None:
        super().__init__()
        positions: list[EllipsisType | slice] = [..., *[slice(None, None, stride)] * dim]
        self.kept = tuple(positions)
        self.padding = (0, 0) * dim + (0, new_channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[self.kept], self.padding)

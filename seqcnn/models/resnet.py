"""ResNet and ResNeXt (He, Zhang, Ren and Sun, CVPR 2016, arXiv 1512.03385; Xie, Girshick, Dollár,
Tu and He, CVPR 2017, arXiv 1611.05431).

A 7-wide stem with stride 2 and max pooling, four stages of residual blocks, each but the first
halving the positions, global average pooling, one dense layer. In ResNeXt the 3-wide layers are
wider and in groups, each of which reads its own channels only. Parameter names follow the common
PyTorch checkpoints of these networks, so that ImageNet weights load in two dimensions; like them,
and unlike He et al., a bottleneck has its stride in the 3-wide layer rather than the first 1-wide.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqcnn.models.initialisation import initialise_convolutions
from seqcnn.models.ops import Ops, ops, require_size, scaled
from seqcnn.models.residual_blocks import BasicBlock, Bottleneck

STAGES = (64, 128, 256, 512)


class Variant(NamedTuple):
    """A row of the papers' tables; `spread` is by how much the 3-wide layers are wider."""

    bottleneck: bool
    blocks: tuple[int, int, int, int]
    groups: int = 1
    spread: int = 1


VARIANTS = {
    "resnet18": Variant(False, (2, 2, 2, 2)),
    "resnet34": Variant(False, (3, 4, 6, 3)),
    "resnet50": Variant(True, (3, 4, 6, 3)),
    "resnet101": Variant(True, (3, 4, 23, 3)),
    "resnet152": Variant(True, (3, 8, 36, 3)),
    "resnext50_32x4d": Variant(True, (3, 4, 6, 3), groups=32, spread=2),
    "resnext101_32x8d": Variant(True, (3, 4, 23, 3), groups=32, spread=4),
}


class Backbone(nn.Module):
    """The stem and the four stages: `(N, in_channels, *size)` -> `(N, C, *size / 32)`.

    `dilated`: the last two stages keep their positions (`size / 8`) and spread their kernels
    instead, so that every output sees what it would have seen with strides.
    """

    def __init__(
        self,
        dim: int,
        in_channels: int,
        *,
        variant: str,
        width: float = 1.0,
        depth: float = 1.0,
        groups: int | None = None,
        dilated: bool = False,
    ) -> None:
        super().__init__()
        op = ops(dim)
        kind = VARIANTS[variant]
        groups = _groups(variant, groups, width)
        entering = scaled(STAGES[0], width)
        self.name, self.smallest = variant, 1
        self.conv1 = op.Conv(in_channels, entering, 7, stride=2, padding=3, bias=False)
        self.bn1 = op.BatchNorm(entering)
        self.relu = nn.ReLU()
        self.maxpool = op.MaxPool(3, stride=2, padding=1)
        stride, dilation = 1, 1
        for number, (channels, count) in enumerate(zip(STAGES, kind.blocks, strict=True), start=1):
            inner = groups * scaled(channels * kind.spread / groups, width)
            make = _Blocks(op, kind.bottleneck, scaled(channels, width), inner, groups)
            before = dilation
            if dilated and number > 2:
                stride, dilation = 1, dilation * 2
            blocks = [make(entering, stride, (before, dilation))]
            entering = make.leaving
            for _ in range(max(1, round(count * depth)) - 1):
                blocks.append(make(entering, 1, (dilation, dilation)))
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            stride = 2
        self.channels = entering
        initialise_convolutions(self, "fan_out")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_features(x)


class ResNet(Backbone):
    """ResNet or ResNeXt on `(N, in_channels, *size)` of any size -> `(N, out)`.

    Args:
        width: scales the channels. Where layers are grouped it scales the number of groups, so
            that each group keeps its channels (4 in the first stage of `resnext50_32x4d`).
        depth: scales the blocks of each stage.
        groups: of the 3-wide layers of bottleneck blocks, by default the variant's; the layers
            keep their channels, so parameters and multiply-adds fall as the groups rise.
        dropout: before the dense layer.
    """

    head = "fc"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "resnet18",
        width: float = 1.0,
        depth: float = 1.0,
        groups: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(dim, in_channels, variant=variant, width=width, depth=depth, groups=groups)
        self.avgpool = ops(dim).AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.channels, out)

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        logits: Tensor = self.fc(self.dropout(pooled))
        return logits


class _Blocks(NamedTuple):
    """What the blocks of one stage share; called with what differs, it makes one."""

    op: Ops
    bottleneck: bool
    channels: int
    inner: int
    groups: int

    @property
    def leaving(self) -> int:
        return self.channels * 4 if self.bottleneck else self.channels

    def __call__(self, entering: int, stride: int, dilations: tuple[int, int]) -> nn.Module:
        if self.bottleneck:
            return Bottleneck(
                self.op, entering, self.inner, self.leaving, stride, dilations[0], self.groups
            )
        return BasicBlock(self.op, entering, self.channels, stride, dilations)


def _groups(variant: str, groups: int | None, width: float) -> int:
    """Groups of the 3-wide layers after scaling."""
    if groups is None:
        groups = VARIANTS[variant].groups
    if groups < 1:
        raise ValueError(f"groups is {groups}; wanted 1 or more")
    if groups > 1 and not VARIANTS[variant].bottleneck:
        raise ValueError(f"groups is {groups}; {variant} has no bottleneck blocks to group")
    return scaled(groups, width) if groups > 1 else 1

"""ResNet (He, Zhang, Ren and Sun, CVPR 2016, arXiv 1512.03385).

A 7-wide stem with stride 2 and max pooling, four stages of residual blocks, each but the first
halving the positions, global average pooling, one dense layer. Parameter names follow the common
PyTorch checkpoints of these networks, so that ImageNet weights load in two dimensions.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import Ops, ops

# name -> (bottleneck blocks?, blocks in each stage)
DEPTHS: dict[str, tuple[bool, tuple[int, int, int, int]]] = {
    "resnet18": (False, (2, 2, 2, 2)),
    "resnet34": (False, (3, 4, 6, 3)),
    "resnet50": (True, (3, 4, 6, 3)),
    "resnet101": (True, (3, 4, 23, 3)),
    "resnet152": (True, (3, 8, 36, 3)),
}


class ResNet(nn.Module):
    """ResNet on `(N, in_channels, *size)` of any size -> `(N, out)`; `width` scales channels."""

    head = "fc"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        depth: str = "resnet18",
        width: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        op = ops(dim)
        bottleneck, blocks = DEPTHS[depth]
        channels = [max(1, round(stage * width)) for stage in (64, 128, 256, 512)]
        self.conv1 = op.Conv(in_channels, channels[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = op.BatchNorm(channels[0])
        self.relu = nn.ReLU()
        self.maxpool = op.MaxPool(3, stride=2, padding=1)
        entering = channels[0]
        for stage, (leaving, number) in enumerate(zip(channels, blocks, strict=True), start=1):
            layer = _stage(op, bottleneck, entering, leaving, number, stride=1 if stage == 1 else 2)
            self.add_module(f"layer{stage}", layer)
            entering = leaving * (4 if bottleneck else 1)
        self.avgpool = op.AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(entering, out)
        _initialise(self)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        logits: Tensor = self.fc(self.dropout(pooled))
        return logits


class BasicBlock(nn.Module):
    """Two 3-wide convolutions beside a shortcut."""

    def __init__(self, op: Ops, entering: int, leaving: int, stride: int) -> None:
        super().__init__()
        self.conv1 = op.Conv(entering, leaving, 3, stride=stride, padding=1, bias=False)
        self.bn1 = op.BatchNorm(leaving)
        self.relu = nn.ReLU()
        self.conv2 = op.Conv(leaving, leaving, 3, padding=1, bias=False)
        self.bn2 = op.BatchNorm(leaving)
        self.downsample = _projection(op, entering, leaving, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return self.relu(x + shortcut)


class Bottleneck(nn.Module):
    """1-wide reduction, 3-wide convolution (which carries the stride), 1-wide expansion by 4."""

    def __init__(self, op: Ops, entering: int, leaving: int, stride: int) -> None:
        super().__init__()
        self.conv1 = op.Conv(entering, leaving, 1, bias=False)
        self.bn1 = op.BatchNorm(leaving)
        self.conv2 = op.Conv(leaving, leaving, 3, stride=stride, padding=1, bias=False)
        self.bn2 = op.BatchNorm(leaving)
        self.conv3 = op.Conv(leaving, leaving * 4, 1, bias=False)
        self.bn3 = op.BatchNorm(leaving * 4)
        self.relu = nn.ReLU()
        self.downsample = _projection(op, entering, leaving * 4, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return self.relu(x + shortcut)


def _projection(op: Ops, entering: int, leaving: int, stride: int) -> nn.Sequential | None:
    if entering == leaving and stride == 1:
        return None
    return nn.Sequential(
        op.Conv(entering, leaving, 1, stride=stride, bias=False), op.BatchNorm(leaving)
    )


def _stage(
    op: Ops, bottleneck: bool, entering: int, leaving: int, number: int, *, stride: int
) -> nn.Sequential:
    block = Bottleneck if bottleneck else BasicBlock
    expanded = leaving * (4 if bottleneck else 1)
    blocks = [block(op, entering, leaving, stride)]
    blocks += [block(op, expanded, leaving, 1) for _ in range(number - 1)]
    return nn.Sequential(*blocks)


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

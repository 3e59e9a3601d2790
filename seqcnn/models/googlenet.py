"""GoogLeNet (Szegedy et al., CVPR 2015, arXiv 1409.4842).

A stem of three convolutions, nine inception modules (1-, 3- and 5-wide convolutions behind 1-wide
reductions, and pooling, side by side), global average pooling, one dense layer: 22 layers with
weights. Two more classifiers on inner modules bring the gradient to the early layers in training.

Parameter names follow the common PyTorch checkpoints. Those differ from the paper in that every
convolution has batch normalisation and no bias, there is no local response normalisation, the
5-wide branch is 3 wide and the last max pooling 2 wide.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.auxiliary import WithAuxiliary
from seqcnn.models.initialisation import initialise_plain
from seqcnn.models.normalised_unit import Unit
from seqcnn.models.ops import Ops, ops, require_size, scaled

# Channels of a module's branches, as in table 1 of the paper: 1-wide; 3-wide after its reduction;
# 5-wide after its reduction; 1-wide after pooling.
Branches = tuple[int, tuple[int, int], tuple[int, int], int]


class GoogLeNet(nn.Module):
    """GoogLeNet on `(N, in_channels, *size)` of 15 or more positions -> `(N, out)`.

    With `auxiliary` it returns `WithAuxiliary` in training mode: the heads after 4a and 4d.
    """

    head = "fc"
    auxiliary_heads = ("aux1", "aux2")
    auxiliary_weight = 0.3

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        dropout: float = 0.4,
        auxiliary: bool = False,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.smallest = 15
        self.auxiliary = auxiliary
        stem, widened = scaled(64, width), scaled(192, width)
        self.conv1 = Unit(op, in_channels, stem, 7, stride=2)
        self.maxpool1 = op.MaxPool(3, stride=2, ceil_mode=True)
        self.conv2 = Unit(op, stem, stem, 1)
        self.conv3 = Unit(op, stem, widened, 3)
        self.maxpool2 = op.MaxPool(3, stride=2, ceil_mode=True)
        self.maxpool3 = op.MaxPool(3, stride=2, ceil_mode=True)
        self.maxpool4 = op.MaxPool(2, stride=2, ceil_mode=True)

        def after(module: Inception, branches: Branches) -> Inception:
            return Inception(op, module.leaving, branches, width)

        self.inception3a = Inception(op, widened, (64, (96, 128), (16, 32), 32), width)
        self.inception3b = after(self.inception3a, (128, (128, 192), (32, 96), 64))
        self.inception4a = after(self.inception3b, (192, (96, 208), (16, 48), 64))
        self.inception4b = after(self.inception4a, (160, (112, 224), (24, 64), 64))
        self.inception4c = after(self.inception4b, (128, (128, 256), (24, 64), 64))
        self.inception4d = after(self.inception4c, (112, (144, 288), (32, 64), 64))
        self.inception4e = after(self.inception4d, (256, (160, 320), (32, 128), 128))
        self.inception5a = after(self.inception4e, (256, (160, 320), (32, 128), 128))
        self.inception5b = after(self.inception5a, (384, (192, 384), (48, 128), 128))
        self.aux1: AuxiliaryHead | None = None
        self.aux2: AuxiliaryHead | None = None
        if auxiliary:
            self.aux1 = AuxiliaryHead(op, self.inception4a.leaving, out, width)
            self.aux2 = AuxiliaryHead(op, self.inception4d.leaving, out, width)
        self.avgpool = op.AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.inception5b.leaving, out)
        # Kaiming's weights: the usual normal of 0.01 fades in narrow networks.
        initialise_plain(self, "fan_in")

    def forward_features(self, x: Tensor) -> Tensor:
        return self._modules_4a_4d_5b(x)[-1]

    def forward(self, x: Tensor) -> Tensor | WithAuxiliary:
        after_4a, after_4d, after_5b = self._modules_4a_4d_5b(x)
        logits: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(after_5b), 1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return WithAuxiliary(logits, (self.aux1(after_4a), self.aux2(after_4d)))
        return logits

    def _modules_4a_4d_5b(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        require_size(x, self.smallest, "googlenet")
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.inception3b(self.inception3a(x))
        after_4a = self.inception4a(self.maxpool3(x))
        after_4d = self.inception4d(self.inception4c(self.inception4b(after_4a)))
        x = self.inception5a(self.maxpool4(self.inception4e(after_4d)))
        return after_4a, after_4d, self.inception5b(x)


class Inception(nn.Module):
    """Four branches side by side; `leaving` channels are those of all four."""

    def __init__(self, op: Ops, entering: int, branches: Branches, width: float) -> None:
        super().__init__()
        self.concatenate = op.concatenate
        narrow, pooled = scaled(branches[0], width), scaled(branches[3], width)
        middle, broad = ((scaled(a, width), scaled(b, width)) for a, b in branches[1:3])
        self.leaving = narrow + middle[1] + broad[1] + pooled
        self.branch1 = Unit(op, entering, narrow, 1)
        self.branch2 = nn.Sequential(Unit(op, entering, middle[0], 1), Unit(op, *middle, 3))
        self.branch3 = nn.Sequential(Unit(op, entering, broad[0], 1), Unit(op, *broad, 3))
        self.branch4 = nn.Sequential(
            op.MaxPool(3, stride=1, padding=1), Unit(op, entering, pooled, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return self.concatenate([branch(x) for branch in branches])


class AuxiliaryHead(nn.Module):
    """Average pooling to 4 positions a side, a 1-wide convolution and two dense layers."""

    def __init__(self, op: Ops, entering: int, out: int, width: float) -> None:
        super().__init__()
        channels, hidden = scaled(128, width), scaled(1024, width)
        self.pool = op.AdaptiveAvgPool(4)
        self.conv = Unit(op, entering, channels, 1)
        self.fc1 = nn.Linear(channels * 4**op.dim, hidden)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(hidden, out)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.conv(self.pool(x)), 1)
        logits: Tensor = self.fc2(self.dropout(self.relu(self.fc1(x))))
        return logits

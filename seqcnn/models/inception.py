"""Inception-v3 (Szegedy et al., CVPR 2016, arXiv 1512.00567).

A stem of five convolutions, then modules of parallel branches over three sizes of the maps: wide
convolutions are chains of narrow ones (5x5 as two of 3x3, 7x7 as 1x7 and 7x1), and positions halve
by convolution and pooling side by side. DeepVariant (Poplin et al., 2018) reads pileups with it.

In one dimension each layer keeps its width along the sequence: a 1x7 layer becomes 7 wide and a
7x1 layer 1 wide, so that a pair sees 7 positions, as it does along a row of an image. Parameter
names follow the common PyTorch checkpoints in both dimensions.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.auxiliary import WithAuxiliary
from seqcnn.models.inception_modules import (
    MIXED_6A,
    MIXED_7,
    MIXED_7A,
    Mixed,
    mixed_5,
    mixed_6,
)
from seqcnn.models.normalised_unit import Unit
from seqcnn.models.ops import Ops, ops, require_size, scaled


class InceptionV3(nn.Module):
    """Inception-v3 on `(N, in_channels, *size)` of 75 or more positions -> `(N, out)`.

    With `auxiliary` it returns `WithAuxiliary` in training mode: one head on the 17x17 maps, which
    the paper finds to help only late in training. The weight of its loss, 0.4, is the usual one
    for these checkpoints; the paper gives none.
    """

    head = "fc"
    auxiliary_heads = ("AuxLogits",)
    auxiliary_weight = 0.4

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        dropout: float = 0.5,
        auxiliary: bool = False,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.smallest = 75
        self.auxiliary = auxiliary
        c32, c64, c80, c192 = (scaled(channels, width) for channels in (32, 64, 80, 192))
        self.Conv2d_1a_3x3 = Unit(op, in_channels, c32, 3, stride=2, padded=False)
        self.Conv2d_2a_3x3 = Unit(op, c32, c32, 3, padded=False)
        self.Conv2d_2b_3x3 = Unit(op, c32, c64, 3)
        self.maxpool1 = op.MaxPool(3, stride=2)
        self.Conv2d_3b_1x1 = Unit(op, c64, c80, 1)
        self.Conv2d_4a_3x3 = Unit(op, c80, c192, 3, padded=False)
        self.maxpool2 = op.MaxPool(3, stride=2)
        self.Mixed_5b = Mixed(op, c192, mixed_5(pooled=32), width)
        self.Mixed_5c = Mixed(op, self.Mixed_5b.leaving, mixed_5(pooled=64), width)
        self.Mixed_5d = Mixed(op, self.Mixed_5c.leaving, mixed_5(pooled=64), width)
        self.Mixed_6a = Mixed(op, self.Mixed_5d.leaving, MIXED_6A, width)
        self.Mixed_6b = Mixed(op, self.Mixed_6a.leaving, mixed_6(inner=128), width)
        self.Mixed_6c = Mixed(op, self.Mixed_6b.leaving, mixed_6(inner=160), width)
        self.Mixed_6d = Mixed(op, self.Mixed_6c.leaving, mixed_6(inner=160), width)
        self.Mixed_6e = Mixed(op, self.Mixed_6d.leaving, mixed_6(inner=192), width)
        self.AuxLogits: AuxiliaryHead | None = None
        if auxiliary:
            self.AuxLogits = AuxiliaryHead(op, self.Mixed_6e.leaving, out, width)
        self.Mixed_7a = Mixed(op, self.Mixed_6e.leaving, MIXED_7A, width)
        self.Mixed_7b = Mixed(op, self.Mixed_7a.leaving, MIXED_7, width)
        self.Mixed_7c = Mixed(op, self.Mixed_7b.leaving, MIXED_7, width)
        self.avgpool = op.AdaptiveAvgPool(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.Mixed_7c.leaving, out)
        _initialise(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self._last(self._up_to_6e(x))

    def forward(self, x: Tensor) -> Tensor | WithAuxiliary:
        after_6e = self._up_to_6e(x)
        pooled = torch.flatten(self.avgpool(self._last(after_6e)), 1)
        logits: Tensor = self.fc(self.dropout(pooled))
        if self.training and self.AuxLogits is not None:
            return WithAuxiliary(logits, (self.AuxLogits(after_6e),))
        return logits

    def _up_to_6e(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "inception_v3")
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(self.maxpool1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(self.maxpool2(x))))
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))
        x = self.Mixed_6e(self.Mixed_6d(x))
        return x

    def _last(self, x: Tensor) -> Tensor:
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x


class AuxiliaryHead(nn.Module):
    """Average pooling to 5 positions a side, a 1-wide and a 5-wide convolution, a dense layer."""

    def __init__(self, op: Ops, entering: int, out: int, width: float) -> None:
        super().__init__()
        reduced, channels = scaled(128, width), scaled(768, width)
        # Adaptive, so that training takes every size that prediction takes.
        self.pool = op.AdaptiveAvgPool(5)
        self.conv0 = Unit(op, entering, reduced, 1)
        self.conv1 = Unit(op, reduced, channels, 5, padded=False)
        self.fc = nn.Linear(channels, out)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(torch.flatten(self.conv1(self.conv0(self.pool(x))), 1))
        return logits


def _initialise(network: nn.Module) -> None:
    """Truncated normals of 0.1, as is usual for these checkpoints; the paper gives none.

    The output layer has 0.01 instead: from 0.1 its untrained logits are so large, and with dropout
    so noisy, that small data sets and narrow networks take far longer to learn.
    """
    small = {"AuxLogits.conv1.conv": 0.01, "AuxLogits.fc": 0.001, "fc": 0.01}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
            deviation = small.get(name, 0.1)
            nn.init.trunc_normal_(module.weight, std=deviation, a=-2 * deviation, b=2 * deviation)

"""The two blocks of ResNet: a basic one and a bottleneck, each beside a shortcut."""

from torch import Tensor, nn

from seqcnn.models.ops import Ops


class BasicBlock(nn.Module):
    """Two 3-wide convolutions, the first with the stride, each with its dilation; a shortcut."""

    def __init__(
        self, op: Ops, entering: int, leaving: int, stride: int, dilations: tuple[int, int]
    ) -> None:
        super().__init__()
        self.conv1 = _wide(op, entering, leaving, stride, dilations[0])
        self.bn1 = op.BatchNorm(leaving)
        self.relu = nn.ReLU()
        self.conv2 = _wide(op, leaving, leaving, 1, dilations[1])
        self.bn2 = op.BatchNorm(leaving)
        self.downsample = _projection(op, entering, leaving, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return self.relu(x + shortcut)


class Bottleneck(nn.Module):
    """1-wide reduction, 3-wide convolution (with stride and groups), 1-wide expansion."""

    def __init__(
        self,
        op: Ops,
        entering: int,
        inner: int,
        leaving: int,
        stride: int,
        dilation: int,
        groups: int,
    ) -> None:
        super().__init__()
        self.conv1 = op.Conv(entering, inner, 1, bias=False)
        self.bn1 = op.BatchNorm(inner)
        self.conv2 = _wide(op, inner, inner, stride, dilation, groups)
        self.bn2 = op.BatchNorm(inner)
        self.conv3 = op.Conv(inner, leaving, 1, bias=False)
        self.bn3 = op.BatchNorm(leaving)
        # Each block starts as its shortcut (Goyal et al. 2017, arXiv 1706.02677, section 5.1): deep
        # stacks then learn from the first steps, where data are few (docs/models.md).
        nn.init.zeros_(self.bn3.weight)
        self.relu = nn.ReLU()
        self.downsample = _projection(op, entering, leaving, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return self.relu(x + shortcut)


def _wide(
    op: Ops, entering: int, leaving: int, stride: int, dilation: int, groups: int = 1
) -> nn.Conv1d | nn.Conv2d:
    return op.Conv(
        entering,
        leaving,
        3,
        stride=stride,
        padding=dilation,
        dilation=dilation,
        groups=groups,
        bias=False,
    )


def _projection(op: Ops, entering: int, leaving: int, stride: int) -> nn.Sequential | None:
    if entering == leaving and stride == 1:
        return None
    return nn.Sequential(
        op.Conv(entering, leaving, 1, stride=stride, bias=False), op.BatchNorm(leaving)
    )

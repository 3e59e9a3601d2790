"""The layer that GoogLeNet and Inception-v3 are made of."""

from typing import Any

from torch import Tensor, nn

from seqcnn.models.ops import Ops


class Unit(nn.Module):
    """Convolution without bias, batch normalisation and ReLU.

    `kernel` is one width for all sides, or (rows, columns), of which one dimension keeps the
    columns. With `padded` it keeps the positions, but for its stride.
    """

    def __init__(
        self,
        op: Ops,
        entering: int,
        leaving: int,
        kernel: int | tuple[int, int],
        *,
        stride: int = 1,
        padded: bool = True,
    ) -> None:
        super().__init__()
        both = (kernel, kernel) if isinstance(kernel, int) else kernel
        # In one dimension only the width along the sequence is left.
        sides: Any = both[-op.dim :]
        padding: Any = tuple(side // 2 if padded else 0 for side in sides)
        self.conv = op.Conv(entering, leaving, sides, stride=stride, padding=padding, bias=False)
        self.bn = op.BatchNorm(leaving, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn(self.conv(x)))
        return x

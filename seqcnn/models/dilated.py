"""Dilated residual network (Basenji: Kelley et al., Genome Research 2018,
doi 10.1101/gr.227819.117; dilation: Yu and Koltun, ICLR 2016, arXiv 1511.07122).

A convolutional stem with pooling, then residual blocks whose dilation grows exponentially until
the receptive field is as wide as asked.
"""

from torch import Tensor, nn
from torch.nn import functional

from seqcnn.models.ops import Ops, ops, require_size, scaled

STEM_KERNEL = 15
TOWER_KERNEL = 5
POOL = 2


class Dilated(nn.Module):
    """Dilated network on `(N, in_channels, *size)` -> `(N, out)`.

    Args:
        pools: halvings of the positions before the dilated blocks, the first one in the stem.
        receptive_field: positions of the input that one position before pooling sees at least.
        growth: factor between the dilations of neighbouring blocks.
    """

    head = "output"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        width: float = 1.0,
        pools: int = 3,
        receptive_field: int = 600,
        growth: float = 1.5,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        op = ops(dim)
        channels = scaled(64, width)
        bottleneck = max(1, channels // 2)
        layers: list[nn.Module] = [_unit(op, in_channels, channels, STEM_KERNEL), op.MaxPool(POOL)]
        seen, stride = STEM_KERNEL + POOL - 1, POOL
        for _ in range(pools - 1):
            layers += [_unit(op, channels, channels, TOWER_KERNEL), op.MaxPool(POOL)]
            seen += (TOWER_KERNEL - 1) * stride + (POOL - 1) * stride
            stride *= POOL
        rate = 1.0
        while True:
            dilation = max(1, round(rate))
            layers.append(DilatedBlock(op, channels, bottleneck, dilation, dropout))
            seen += 2 * dilation * stride
            rate *= growth
            if seen >= receptive_field:
                break
        self.smallest = POOL**pools
        self.receptive_field = seen
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels, out)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "dilated")
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        pooled = functional.gelu(self.forward_features(x)).flatten(2).mean(2)
        logits: Tensor = self.output(self.dropout(pooled))
        return logits


class DilatedBlock(nn.Module):
    """A dilated 3-wide convolution into a bottleneck and a 1-wide one back, beside a shortcut."""

    def __init__(
        self, op: Ops, channels: int, bottleneck: int, dilation: int, dropout: float
    ) -> None:
        super().__init__()
        self.reduce = op.Conv(
            channels, bottleneck, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.bn1 = op.BatchNorm(bottleneck)
        self.expand = op.Conv(bottleneck, channels, 1, bias=False)
        self.bn2 = op.BatchNorm(channels)
        self.dropout = nn.Dropout(dropout)
        # Each block starts as the identity, so deep stacks train from the first step.
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.gelu(self.bn1(self.reduce(functional.gelu(x))))
        return x + self.dropout(self.bn2(self.expand(inner)))


def _unit(op: Ops, entering: int, leaving: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        op.Conv(entering, leaving, kernel, padding=kernel // 2, bias=False),
        op.BatchNorm(leaving),
        nn.GELU(),
    )

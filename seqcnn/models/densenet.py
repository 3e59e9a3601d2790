"""DenseNet (Huang, Liu, van der Maaten and Weinberger, CVPR 2017, arXiv 1608.06993).

Every layer of a block reads the maps of all layers before it and adds a few of its own (the
growth rate); between blocks a transition halves the channels and the positions. This is
DenseNet-BC: 1-wide bottlenecks and compression by half. Parameter names follow the common
PyTorch checkpoints.
"""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional

from seqcnn.models.initialisation import initialise_convolutions
from seqcnn.models.ops import Ops, ops, require_size, scaled

# name -> (channels of the stem, growth rate, layers in each block); table 1 of the paper
VARIANTS: dict[str, tuple[int, int, tuple[int, int, int, int]]] = {
    "densenet121": (64, 32, (6, 12, 24, 16)),
    "densenet161": (96, 48, (6, 12, 36, 24)),
    "densenet169": (64, 32, (6, 12, 32, 32)),
    "densenet201": (64, 32, (6, 12, 48, 32)),
}


class DenseNet(nn.Module):
    """DenseNet on `(N, in_channels, *size)` of 29 or more positions -> `(N, out)`.

    Args:
        width: factor of the stem's channels and of the growth rate, by which all others follow.
        depth: factor of the layers in each block.
        growth: maps that each layer adds at `width` 1; the paper's where None.
        dropout: share of a layer's new values that training sets to zero.
    """

    head = "classifier"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "densenet121",
        width: float = 1.0,
        depth: float = 1.0,
        growth: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        op = ops(dim)
        stem, published_growth, blocks = VARIANTS[variant]
        if growth is not None and growth < 1:
            raise ValueError(f"growth is {growth}; each layer adds at least 1 map")
        added = scaled(growth or published_growth, width)
        channels = scaled(stem, width)
        self.variant = variant
        self.smallest = 29
        self.features = nn.Sequential(
            OrderedDict[str, nn.Module](
                conv0=op.Conv(in_channels, channels, 7, stride=2, padding=3, bias=False),
                norm0=op.BatchNorm(channels),
                relu0=nn.ReLU(),
                pool0=op.MaxPool(3, stride=2, padding=1),
            )
        )
        for number, published_layers in enumerate(blocks, start=1):
            layers = max(1, round(published_layers * depth))
            block = DenseBlock(op, channels, added, layers, dropout)
            self.features.add_module(f"denseblock{number}", block)
            channels += layers * added
            if number < len(blocks):
                self.features.add_module(f"transition{number}", _transition(op, channels))
                channels = max(1, channels // 2)
        self.features.add_module("norm5", op.BatchNorm(channels))
        self.classifier = nn.Linear(channels, out)
        initialise_convolutions(self, "fan_in")
        nn.init.zeros_(self.classifier.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.variant)
        return functional.relu(self.features(x))

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.forward_features(x).flatten(2).mean(2)
        logits: Tensor = self.classifier(pooled)
        return logits


class DenseBlock(nn.Module):
    """Layers of which each reads what entered the block and the maps of all layers before."""

    def __init__(self, op: Ops, entering: int, growth: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.concatenate = op.concatenate
        for number in range(layers):
            layer = DenseLayer(op, entering + number * growth, growth, dropout)
            self.add_module(f"denselayer{number + 1}", layer)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = self.concatenate([x, layer(x)])
        return x


class DenseLayer(nn.Module):
    """1-wide convolution into a bottleneck, 3-wide one to `growth` maps; activation first."""

    def __init__(self, op: Ops, entering: int, growth: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = op.BatchNorm(entering)
        self.conv1 = op.Conv(entering, 4 * growth, 1, bias=False)
        self.norm2 = op.BatchNorm(4 * growth)
        self.conv2 = op.Conv(4 * growth, growth, 3, padding=1, bias=False)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(self.relu(self.norm1(x)))
        x = self.conv2(self.relu(self.norm2(x)))
        x = self.dropout(x)
        return x


def _transition(op: Ops, entering: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            norm=op.BatchNorm(entering),
            relu=nn.ReLU(),
            conv=op.Conv(entering, max(1, entering // 2), 1, bias=False),
            pool=op.AvgPool(2, stride=2),
        )
    )

"""Network in Network (Lin, Chen and Yan, ICLR 2014, arXiv 1312.4400).

Each convolution is followed by two 1-wide ones, a small dense network slid over the positions. The
last of them has one map per class, and its average over positions is the logit: no dense layer.

The layout is the published one for 32 x 32 images (CIFAR-10), 966,986 parameters. There the class
maps pass a last ReLU; here they do not, so that a logit can be negative.
"""

from itertools import pairwise

from torch import Tensor, nn

from seqcnn.models.initialisation import initialise_plain
from seqcnn.models.ops import Ops, ops, require_size, scaled


class NiN(nn.Module):
    """Network in Network on `(N, in_channels, *size)` of 4 or more positions -> `(N, out)`.

    `width` scales every layer but the class maps.
    """

    head = "output"

    def __init__(
        self, dim: int, in_channels: int, out: int, *, width: float = 1.0, dropout: float = 0.5
    ) -> None:
        super().__init__()
        op = ops(dim)
        wide, middle, narrow = (scaled(maps, width) for maps in (192, 160, 96))
        self.smallest = 4
        # Rounding the pooled size up, as published, makes 16 and 8 positions of 32.
        self.features = nn.Sequential(
            *_perceptron(op, 5, (in_channels, wide, middle, narrow)),
            op.MaxPool(3, stride=2, ceil_mode=True),
            nn.Dropout(dropout),
            *_perceptron(op, 5, (narrow, wide, wide, wide)),
            op.AvgPool(3, stride=2, ceil_mode=True),
            nn.Dropout(dropout),
            *_perceptron(op, 3, (wide, wide, wide)),
        )
        self.output = op.Conv(wide, out, 1)
        self.avgpool = op.AdaptiveAvgPool(1)
        initialise_plain(self, "fan_in")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "nin")
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.avgpool(self.output(self.forward_features(x))).flatten(1)
        return logits


def _perceptron(op: Ops, kernel: int, maps: tuple[int, ...]) -> list[nn.Module]:
    """A convolution of `kernel`, then 1-wide ones, each with its ReLU."""
    layers: list[nn.Module] = []
    for entering, leaving in pairwise(maps):
        layers += [op.Conv(entering, leaving, kernel, padding=kernel // 2), nn.ReLU()]
        kernel = 1
    return layers

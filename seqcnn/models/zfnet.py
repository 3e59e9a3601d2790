"""ZFNet (Zeiler and Fergus, ECCV 2014, arXiv 1311.2901).

AlexNet with a finer look at the input: the first layer is 7 wide with stride 2 instead of 11 with
4, the second 5 wide with stride 2, and nothing is split in groups. Maps on 224 positions shrink to
110, 55, 26, 13 and 6.

The paper normalises contrast across maps without giving constants; here they are AlexNet's.
Its weights start at a scale of 0.01 on pixels of about -128 to 128, too small for inputs near 1,
so convolutions start from Kaiming's normal weights here.
"""

from torch import nn

from seqcnn.models.alexnet import POOLED, dense_layers
from seqcnn.models.initialisation import initialise_plain
from seqcnn.models.local_response import local_response
from seqcnn.models.ops import ops, scaled
from seqcnn.models.plain import PlainNetwork


class ZFNet(PlainNetwork):
    """ZFNet on `(N, in_channels, *size)` of 53 or more positions -> `(N, out)`.

    The last maps are averaged to 6 positions on a side, so any size will do; `width` scales every
    hidden layer.
    """

    def __init__(
        self, dim: int, in_channels: int, out: int, *, width: float = 1.0, dropout: float = 0.5
    ) -> None:
        super().__init__()
        op = ops(dim)
        maps = [scaled(number, width) for number in (96, 256, 384, 384, 256)]
        self.name, self.smallest = "zfnet", 53
        self.features = nn.Sequential(
            op.Conv(in_channels, maps[0], 7, stride=2, padding=1),
            nn.ReLU(),
            op.MaxPool(3, stride=2, padding=1),
            local_response(),
            op.Conv(maps[0], maps[1], 5, stride=2),
            nn.ReLU(),
            op.MaxPool(3, stride=2, padding=1),
            local_response(),
            op.Conv(maps[1], maps[2], 3, padding=1),
            nn.ReLU(),
            op.Conv(maps[2], maps[3], 3, padding=1),
            nn.ReLU(),
            op.Conv(maps[3], maps[4], 3, padding=1),
            nn.ReLU(),
            op.MaxPool(3, stride=2),
        )
        self.avgpool = op.AdaptiveAvgPool(POOLED)
        self.classifier = dense_layers(maps[4] * POOLED**dim, out, width, dropout)
        initialise_plain(self, "fan_in")

"""AlexNet (Krizhevsky, Sutskever and Hinton, NIPS 2012, doi 10.1145/3065386).

Five convolutions and three dense layers with ReLU, overlapping max pooling and dropout.
`AlexNet2012` is the network of the paper: what its two GPUs did not share is a convolution in two
groups, and two layers end in local response normalisation. `AlexNet` is the later one-GPU layout
(Krizhevsky 2014, arXiv 1404.5997) with the parameter names of the common PyTorch checkpoints.

The paper prints 253,440 activations for the first layer. By its own description they are
55 x 55 x 96 = 290,400. The printed number is 55 x 48 x 96: no square plane of 96 maps has it, and
48 is the number of maps on each GPU, so one 55 may have been mistaken for it; the paper does not
say. The other counts follow from its layers as printed.
"""

from torch import nn

from seqcnn.models.initialisation import initialise_plain
from seqcnn.models.local_response import local_response
from seqcnn.models.ops import ops, scaled
from seqcnn.models.plain import PlainNetwork

POOLED = 6  # positions on a side that reach the dense layers


class AlexNet(PlainNetwork):
    """One-GPU AlexNet on `(N, in_channels, *size)` of 63 or more positions -> `(N, out)`.

    The last maps are averaged to 6 positions on a side, so any size will do; `width` scales every
    hidden layer.
    """

    def __init__(
        self, dim: int, in_channels: int, out: int, *, width: float = 1.0, dropout: float = 0.5
    ) -> None:
        super().__init__()
        op = ops(dim)
        maps = [scaled(number, width) for number in (64, 192, 384, 256, 256)]
        self.name, self.smallest = "alexnet", 63
        self.features = nn.Sequential(
            op.Conv(in_channels, maps[0], 11, stride=4, padding=2),
            nn.ReLU(),
            op.MaxPool(3, stride=2),
            op.Conv(maps[0], maps[1], 5, padding=2),
            nn.ReLU(),
            op.MaxPool(3, stride=2),
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


class AlexNet2012(PlainNetwork):
    """The AlexNet of 2012 on `(N, in_channels, *size)` of 67 or more positions -> `(N, out)`.

    Layers fit exactly at 227 positions: 55 after the first one, then 27, 13 and 6. Other sizes are
    averaged to 6 before the dense layers. `width` scales every hidden layer; maps stay even, for
    the groups. Weights start as `AlexNet`'s: the paper's normal of 0.01 is for pixel values up to
    255, and on inputs of deviation 1 or one-hot bases the signal fades from layer to layer.
    """

    def __init__(
        self, dim: int, in_channels: int, out: int, *, width: float = 1.0, dropout: float = 0.5
    ) -> None:
        super().__init__()
        op = ops(dim)
        maps = [2 * scaled(number / 2, width) for number in (96, 256, 384, 384, 256)]
        self.name, self.smallest = "alexnet_2012", 67
        self.features = nn.Sequential(
            op.Conv(in_channels, maps[0], 11, stride=4),
            nn.ReLU(),
            local_response(),
            op.MaxPool(3, stride=2),
            op.Conv(maps[0], maps[1], 5, padding=2, groups=2),
            nn.ReLU(),
            local_response(),
            op.MaxPool(3, stride=2),
            op.Conv(maps[1], maps[2], 3, padding=1),
            nn.ReLU(),
            op.Conv(maps[2], maps[3], 3, padding=1, groups=2),
            nn.ReLU(),
            op.Conv(maps[3], maps[4], 3, padding=1, groups=2),
            nn.ReLU(),
            op.MaxPool(3, stride=2),
        )
        self.avgpool = op.AdaptiveAvgPool(POOLED)
        self.classifier = dense_layers(maps[4] * POOLED**dim, out, width, dropout)
        initialise_plain(self, "fan_in")


def dense_layers(inputs: int, out: int, width: float, dropout: float) -> nn.Sequential:
    """Dropout before each of two hidden layers of 4096 units, then the output."""
    hidden = scaled(4096, width)
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, out),
    )

"""VGG (Simonyan and Zisserman, ICLR 2015, arXiv 1409.1556).

Nothing but 3-wide convolutions and 2-wide max pooling, deeper than anything before: three layers
of 3 see as much as one of 7, with three ReLUs instead of one and fewer weights. Three dense
layers follow. Parameter names are those of the common PyTorch checkpoints.

Configurations of the paper: A `vgg11`, A-LRN `vgg11_lrn` (local response normalisation after the
first layer), B `vgg13`, C `vgg16_c` (every third layer of a stage is 1-wide), D `vgg16`,
E `vgg19`. The `_bn` versions, with batch normalisation after each convolution, came later.
"""

from torch import nn

from seqcnn.models.initialisation import initialise_plain
from seqcnn.models.local_response import local_response
from seqcnn.models.ops import Ops, ops, scaled
from seqcnn.models.plain import PlainNetwork

MAPS = (64, 128, 256, 512, 512)
POOLED = 7  # positions on a side that reach the dense layers
# name -> convolutions in each stage
DEPTHS: dict[str, tuple[int, int, int, int, int]] = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg11_bn": (1, 1, 2, 2, 2),
    "vgg11_lrn": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg13_bn": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg16_bn": (2, 2, 3, 3, 3),
    "vgg16_c": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
    "vgg19_bn": (2, 2, 4, 4, 4),
}


class VGG(PlainNetwork):
    """VGG on `(N, in_channels, *size)` of 32 or more positions -> `(N, out)`.

    The last maps are averaged to 7 positions on a side, so any size will do.

    Args:
        width: scales the maps of every stage and the hidden dense layers.
        depth: scales the convolutions of every stage.
    """

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "vgg16",
        width: float = 1.0,
        depth: float = 1.0,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.name, self.smallest = variant, 32
        maps = [scaled(number, width) for number in MAPS]
        numbers = [max(1, round(number * depth)) for number in DEPTHS[variant]]
        hidden = scaled(4096, width)
        self.features = _stages(op, in_channels, maps, numbers, variant)
        self.avgpool = op.AdaptiveAvgPool(POOLED)
        self.classifier = nn.Sequential(
            nn.Linear(maps[-1] * POOLED**dim, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, out),
        )
        initialise_plain(self, "fan_out")


def _stages(
    op: Ops, entering: int, maps: list[int], numbers: list[int], variant: str
) -> nn.Sequential:
    layers: list[nn.Module] = []
    for leaving, number in zip(maps, numbers, strict=True):
        for position in range(number):
            kernel = 1 if variant == "vgg16_c" and position % 3 == 2 else 3
            layers.append(op.Conv(entering, leaving, kernel, padding=kernel // 2))
            if variant.endswith("_bn"):
                layers.append(op.BatchNorm(leaving))
            layers.append(nn.ReLU())
            if variant == "vgg11_lrn" and len(layers) == 2:
                layers.append(local_response())
            entering = leaving
        layers.append(op.MaxPool(2, stride=2))
    return nn.Sequential(*layers)

"""The modules of Inception-v3: parallel branches, and the tables of their layers.

Figures are those of Szegedy et al., CVPR 2016, arXiv 1512.00567.
"""

from typing import NamedTuple

from torch import Tensor, nn

from seqcnn.models.normalised_unit import Unit
from seqcnn.models.ops import Ops, scaled


class Layer(NamedTuple):
    """One convolution: `rows` is its height in an image, `columns` its width in any dimension."""

    name: str
    channels: int
    rows: int
    columns: int
    stride: int = 1


class Design(NamedTuple):
    """Branches of a module, each a chain of steps; the layers of one step read the same maps.

    One more branch pools: the average into `pooled` channels or, where that is 0, the maximum of
    every second position.
    """

    branches: tuple[tuple[tuple[Layer, ...], ...], ...]
    pooled: int = 0


class Mixed(nn.Module):
    """A module of parallel branches; `leaving` channels are those of all together."""

    def __init__(self, op: Ops, entering: int, design: Design, width: float) -> None:
        super().__init__()
        self.branches, self.concatenate = design.branches, op.concatenate
        self.leaving = 0
        for branch in design.branches:
            channels = entering
            for step in branch:
                for layer in step:
                    self.add_module(layer.name, _unit(op, channels, layer, width))
                channels = sum(scaled(layer.channels, width) for layer in step)
            self.leaving += channels
        self.branch_pool: Unit | None = None
        if design.pooled:
            pooled = scaled(design.pooled, width)
            self.pool: nn.Module = op.AvgPool(3, stride=1, padding=1)
            self.branch_pool = Unit(op, entering, pooled, (1, 1))
            self.leaving += pooled
        else:
            self.pool = op.MaxPool(3, stride=2)
            self.leaving += entering

    def forward(self, x: Tensor) -> Tensor:
        ends = []
        for branch in self.branches:
            y = x
            for step in branch:
                sides = [getattr(self, layer.name)(y) for layer in step]
                y = sides[0] if len(sides) == 1 else self.concatenate(sides)
            ends.append(y)
        pooled = self.pool(x)
        ends.append(pooled if self.branch_pool is None else self.branch_pool(pooled))
        return self.concatenate(ends)


def mixed_5(pooled: int) -> Design:
    """Modules at 35x35: a 5x5 layer, which figure 5 has as one of 3x3, and one as two of 3x3."""
    return Design(
        (
            ((Layer("branch1x1", 64, 1, 1),),),
            ((Layer("branch5x5_1", 48, 1, 1),), (Layer("branch5x5_2", 64, 5, 5),)),
            (
                (Layer("branch3x3dbl_1", 64, 1, 1),),
                (Layer("branch3x3dbl_2", 96, 3, 3),),
                (Layer("branch3x3dbl_3", 96, 3, 3),),
            ),
        ),
        pooled,
    )


def mixed_6(inner: int) -> Design:
    """Modules at 17x17 (figure 6): 7x7 layers as 1x7 and 7x1, once and twice."""
    return Design(
        (
            ((Layer("branch1x1", 192, 1, 1),),),
            (
                (Layer("branch7x7_1", inner, 1, 1),),
                (Layer("branch7x7_2", inner, 1, 7),),
                (Layer("branch7x7_3", 192, 7, 1),),
            ),
            (
                (Layer("branch7x7dbl_1", inner, 1, 1),),
                (Layer("branch7x7dbl_2", inner, 7, 1),),
                (Layer("branch7x7dbl_3", inner, 1, 7),),
                (Layer("branch7x7dbl_4", inner, 7, 1),),
                (Layer("branch7x7dbl_5", 192, 1, 7),),
            ),
        ),
        192,
    )


# From 35x35 to 17x17 (figure 10).
MIXED_6A = Design(
    (
        ((Layer("branch3x3", 384, 3, 3, stride=2),),),
        (
            (Layer("branch3x3dbl_1", 64, 1, 1),),
            (Layer("branch3x3dbl_2", 96, 3, 3),),
            (Layer("branch3x3dbl_3", 96, 3, 3, stride=2),),
        ),
    )
)

# From 17x17 to 8x8.
MIXED_7A = Design(
    (
        ((Layer("branch3x3_1", 192, 1, 1),), (Layer("branch3x3_2", 320, 3, 3, stride=2),)),
        (
            (Layer("branch7x7x3_1", 192, 1, 1),),
            (Layer("branch7x7x3_2", 192, 1, 7),),
            (Layer("branch7x7x3_3", 192, 7, 1),),
            (Layer("branch7x7x3_4", 192, 3, 3, stride=2),),
        ),
    )
)

# Modules at 8x8 (figure 7): 1x3 and 3x1 side by side.
MIXED_7 = Design(
    (
        ((Layer("branch1x1", 320, 1, 1),),),
        (
            (Layer("branch3x3_1", 384, 1, 1),),
            (Layer("branch3x3_2a", 384, 1, 3), Layer("branch3x3_2b", 384, 3, 1)),
        ),
        (
            (Layer("branch3x3dbl_1", 448, 1, 1),),
            (Layer("branch3x3dbl_2", 384, 3, 3),),
            (Layer("branch3x3dbl_3a", 384, 1, 3), Layer("branch3x3dbl_3b", 384, 3, 1)),
        ),
    ),
    192,
)


def _unit(op: Ops, entering: int, layer: Layer, width: float) -> Unit:
    kernel = (layer.rows, layer.columns)
    leaving = scaled(layer.channels, width)
    return Unit(op, entering, leaving, kernel, stride=layer.stride, padded=layer.stride == 1)

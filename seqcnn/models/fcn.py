"""FCN (Long, Shelhamer and Darrell, CVPR 2015, arXiv 1411.4038).

A network without dense layers, so it gives one prediction per position: a class per pixel, or an
annotation per base. The backbone is a ResNet whose last two stages are dilated (Chen et al. 2017,
arXiv 1706.05587; the paper itself used VGG), which scores every eighth position; the scores are
interpolated between. Parameter names follow the common PyTorch checkpoints.
"""

from torch import Tensor, nn
from torch.nn import functional

from seqcnn.models.ops import ops, require_size
from seqcnn.models.resnet import Backbone

# name -> backbone
VARIANTS = {"fcn_resnet18": "resnet18", "fcn_resnet50": "resnet50"}


class FCN(nn.Module):
    """FCN on `(N, in_channels, *size)` of any size -> `(N, out, *size)`, or `(N, out)` if pooled.

    Args:
        width: scales the channels; `depth`: the blocks of each stage.
        pooled: give the mean of the scores over positions, `(N, out)`. So it learns from one
            label per input; made again without it, the same weights say where.
        dropout: of the features that are scored.
    """

    head = "classifier.4"

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "fcn_resnet18",
        width: float = 1.0,
        depth: float = 1.0,
        pooled: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        op = ops(dim)
        self.name, self.pooled = variant, pooled
        self.backbone = Backbone(
            dim, in_channels, variant=VARIANTS[variant], width=width, depth=depth, dilated=True
        )
        self.smallest = self.backbone.smallest
        channels = self.backbone.channels
        hidden = max(1, channels // 4)
        self.classifier = nn.Sequential(
            op.Conv(channels, hidden, 3, padding=1, bias=False),
            op.BatchNorm(hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            op.Conv(hidden, out, 1),
        )
        self.between = {1: "linear", 2: "bilinear"}[dim]

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        features: Tensor = self.backbone(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.forward_features(x))
        if self.pooled:
            return scores.flatten(2).mean(2)
        return functional.interpolate(
            scores, size=x.shape[2:], mode=self.between, align_corners=False
        )

"""What the networks before ResNet that end in dense layers share."""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import require_size


class PlainNetwork(nn.Module):
    """`features`, averaged to a fixed number of positions, then `classifier`: -> `(N, out)`.

    A network sets these layers, its registry `name` and its `smallest` input.
    """

    head = "classifier.6"
    name: str
    smallest: int
    features: nn.Sequential
    avgpool: nn.Module
    classifier: nn.Sequential

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        features: Tensor = self.features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.flatten(self.avgpool(self.forward_features(x)), 1)
        logits: Tensor = self.classifier(pooled)
        return logits

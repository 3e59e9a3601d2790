"""All networks of a bundle, on both strands, as one differentiable function."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqcnn.encoders.tensors import reverse_complement


class WholeNetwork(nn.Module):
    """One-hot `(N, 4, L)`, channels A C G T -> logits `(N, K)`, as prediction averages them.

    The mean over `members` and, where `both_strands`, over each sequence and its reverse
    complement. The members are shared, not copied; a network is called once a strand, so methods
    that put hooks on layers (DeepLIFT) must take member and strand one by one.
    """

    def __init__(self, members: Sequence[nn.Module], *, both_strands: bool) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.both_strands = both_strands

    def forward(self, x: Tensor) -> Tensor:
        strands = [x, reverse_complement(x)] if self.both_strands else [x]
        logits = [member(strand).float() for member in self.members for strand in strands]
        return torch.stack(logits).mean(0)

"""First-layer filters as the sequences that excite them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

FEWEST_SITES = 10  # fewer say nothing about a motif


class FilterMotif(NamedTuple):
    """What one filter answers to.

    `number` is the filter's, from 0; `counts` is (4, K) of the letters under the filter wherever
    it fires, `sites` how many such places, `information` their information content in bits over
    all K columns, `share` the share of sequences in which it fires.
    """

    number: int
    counts: np.ndarray
    sites: int
    information: float
    share: float


def first_convolution(network: nn.Module, channels: int = 4) -> nn.Conv1d | None:
    """The first 1-D convolution that reads the input's `channels` directly, if there is one."""
    for module in network.modules():
        if isinstance(module, nn.Conv1d) and module.in_channels == channels:
            return module
    return None


@torch.no_grad()
def filter_motifs(
    network: nn.Module,
    sequences: np.ndarray,
    *,
    inputs: Callable[[Tensor], Tensor],
    threshold: float = 0.5,
    batch_size: int = 256,
) -> list[FilterMotif]:
    """A motif for each first-layer filter from codes uint8 (N, L), most informative first.

    A filter fires where its activation is over `threshold` of its maximum over all sequences, as
    in Basset (Kelley et al. 2016). Filters that fire in fewer than 10 places are left out.
    """
    convolution = first_convolution(network)
    if convolution is None:
        return []
    weight, bias = convolution.weight.float().cpu(), convolution.bias
    bias = None if bias is None else bias.float().cpu()
    kernel = weight.shape[2]
    if sequences.shape[1] < kernel:
        return []

    def activations(first: int) -> tuple[Tensor, Tensor]:
        x = inputs(torch.from_numpy(sequences[first : first + batch_size])).float()
        return x, nn.functional.conv1d(x, weight, bias)

    starts = range(0, len(sequences), batch_size)
    highest = torch.full((weight.shape[0],), -torch.inf)
    for first in starts:
        highest = torch.maximum(highest, activations(first)[1].amax((0, 2)))
    # A bias can push every activation below zero: measure from the filter's resting value.
    resting = torch.zeros_like(highest) if bias is None else bias
    cutoff = resting + threshold * (highest - resting)
    counts = torch.zeros(weight.shape[0], 4, kernel)
    sites = torch.zeros(weight.shape[0])
    fired = torch.zeros(weight.shape[0])
    for first in starts:
        x, found = activations(first)
        over = (found > cutoff[:, None]).float()
        windows = x.unfold(2, kernel, 1)  # (n, 4, positions, K)
        counts += torch.einsum("nfp,ncpk->fck", over, windows)
        sites += over.sum((0, 2))
        fired += over.amax(2).sum(0)
    motifs = [
        FilterMotif(
            index,
            counts[index].numpy(),
            int(sites[index]),
            information(counts[index].numpy()),
            float(fired[index]) / len(sequences),
        )
        for index in range(len(counts))
        if sites[index] >= FEWEST_SITES
    ]
    return sorted(motifs, key=lambda motif: -motif.information)


def information(counts: np.ndarray) -> float:
    """Bits over all columns of letter counts (4, K), with half a letter of pseudocount each."""
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=0)
    return float((2 + (shares * np.log2(shares)).sum(axis=0)).sum())

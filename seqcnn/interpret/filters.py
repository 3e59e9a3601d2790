"""First-layer filters as the sequences that excite them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.encoders.dna import COMPLEMENT, N_CODE

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
    return float(column_information(counts).sum())


class Sites(NamedTuple):
    """The place of each sequence that excites each filter most, arrays (F, N).

    `activation` is float32; `start` int32 is where the filter lies, 0-based on the forward strand;
    `reverse` says that it reads the other strand there.
    """

    activation: np.ndarray
    start: np.ndarray
    reverse: np.ndarray


@torch.no_grad()
def strongest_sites(
    convolution: nn.Conv1d,
    sequences: np.ndarray,
    *,
    inputs: Callable[[Tensor], Tensor],
    both_strands: bool,
    batch_size: int = 256,
) -> Sites:
    """Where each filter answers most in each of the codes uint8 (N, L), L no shorter than it.

    The network's padding is not looked at: a site lies within its sequence.
    """
    weight = convolution.weight.float()
    bias = None if convolution.bias is None else convolution.bias.float()
    found: list[tuple[np.ndarray, ...]] = []
    for first in range(0, len(sequences), batch_size):
        taken = torch.from_numpy(sequences[first : first + batch_size]).to(weight.device)
        x = inputs(taken).float()
        highest, start = nn.functional.conv1d(x, weight, bias).max(2)
        reverse = torch.zeros_like(start, dtype=torch.bool)
        if both_strands:
            # The filters turned round read the other strand at the same places.
            other = nn.functional.conv1d(x, weight.flip(1, 2), bias).max(2)
            reverse = other.values > highest
            start = torch.where(reverse, other.indices, start)
            highest = torch.maximum(other.values, highest)
        found.append(tuple(part.T.cpu().numpy() for part in (highest, start, reverse)))
    activation, start_, reverse_ = (np.concatenate(parts, 1) for parts in zip(*found, strict=True))
    return Sites(activation, start_.astype(np.int32), reverse_)


def motif_of_sites(
    sequences: np.ndarray,
    sites: Sites,
    number: int,
    kernel: int,
    *,
    resting: float,
    threshold: float,
    flank: int = 0,
) -> FilterMotif:
    """The motif of filter `number` from its strongest site in each of the codes (N, L).

    Counted are sites over `threshold` of the way from `resting` to the highest activation, with
    `flank` bases on both sides: counts (4, kernel + 2 flank), ambiguous letters left out.
    """
    activation = sites.activation[number]
    cutoff = resting + threshold * (float(activation.max()) - resting)
    rows = np.flatnonzero(activation > cutoff)
    padded = np.pad(sequences[rows], ((0, 0), (flank, flank)), constant_values=N_CODE)
    columns = sites.start[number, rows][:, None] + np.arange(kernel + 2 * flank)
    codes = np.take_along_axis(padded, columns, axis=1)
    turned = sites.reverse[number, rows]
    codes[turned] = COMPLEMENT[codes[turned, ::-1]]
    counts = np.stack([(codes == base).sum(0) for base in range(4)]).astype(np.float32)
    share = len(rows) / max(len(sequences), 1)
    return FilterMotif(number, counts, len(rows), information(counts), share)


def trimmed(counts: np.ndarray, *, bits: float, fewest: int = 5) -> slice:
    """The columns of counts (4, K) from the first to the last that has `bits` of information.

    At least `fewest` of them, or all there are; all of them where none has that much.
    """
    telling = np.flatnonzero(column_information(counts) >= bits)
    width = counts.shape[1]
    if not len(telling):
        return slice(0, width)
    first, last = int(telling[0]), int(telling[-1]) + 1
    while last - first < min(fewest, width):
        first, last = max(first - 1, 0), min(last + 1, width)
    return slice(first, last)


def probabilities(counts: np.ndarray) -> np.ndarray:
    """Letter probabilities of counts (4, K), with half a letter of pseudocount each."""
    shares: np.ndarray = (counts + 0.5) / (counts + 0.5).sum(axis=0)
    return shares


def column_information(counts: np.ndarray) -> np.ndarray:
    """Bits (K,) of letter counts (4, K), with half a letter of pseudocount each."""
    shares = probabilities(counts)
    bits: np.ndarray = 2 + (shares * np.log2(shares)).sum(axis=0)
    return bits

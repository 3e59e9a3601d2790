"""Duplex, the project's own compact network for DNA.

Two branches whose logits are added. The deep one scans both strands with the same filters, takes
the stronger of the two at each position, pools, and goes on with residual blocks; it reads the
maximum and a learned weighted mean over positions, and on request the positions in order. The
shallow one is a linear model on k-mer counts, which small data sets reward
(docs/benchmarks.md has what each part gives).
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.models.kmers import KmerSpectrum
from seqcnn.models.ops import Ops, only_sequences, ops, require_size
from seqcnn.models.sequence_layers import Conv


class Duplex(nn.Module):
    """Duplex on `(N, 4, size)`, channels A C G T -> `(N, out)`.

    Args:
        size: input length in bp; the pooling weights are one per pooled position.
        width: scales the channels (128).
        kernel: of the first layer, odd so that both strands are read at the same place.
        pool: of the first layer; `pool2`: after a second convolution, 1 = leave that out.
        blocks: residual blocks, with dilations 1, 2, 4, ….
        bins: parts of the sequence that the head sees in order; 0 = none; by default 18 where the
            sequences are stranded, as those are mostly aligned, and none elsewhere.
        hidden: units between pooled features and outputs; 0 = none.
        kmer: length of the counted k-mers, 0 = none; `slope`: how much less those at an end count.
        stranded: read one strand only, for RNA and stranded promoters.
        dropout: of pooled features; `channel_dropout`: of whole channels before.
    """

    head = "output"
    dims = (1,)

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        size: int = 600,
        width: float = 1.0,
        kernel: int = 11,
        pool: int = 4,
        pool2: int = 1,
        blocks: int = 2,
        bins: int | None = None,
        hidden: int = 0,
        kmer: int = 6,
        slope: float = 0.0,
        stranded: bool = False,
        activation: str = "gelu",
        dropout: float = 0.5,
        channel_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        only_sequences(dim, "duplex")
        if kernel % 2 == 0:
            raise ValueError(f"kernel is {kernel}; wanted odd, so that both strands line up")
        op = ops(dim)
        channels = max(8, round(128 * width))
        self.size, self.stranded = size, stranded
        self.bins = (BINS if stranded else 0) if bins is None else bins
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is '{activation}'; known: {', '.join(ACTIVATIONS)}")
        self.activation = ACTIVATIONS[activation]
        self.smallest = max(pool * pool2, kmer, 1)
        self.stem = Conv(in_channels, channels, kernel, padding=kernel // 2, bias=False)
        self.stem_pool = op.MaxPool(pool, ceil_mode=True)
        self.stem_norm = op.BatchNorm(channels)
        self.stem_dropout = op.Dropout(channel_dropout)
        body: list[nn.Module] = []
        length = -(-size // pool)
        if pool2 > 1:
            body.append(Reduction(op, channels, pool2, channel_dropout, self.activation))
            length = -(-length // pool2)
        body += [
            Residual(op, channels, 2**i, channel_dropout, self.activation) for i in range(blocks)
        ]
        self.body = nn.Sequential(*body)
        self.norm = op.BatchNorm(channels)
        self.position = nn.Parameter(torch.zeros(channels, length))
        features = 2 * channels
        if self.bins:
            self.narrow = op.Conv(channels, NARROW, 1)
            features += NARROW * self.bins
        dense: list[nn.Module] = [nn.Dropout(dropout)]
        if hidden:
            dense += [nn.Linear(features, hidden), nn.GELU(), nn.Dropout(dropout)]
        self.dense = nn.Sequential(*dense)
        self.output = nn.Linear(hidden or features, out)
        self.kmers = KmerSpectrum(out, k=kmer, slope=slope, stranded=stranded) if kmer else None

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "duplex")
        scanned = self.stem_pool(self.stem(x))
        if not self.stranded:
            # The filters' reverse complements, channels in the order A C G T, at the same places.
            other = self.stem.scan(x, self.stem.weight.flip(1, 2))
            scanned = torch.maximum(scanned, self.stem_pool(other))
        x = self.stem_dropout(self.activation(self.stem_norm(scanned)))
        return self.activation(self.norm(self.body(x)))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2] != self.size:
            raise ValueError(
                f"this duplex was built for {self.size} bp; the input has {x.shape[2]}"
            )
        features = self.forward_features(x)
        weight = self.position if self.stranded else self.position + self.position.flip(1)
        pooled = [features.amax(2), (features * weight.softmax(1)).sum(2)]
        if self.bins:
            ordered = functional.adaptive_max_pool1d(self.narrow(features), self.bins)
            pooled.append(ordered.flatten(1))
        logits: Tensor = self.output(self.dense(torch.cat([part.float() for part in pooled], 1)))
        if self.kmers is not None:
            logits = logits.float() + self.kmers(x)
        return logits


class Reduction(nn.Module):
    """A convolution, pooled before its norm and activation, which then have less to do."""

    def __init__(self, op: Ops, channels: int, pool: int, dropout: float, activation: Any) -> None:
        super().__init__()
        self.conv = op.Conv(channels, channels, 5, padding=2, bias=False)
        self.pool = op.MaxPool(pool, ceil_mode=True)
        self.norm = op.BatchNorm(channels)
        self.dropout = op.Dropout(dropout)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.dropout(self.activation(self.norm(self.pool(self.conv(x))))))


class Residual(nn.Module):
    """x + gate * dropout(convolution(gelu(norm(x)))), as He et al. 2016 order it."""

    def __init__(
        self, op: Ops, channels: int, dilation: int, dropout: float, activation: Any
    ) -> None:
        super().__init__()
        self.norm = op.BatchNorm(channels)
        self.conv = op.Conv(channels, channels, 5, padding=2 * dilation, dilation=dilation)
        self.dropout = op.Dropout(dropout)
        self.activation = activation
        self.gate = nn.Parameter(torch.full((channels, 1), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gate * self.dropout(self.conv(self.activation(self.norm(x))))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "relu": functional.relu,
    "silu": functional.silu,
}
BINS = 18
NARROW = 16  # channels whose order along the sequence the head sees

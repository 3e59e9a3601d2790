"""DanQ (Quang and Xie, Nucleic Acids Research 2016, doi 10.1093/nar/gkw226).

A layer of 320 motif detectors 26 bp wide and max pooling, then a bidirectional LSTM that reads
the order of the motifs, then one dense layer over all its states. At 1000 bp the LSTM takes 75
steps rather than 1000.
"""

import torch
from torch import Tensor, nn

from seqcnn.models.ops import (
    only_sequences,
    ops,
    require_built_size,
    require_exact_size,
    require_size,
    scaled,
)
from seqcnn.models.recurrent import open_forget_gates

FILTERS, KERNEL, POOL = 320, 26, 13
UNITS = 320  # of the LSTM, in each direction
HIDDEN = 925


class DanQ(nn.Module):
    """DanQ on `(N, in_channels, size)` -> `(N, out)`; `width` scales every layer.

    Args:
        size: input length in bp, which the dense layer fixes; 1000 in the paper.
        dropout: of the LSTM's states; `early_dropout`: of what it reads.
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
        dropout: float = 0.5,
        early_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        only_sequences(dim, "danq")
        op = ops(dim)
        filters, units, hidden = (scaled(number, width) for number in (FILTERS, UNITS, HIDDEN))
        self.size, self.smallest = size, KERNEL + POOL - 1
        require_built_size(size, self.smallest, "danq")
        self.motifs = nn.Sequential(
            op.Conv(in_channels, filters, KERNEL),
            # Pooling before ReLU gives the same numbers from a part of the work.
            op.MaxPool(POOL),
            nn.ReLU(),
            nn.Dropout(early_dropout),
        )
        self.lstm = nn.LSTM(filters, units, batch_first=True, bidirectional=True)
        steps = (size - KERNEL + 1) // POOL
        self.dense = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(2 * units * steps, hidden), nn.ReLU()
        )
        self.output = nn.Linear(hidden, out)
        open_forget_gates(self.lstm)
        for layer in (*self.motifs, *self.dense):
            if isinstance(layer, nn.Conv1d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, "danq")
        states: Tensor = self.lstm(self.motifs(x).transpose(1, 2))[0]
        return states.transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        require_exact_size(x, self.size, "danq")
        logits: Tensor = self.output(self.dense(torch.flatten(self.forward_features(x), 1)))
        return logits

"""Recurrent networks: Elman RNN (Elman, Cognitive Science 1990, doi 10.1207/s15516709cog1402_1),
LSTM (Hochreiter and Schmidhuber, Neural Computation 1997, doi 10.1162/neco.1997.9.8.1735) and
bidirectional LSTM (Schuster and Paliwal, IEEE Transactions on Signal Processing 1997,
doi 10.1109/78.650093).

They read a sequence base by base and keep what they saw in a state. Long sequences are hard: the
gradient of the last state in an early base is a product with one factor per base between, which
vanishes or explodes, so an Elman network forgets within tens of bases. An LSTM adds to a cell
instead and learns when to forget, which carries it over some hundreds; pooling the states of all
bases shortens the way further. Nothing runs in parallel along the sequence, so they are slow.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from seqcnn.models.ops import only_sequences, require_size, scaled


class Variant(NamedTuple):
    """The recurrent layer, and whether it also reads from the other end."""

    layer: type[nn.RNN] | type[nn.LSTM]
    bidirectional: bool


VARIANTS = {
    "rnn": Variant(nn.RNN, False),
    "lstm": Variant(nn.LSTM, False),
    "bilstm": Variant(nn.LSTM, True),
}


class Recurrent(nn.Module):
    """Recurrent network on `(N, in_channels, L)` of any length -> `(N, out)`.

    Args:
        hidden: units of each layer and direction, times `width`.
        layers: recurrent layers on top of each other.
        pooling: what the output reads: each unit's `max` or `mean` over the positions, or the
            `last` state, which for `bilstm` is the last of each direction.
        dropout: between layers and before the output.
    """

    head = "output"
    dims = (1,)

    def __init__(
        self,
        dim: int,
        in_channels: int,
        out: int,
        *,
        variant: str = "lstm",
        width: float = 1.0,
        hidden: int = 128,
        layers: int = 1,
        pooling: Literal["max", "mean", "last"] = "max",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        only_sequences(dim, variant)
        if pooling not in ("max", "mean", "last"):
            raise ValueError(f"pooling is '{pooling}'; wanted max, mean or last")
        kind = VARIANTS[variant]
        self.name, self.smallest, self.pooling = variant, 1, pooling
        self.hidden = scaled(hidden, width)
        self.recurrent = kind.layer(
            in_channels,
            self.hidden,
            num_layers=layers,
            batch_first=True,
            dropout=dropout if layers > 1 else 0.0,
            bidirectional=kind.bidirectional,
        )
        if isinstance(self.recurrent, nn.LSTM):
            open_forget_gates(self.recurrent)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(self.hidden * (2 if kind.bidirectional else 1), out)

    def forward_features(self, x: Tensor) -> Tensor:
        require_size(x, self.smallest, self.name)
        states: Tensor = self.recurrent(x.transpose(1, 2))[0]
        return states.transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.output(self.dropout(self._pool(self.forward_features(x))))
        return logits

    def _pool(self, states: Tensor) -> Tensor:
        if self.pooling == "max":
            return states.amax(2)
        if self.pooling == "mean":
            return states.mean(2)
        # The other direction ends at the first position.
        return torch.cat([states[:, : self.hidden, -1], states[:, self.hidden :, 0]], 1)


def open_forget_gates(lstm: nn.LSTM) -> None:
    """Start with a bias of 1 in the forget gates, so that cells keep what they hold.

    Gers, Schmidhuber and Cummins, Neural Computation 2000, doi 10.1162/089976600300015015.
    """
    gate = slice(lstm.hidden_size, 2 * lstm.hidden_size)  # gates: input, forget, cell, output
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias_ih"):
                parameter[gate] = 1.0
            elif name.startswith("bias_hh"):
                parameter[gate] = 0.0

"""A bundle's logits of many made-up sequences, with a bar that shows how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from torch import Tensor, nn

from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.encoders.dna import Codes


@contextmanager
def scoring(
    model: Model, batch_size: int, words: str, total: int | None, console: Console
) -> Iterator[Callable[[Codes], np.ndarray]]:
    """A function of codes uint8 (n, L) -> logits (n, K), mean over networks and strands.

    `total` is how many sequences are coming, where that is known.
    """
    with progress(console, words, total) as advance:

        def score(codes: Codes) -> np.ndarray:
            logits = model.logits(model.encoding.examples(codes), batch_size=batch_size)
            advance(len(codes))
            return centred(model, logits)

        yield score


def centred(model: Model, logits: np.ndarray) -> np.ndarray:
    """Logits or their changes (…, K); those of classes less their mean, as only their differences
    mean anything.
    """
    if model.target.baselines != "multiclass":
        return logits
    less: np.ndarray = logits - logits.mean(axis=-1, keepdims=True)
    return less


class Centred(nn.Module):
    """A network's logits (n, K) less their mean over the outputs, of one-hot (n, 4, L)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x)
        return logits - logits.mean(1, keepdim=True)


def centred_network(model: Model) -> nn.Module:
    """The whole of a bundle of sequences as one function, one-hot (n, 4, L) -> logits (n, K) as
    `centred` has them.
    """
    return Centred(model.whole).eval() if model.target.baselines == "multiclass" else model.whole


def values_of(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """A function of logits (n, K) -> calibrated values (n, T)."""
    return lambda logits: model.target.values(logits, model.calibration)


def units_of(model: Model) -> list[str]:
    """What the values of each output are: "probability" or "signal"."""
    outputs = len(model.outputs)
    parts = model.target.parts(outputs // len(model.target.columns(("track",))))
    units = ["signal"] * outputs
    for columns, part in parts:
        if part.probabilities:
            units[columns] = ["probability"] * (columns.stop - columns.start)
    return units


def output_units(model: Model) -> list[str]:
    """What the networks give of each output: a "logit", or the "output" of a signal."""
    return ["logit" if unit == "probability" else "output" for unit in units_of(model)]


def value_words(model: Model) -> list[str]:
    """What a value of each output is in a figure: "probability" or "predicted"."""
    return ["probability" if unit == "probability" else "predicted" for unit in units_of(model)]

"""A bundle's logits of many made-up sequences, with a bar that shows how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seqcnn.api.model import Model
from seqcnn.encoders.dna import Codes


@contextmanager
def scoring(
    model: Model, batch_size: int, words: str, total: int | None, console: Console
) -> Iterator[Callable[[Codes], np.ndarray]]:
    """A function of codes uint8 (n, L) -> logits (n, K), mean over networks and strands.

    `total` is how many sequences are coming, where that is known.
    """
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal or console.quiet
    )
    with shown as progress:
        bar = progress.add_task("", total=total)

        def score(codes: Codes) -> np.ndarray:
            logits = model.logits(model.encoding.examples(codes), batch_size=batch_size)
            progress.advance(bar, len(codes))
            return centred(model, logits)

        yield score


def centred(model: Model, logits: np.ndarray) -> np.ndarray:
    """Logits (n, K); those of classes less their mean, as only their differences mean anything."""
    if model.target.baselines != "multiclass":
        return logits
    less: np.ndarray = logits - logits.mean(axis=1, keepdims=True)
    return less


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

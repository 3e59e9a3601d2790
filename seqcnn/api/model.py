"""A trained bundle, ready to predict."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from seqcnn.api.describe import describe
from seqcnn.data.examples import Examples
from seqcnn.encoders.dna import Ambiguous, encode, from_one_hot
from seqcnn.encoders.tensors import expand
from seqcnn.errors import InputError
from seqcnn.tasks.target import Target
from seqcnn.tasks.targets import target_from
from seqcnn.training.bundle import Bundle, load_bundle
from seqcnn.training.calibrate import Calibration
from seqcnn.training.devices import resolve_device, resolve_precision
from seqcnn.training.predict import logit_batches


class Model:
    """Networks of a bundle on a device, with the encoder, calibration and names of its card."""

    def __init__(
        self, bundle: Bundle, *, device: str = "auto", precision: str = "auto", name: str = ""
    ) -> None:
        self.card: dict[str, Any] = bundle.card
        self.name = name
        self.outputs: tuple[str, ...] = tuple(self.card["outputs"])
        self.length: int = self.card["encoder"]["length"]
        self.stranded: bool = self.card["encoder"]["stranded"]
        self.target: Target = target_from(self.card["task"]["target"])
        saved = self.card.get("calibration")
        self.calibration = Calibration.from_dict(saved) if saved else None
        self.device = resolve_device(device)
        self.precision = resolve_precision(precision, self.device)
        self.networks: list[nn.Module] = [network.to(self.device) for network in bundle.networks()]

    @property
    def inputs(self) -> Callable[[Tensor], Tensor]:
        """Codes (N, L) -> one-hot (N, 4, L), as in training."""
        return network_inputs(self.card["encoder"]["ambiguous"])

    def predict(
        self, sequences: Sequence[str] | np.ndarray, *, batch_size: int = 256
    ) -> pd.DataFrame:
        """Predictions, one row a sequence and one column an output.

        `sequences` are strings, codes uint8 (N, L), or one-hot (N, 4, L), all of the bundle's
        length. Values are calibrated probabilities, or the signal in its own units.

        Raises:
            InputError: a sequence has another length than the bundle's, or a foreign letter.
        """
        codes = self._codes(sequences)
        examples = Examples.from_sequences(codes, np.zeros((len(codes), 0), np.float32), names=())
        parts = list(self.predict_batches(examples, batch_size=batch_size))
        values = np.concatenate(parts) if parts else np.zeros((0, len(self.outputs)))
        return pd.DataFrame(values, columns=list(self.outputs))

    def predict_batches(
        self,
        examples: Examples,
        *,
        batch_size: int = 256,
        advance: Callable[[int], None] | None = None,
    ) -> Iterator[np.ndarray]:
        """Predictions (n, T) a batch at a time, in constant memory."""
        for logits in self._logits(examples, batch_size, advance):
            yield self.target.values(logits.mean(axis=0), self.calibration)

    def logits(self, examples: Examples, *, batch_size: int = 256) -> np.ndarray:
        """Uncalibrated logits (N, K), averaged over the networks and strands."""
        parts = [part.mean(axis=0) for part in self._logits(examples, batch_size, None)]
        return np.concatenate(parts)

    def _logits(
        self, examples: Examples, batch_size: int, advance: Callable[[int], None] | None
    ) -> Iterable[np.ndarray]:
        return logit_batches(
            self.networks,
            examples,
            inputs=self.inputs,
            batch_size=batch_size,
            device=self.device,
            precision=self.precision,
            both_strands=not self.stranded,
            advance=advance,
        )

    def _codes(self, sequences: Sequence[str] | np.ndarray) -> np.ndarray:
        if isinstance(sequences, str):
            raise InputError("predict takes a list of sequences; put the one string in a list")
        if isinstance(sequences, np.ndarray) and sequences.dtype == np.uint8:
            if sequences.ndim != 2 or sequences.shape[1] != self.length:
                raise InputError(f"codes have shape {sequences.shape}, wanted (N, {self.length})")
            return sequences
        if isinstance(sequences, np.ndarray) and sequences.ndim == 3:
            return self._codes(from_one_hot(sequences))
        codes = np.empty((len(sequences), self.length), np.uint8)
        for row, sequence in enumerate(sequences):
            if len(sequence) != self.length:
                raise InputError(
                    f"sequence {row + 1} has {len(sequence)} bp; this model reads {self.length} bp"
                )
            try:
                codes[row] = encode(sequence)
            except InputError as error:
                raise InputError(f"sequence {row + 1}: {error}") from None
        return codes

    def __repr__(self) -> str:
        architecture = self.card["architecture"]["name"]
        return (
            f"Model({self.name or architecture!r}: {self.card['task']['name']}, "
            f"{len(self.outputs)} outputs, {self.length} bp, on {self.device})"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in describe(self.card).items()
        )
        return f"<table>{rows}</table>"


def load(path: Path | str, *, device: str = "auto", precision: str = "auto") -> Model:
    """Read a bundle and put it on a device.

    Example: `seqcnn.load("runs/demo/model.safetensors").predict(["ACGT" * 150])`.

    Raises:
        InputError: missing, truncated, not a bundle, of another version; no such device.
    """
    return Model(load_bundle(path), device=device, precision=precision, name=Path(path).name)


def network_inputs(ambiguous: Ambiguous) -> Callable[[Tensor], Tensor]:
    """Codes (N, L) -> one-hot (N, 4, L) for training."""
    return partial(expand, ambiguous=ambiguous)


def parameters_of(network: torch.nn.Module) -> int:
    """Trainable numbers in a network."""
    return sum(p.numel() for p in network.parameters())

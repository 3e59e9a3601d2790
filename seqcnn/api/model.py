"""A trained bundle, ready to predict."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from seqcnn.api.card_html import card_html
from seqcnn.api.distances import distance_features
from seqcnn.effects.whole import WholeNetwork
from seqcnn.errors import InputError
from seqcnn.settings.interpret.verbs import VERBS
from seqcnn.tasks.encoding import Dataset, Encoding, SequenceEncoding
from seqcnn.tasks.encodings import encoding_from
from seqcnn.tasks.target import Target
from seqcnn.tasks.targets import target_from
from seqcnn.training.bundle import Bundle, load_bundle
from seqcnn.training.calibrate import Calibration
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.distance import Distance
from seqcnn.training.embeddings import embeddings
from seqcnn.training.predict import logit_batches

if TYPE_CHECKING:
    from seqcnn.api.interpret.reading import Reading


class Model:
    """Networks of a bundle on a device, with the encoder, calibration and names of its card."""

    def __init__(
        self, bundle: Bundle, *, device: str = "auto", precision: str = "auto", name: str = ""
    ) -> None:
        self.card: dict[str, Any] = bundle.card
        self.name = name
        self.outputs: tuple[str, ...] = tuple(self.card["outputs"])
        self.encoding: Encoding = encoding_from(self.card["encoder"])
        self.target: Target = target_from(self.card["task"]["target"])
        saved = self.card.get("calibration")
        self.calibration = Calibration.from_dict(saved) if saved else None
        known = self.card.get("distance")
        self.distance = Distance.from_saved(known, bundle.distance) if known else None
        self.device = resolve_device(device)
        self.precision = resolve_precision(precision, self.device)
        self.networks: list[nn.Module] = [network.to(self.device) for network in bundle.networks()]

    @property
    def inputs(self) -> Callable[[Tensor], Tensor]:
        """Codes (N, L) -> one-hot (N, 4, L), or pixels -> (N, C, H, W), as in training."""
        return self.encoding.inputs

    @property
    def length(self) -> int:
        """Bases of a sequence, or pixels on a side of an image, that the networks read."""
        return self.encoding.shape[0]

    @property
    def whole(self) -> WholeNetwork:
        """The networks on both strands as one differentiable function, (N, 4, L) -> (N, K).

        Raises:
            InputError: the bundle does not read sequences.
        """
        if not isinstance(self.encoding, SequenceEncoding):
            raise InputError(f"{self.name}: reads {self.encoding.words}, not sequences")
        return WholeNetwork(self.networks, both_strands=not self.encoding.stranded).eval()

    def predict(self, inputs: Sequence[Any] | np.ndarray, *, batch_size: int = 256) -> pd.DataFrame:
        """Predictions, one row an input and one column an output.

        `inputs` are sequences (strings, codes uint8 (N, L), or one-hot (N, 4, L), all of the
        bundle's length), or for a bundle of images their files or pixels uint8 (H, W, C). Values
        are calibrated probabilities, or the signal in its own units.

        Raises:
            InputError: a sequence has another length than the bundle's, or a foreign letter; an
                image cannot be read.
        """
        examples = self.encoding.examples(inputs)
        parts = list(self.predict_batches(examples, batch_size=batch_size))
        values = np.concatenate(parts) if parts else np.zeros((0, len(self.outputs)))
        return pd.DataFrame(values, columns=list(self.outputs))

    def predict_batches(
        self,
        examples: Dataset,
        *,
        batch_size: int = 256,
        advance: Callable[[int], None] | None = None,
    ) -> Iterator[np.ndarray]:
        """Predictions (n, T) a batch at a time, in constant memory."""
        for logits in self._logits(examples, batch_size, advance):
            yield self.target.values(logits.mean(axis=0), self.calibration)

    def logits(self, examples: Dataset, *, batch_size: int = 256) -> np.ndarray:
        """Uncalibrated logits (N, K), averaged over the networks and strands."""
        parts = [part.mean(axis=0) for part in self._logits(examples, batch_size, None)]
        return np.concatenate(parts)

    def embeddings(self, examples: Dataset, *, batch_size: int = 256) -> np.ndarray:
        """What the output layer of the first network reads, float32 (N, D)."""
        return embeddings(
            self.networks[0],
            examples,
            views=self.encoding.views,
            batch_size=batch_size,
            device=self.device,
            precision=self.precision,
        )

    def score_variants(
        self, vcf: Path | str, genome: Path | str, **settings: Any
    ) -> pd.DataFrame | Path:
        """What each variant of a VCF does to each track: a row an alternative allele and track.

        `settings` are the flags of `seqcnn score-variants`; with `out` the file is written, in
        constant memory, and its path returned.

        Raises:
            InputError: a file or setting cannot be used.
        """
        from seqcnn.api.score_variants import score_variants

        return score_variants(self, vcf, genome, **settings)

    def interpret(self, verb: str, input: Path | str | None = None, **settings: Any) -> "Reading":
        """What `seqcnn interpret VERB` finds: filters, attributions, mutagenesis, and so on.

        Example: `model.interpret("mutagenesis", "peaks.bed", genome="hg38.fa").figures`. Nothing
        is written unless `out` names a folder.

        Raises:
            InputError: no such verb; a file or setting cannot be used.
        """
        if verb not in VERBS:
            raise InputError(f"no verb '{verb}' to interpret with; known: {', '.join(VERBS)}")
        # Each verb is a module with a function of its name.
        module = import_module(f"seqcnn.api.interpret.{verb}")
        reading: Reading = getattr(module, verb)(self, input, **settings)
        return reading

    def distances(
        self, examples: Dataset, *, batch_size: int = 256, distance: Distance | None = None
    ) -> np.ndarray:
        """How unlike the training data each example is, (N,): 0 is usual, and above 1, where about
        1 % of data like the training's lie, the predictions are not to be trusted.

        `distance` is another score than the bundle's own (see `docs/concepts/trust.md`).

        Raises:
            InputError: the bundle has none, as it was trained by an older seqcnn.
        """
        score = distance or self.distance
        if score is None:
            raise InputError(
                f"{self.name}: has no distance score, as seqcnn {self.card['seqcnn']} trained it "
                "without; train it again"
            )
        features = distance_features(
            self.networks[0], self.encoding, examples, batch_size=batch_size, device=self.device
        )
        return score(features)

    def _logits(
        self, examples: Dataset, batch_size: int, advance: Callable[[int], None] | None
    ) -> Iterator[np.ndarray]:
        first = 0
        for part in logit_batches(
            self.networks,
            examples,
            views=self.encoding.views,
            batch_size=batch_size,
            device=self.device,
            precision=self.precision,
            advance=advance,
        ):
            yield self.encoding.possible(part, examples, first)
            first += part.shape[1]

    def __repr__(self) -> str:
        architecture = self.card["architecture"]["name"]
        return (
            f"Model({self.name or architecture!r}: {self.card['task']['name']}, "
            f"{len(self.outputs)} outputs, {self.encoding.words}, on {self.device})"
        )

    def _repr_html_(self) -> str:
        return card_html(self.card, self.name)


def load(path: Path | str, *, device: str = "auto", precision: str = "auto") -> Model:
    """Read a bundle and put it on a device.

    Example: `seqcnn.load("runs/demo/model.safetensors").predict(["ACGT" * 150])`.

    Raises:
        InputError: missing, truncated, not a bundle, of another version; no such device.
    """
    return Model(load_bundle(path), device=device, precision=precision, name=Path(path).name)


def parameters_of(network: torch.nn.Module) -> int:
    """Trainable numbers in a network."""
    return sum(p.numel() for p in network.parameters())

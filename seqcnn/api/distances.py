"""The distance score of a bundle: fitted when training ends, asked when it predicts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from seqcnn.data.examples import Examples
from seqcnn.tasks.encoding import Encoding, SequenceEncoding
from seqcnn.training.distance import Distance, composition, fit_distance
from seqcnn.training.embeddings import embeddings

SAMPLE = 2000  # training and validation examples that it is fitted on, at most


def distance_features(
    network: nn.Module,
    encoding: Encoding,
    examples: Any,
    *,
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    advance: Callable[[int], None] | None = None,
) -> dict[str, np.ndarray]:
    """What the distance looks at, (N, D) by view: the network's embedding, in single precision
    whatever the bundle predicts in, and of sequences their composition.
    """
    found = {
        "embedding": embeddings(
            network,
            examples,
            views=encoding.quick_views,
            batch_size=batch_size,
            device=device,
            precision="32",
            advance=advance,
        )
    }
    if isinstance(encoding, SequenceEncoding) and isinstance(examples, Examples):
        parts = [
            composition(examples.take(np.arange(first, last)), stranded=encoding.stranded)
            for first, last in _blocks(len(examples))
        ]
        found["composition"] = np.concatenate(parts)
    return found


def fit_bundle_distance(
    network: nn.Module,
    encoding: Encoding,
    training: Any,
    validation: Any,
    *,
    seed: int = 0,
    batch_size: int = 256,
    device: torch.device | str = "cpu",
) -> Distance:
    """The distance from (a sample of) training examples, its threshold from validation ones."""
    features = [
        distance_features(
            network, encoding, _sample(examples, seed), batch_size=batch_size, device=device
        )
        for examples in (training, validation)
    ]
    return fit_distance(*features, seed=seed)


def _sample(examples: Any, seed: int) -> Any:
    if len(examples) <= SAMPLE:
        return examples
    rows = np.random.default_rng(seed).choice(len(examples), SAMPLE, replace=False)
    return examples.subset(np.sort(rows))


def _blocks(number: int, size: int = 4096) -> list[tuple[int, int]]:
    return [(first, min(first + size, number)) for first in range(0, number, size)] or [(0, 0)]

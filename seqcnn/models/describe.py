"""What the networks are: the list of the registry, and the layer table of one by its name."""

import re
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from seqcnn.errors import InputError
from seqcnn.models import MODELS, check_arguments, create_model, own_arguments
from seqcnn.models.layer_table import LayerTable, layer_table

# Channels and size of an input where none is asked for: DNA of 600 bp, an ImageNet picture.
DEFAULT_INPUT = {1: (4, 600), 2: (3, 224)}


@dataclass(frozen=True)
class Model:
    """A line of the registry; `parameters` and `smallest` (the fewest positions that it takes) are
    those of the 1-D form with 4 channels, 1 output and default arguments."""

    name: str
    family: str
    dims: tuple[int, ...]
    parameters: int
    smallest: int
    arguments: dict[str, Any]
    paper: str


def model_list() -> list[Model]:
    """Every network of the registry, families together; weights are counted, never allocated."""
    listed = [_model(name) for name in MODELS]
    families = list(dict.fromkeys(model.paper for model in listed))
    return sorted(listed, key=lambda model: families.index(model.paper))


def describe_model(
    name: str,
    *,
    dim: int = 1,
    channels: int | None = None,
    size: int | None = None,
    outputs: int = 1,
    own: dict[str, Any] | None = None,
) -> LayerTable:
    """The layer table of a network of the registry, on a square input when `dim` is 2.

    Raises:
        InputError: the network is unknown or does not take these values.
    """
    usual_channels, usual_size = DEFAULT_INPUT.get(dim, DEFAULT_INPUT[1])
    channels, own = channels or usual_channels, dict(own or {})
    defaults = own_arguments(name)
    check_arguments(name, own)
    if "size" in defaults:
        # The network is built for one size: that of the input, however it was given.
        given = size or own.get("size") or usual_size
        if own.setdefault("size", given) != given:
            raise InputError(
                f"model '{name}': the input has {given} positions and its argument size says "
                f"{own['size']}; give one of them"
            )
    size = own.get("size") or size or usual_size
    with torch.device("meta"):
        network = create_model(name, dim=dim, in_channels=channels, out=outputs, **own)
    try:
        return layer_table(network, (channels, *(size,) * dim))
    except ValueError as error:
        raise InputError(f"model '{name}': {error}") from None


def _model(name: str) -> Model:
    build = MODELS[name]
    kind: Any = build.func if isinstance(build, partial) else build
    paper = _first_sentence(sys.modules[kind.__module__].__doc__ or "")
    with torch.device("meta"):
        network = create_model(name, dim=1, in_channels=4, out=1)
    return Model(
        name=name,
        family=re.split(r" \(|, |\.$", paper)[0],
        dims=getattr(kind, "dims", (1, 2)),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        smallest=getattr(network, "smallest", 1),
        arguments=own_arguments(name),
        paper=paper,
    )


def _first_sentence(text: str) -> str:
    """Up to the first full stop that stands outside parentheses (papers have "et al." there)."""
    words = text.split()
    for number, word in enumerate(words, start=1):
        sentence = " ".join(words[:number])
        if word.endswith(".") and sentence.count("(") == sentence.count(")"):
            return sentence
    return " ".join(words)

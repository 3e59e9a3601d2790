"""The registry of networks: a name, a dimension, channels and outputs make a network."""

from collections.abc import Callable, Collection
from difflib import get_close_matches
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from seqcnn.errors import InputError
from seqcnn.models.basset import Basset
from seqcnn.models.deepbind import DeepBind
from seqcnn.models.dilated import Dilated
from seqcnn.models.duplex import Duplex
from seqcnn.models.resnet import DEPTHS, ResNet

MODELS: dict[str, Callable[..., nn.Module]] = {
    "basset": Basset,
    "deepbind": DeepBind,
    "dilated": Dilated,
    "duplex": Duplex,
    **{name: partial(ResNet, depth=name) for name in DEPTHS},
}


def create_model(name: str, *, dim: int, in_channels: int, out: int, **own: Any) -> nn.Module:
    """Build a network of the registry for `dim` 1 or 2, with its `own` arguments.

    Raises:
        InputError: the name or an own argument is unknown (the message lists the known ones), or
            a value is out of what the network takes.
    """
    check_arguments(name, own)
    try:
        return MODELS[name](dim, in_channels, out, **own)
    except ValueError as error:
        raise InputError(f"model '{name}': {error}") from None


def check_arguments(name: str, own: Collection[str]) -> None:
    """Refuse an unknown network, or an argument that it does not have.

    Raises:
        InputError: with the known ones.
    """
    known = own_arguments(name)
    for argument in own:
        if argument not in known:
            raise InputError(
                f"model '{name}' has no argument '{argument}'; it takes: {', '.join(known)}"
            )


def own_arguments(name: str) -> dict[str, Any]:
    """Names and defaults of a network's own arguments (`width`, `dropout`, …)."""
    if name not in MODELS:
        near = get_close_matches(name, MODELS, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(f"unknown model '{name}'; {hint}known: {', '.join(sorted(MODELS))}")
    return {
        parameter.name: parameter.default
        for parameter in signature(MODELS[name]).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != "depth"
    }

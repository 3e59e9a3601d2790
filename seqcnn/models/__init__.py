"""The registry of networks: a name, a dimension, channels and outputs make a network."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from seqcnn.errors import InputError
from seqcnn.models.alexnet import AlexNet, AlexNet2012
from seqcnn.models.basset import Basset
from seqcnn.models.counts import CountsNet
from seqcnn.models.danq import DanQ
from seqcnn.models.deepbind import DeepBind
from seqcnn.models.deepsea import DeepSEA
from seqcnn.models.densenet import VARIANTS as DENSENETS
from seqcnn.models.densenet import DenseNet
from seqcnn.models.dilated import Dilated
from seqcnn.models.duplex import Duplex
from seqcnn.models.fcn import FCN
from seqcnn.models.fcn import VARIANTS as FCNS
from seqcnn.models.googlenet import GoogLeNet
from seqcnn.models.inception import InceptionV3
from seqcnn.models.lenet import LeNet
from seqcnn.models.nin import NiN
from seqcnn.models.pileup import PileupNet
from seqcnn.models.recurrent import VARIANTS as RECURRENTS
from seqcnn.models.recurrent import Recurrent
from seqcnn.models.resnet import VARIANTS as RESNETS
from seqcnn.models.resnet import ResNet
from seqcnn.models.small_resnet import VARIANTS as SMALL_RESNETS
from seqcnn.models.small_resnet import SmallResNet
from seqcnn.models.vgg import DEPTHS as VGGS
from seqcnn.models.vgg import VGG
from seqcnn.models.zfnet import ZFNet

MODELS: dict[str, Callable[..., nn.Module]] = {
    "lenet5": LeNet,
    "alexnet": AlexNet,
    "alexnet_2012": AlexNet2012,
    "zfnet": ZFNet,
    **{name: partial(VGG, variant=name) for name in VGGS},
    "nin": NiN,
    "googlenet": GoogLeNet,
    "inception_v3": InceptionV3,
    **{name: partial(ResNet, variant=name) for name in RESNETS},
    **{name: partial(SmallResNet, variant=name) for name in SMALL_RESNETS},
    **{name: partial(DenseNet, variant=name) for name in DENSENETS},
    **{name: partial(FCN, variant=name) for name in FCNS},
    "pileup": PileupNet,
    "counts": CountsNet,
    "dilated": Dilated,
    **{name: partial(Recurrent, variant=name) for name in RECURRENTS},
    "danq": DanQ,
    "deepbind": DeepBind,
    "deepsea": DeepSEA,
    "basset": Basset,
    "duplex": Duplex,
}

LARGEST = 100  # factor of width or depth; more is a slip of the pen


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


def check_arguments(name: str, own: Mapping[str, Any]) -> None:
    """Refuse an unknown network, an argument that it does not have, or a value of another kind.

    Raises:
        InputError: with what it takes.
    """
    known = own_arguments(name)
    for argument, value in own.items():
        if argument not in known:
            raise InputError(
                f"model '{name}' has no argument '{argument}'; it takes: {', '.join(known)}"
            )
        wanted = _wanted(argument, known[argument], value)
        if wanted:
            raise InputError(f"model '{name}': {argument} is '{value}'; wanted {wanted}")


def _wanted(argument: str, default: Any, value: Any) -> str | None:
    """What an argument should have been, where its default shows that `value` is not that."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if argument in ("width", "depth"):
        fits = number and 0 < value <= LARGEST
        return None if fits else f"a number above 0, {LARGEST} at most"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        return None if number and isinstance(value, int) and value >= 0 else "a whole number"
    if isinstance(default, float):
        return None if number and value >= 0 else "a number, 0 or more"
    if isinstance(default, str):
        return None if isinstance(value, str) else "a word"
    return None


def own_arguments(name: str) -> dict[str, Any]:
    """Names and defaults of a network's own arguments (`width`, `dropout`, …)."""
    if name not in MODELS:
        near = get_close_matches(name, MODELS, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(f"unknown model '{name}'; {hint}known: {', '.join(sorted(MODELS))}")
    bound = getattr(MODELS[name], "keywords", {})
    return {
        parameter.name: parameter.default
        for parameter in signature(MODELS[name]).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in bound
    }

"""The registry of targets."""

from dataclasses import replace
from typing import Any

from seqcnn.errors import InputError
from seqcnn.tasks.genotypes import Genotype
from seqcnn.tasks.labels import ImageClass, MultiClass, MultiLabel
from seqcnn.tasks.signals import OpenAndSignal, Signal
from seqcnn.tasks.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        MultiLabel(),
        MultiClass(),
        ImageClass(),
        Genotype(),
        Signal(),
        Signal(name="counts", poisson=True),
        OpenAndSignal(),
    )
}


def target_from(saved: dict[str, Any]) -> Target:
    """The inverse of `to_dict`.

    Raises:
        InputError: it is not one that `to_dict` made.
    """
    try:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in saved.items()
        }
        return replace(TARGETS[saved["name"]], **values)
    except (KeyError, TypeError):
        raise InputError(f"the bundle's target {saved!r} is not known to this seqcnn") from None

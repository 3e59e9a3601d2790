"""Auxiliary heads: classifiers on inner layers that help a deep network to train.

A network that has them names their attributes in `auxiliary_heads` and the weight of their loss
in `auxiliary_weight`, and returns `WithAuxiliary` in training mode; nothing else reads them, so
that a trained network goes without.
"""

from typing import NamedTuple

from torch import Tensor, nn


class WithAuxiliary(NamedTuple):
    """Logits `(N, out)` of a network and of its auxiliary heads, the earliest head first."""

    logits: Tensor
    auxiliary: tuple[Tensor, ...]


def drop_auxiliary(network: nn.Module) -> None:
    """Take the auxiliary heads off a network, in place; predictions stay what they were.

    A network that never had any is left alone.
    """
    for name in getattr(network, "auxiliary_heads", ()):
        setattr(network, name, None)
        network.auxiliary = False  # type: ignore[assignment]

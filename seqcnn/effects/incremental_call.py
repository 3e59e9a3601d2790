"""One call of a torch function on windows, as the rules see it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcnn.effects.incremental_window import Frame, Window, tall


@dataclass
class Call:
    """A torch function and its arguments; `base` is its result for the reference sequences.

    `prepared` keeps what rules make of weights from batch to batch.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    named: dict[str, Any]
    base: Tensor
    prepared: dict[Hashable, Any]

    def get(self, place: int, name: str, default: Any = None) -> Any:
        """An argument, given by place or by name."""
        return self.args[place] if place < len(self.args) else self.named.get(name, default)

    @property
    def windows(self) -> list[Window]:
        """The windows among the arguments, in their order."""
        return [value for value in (*self.args, *self.named.values()) if isinstance(value, Window)]

    def frame(self) -> Frame:
        """The narrowest frame around all windows."""
        return reduce(Frame.union, [window.frame for window in self.windows])

    def made(self, kind: str, weight: Tensor, make: Callable[[], Tensor]) -> Tensor:
        """What `make` makes of a weight, made once."""
        key = (kind, id(weight))
        if key not in self.prepared:
            self.prepared[key] = (
                weight,
                make(),
            )  # the weight is kept, so that its id stays its own
        return self.prepared[key][1]


# A rule gives a window, or a whole tensor where each row has numbers of its own (after pooling
# over all positions), or None where it does not apply.
Rule = Callable[[Call], Window | Tensor | None]


def channels_of(base: Tensor) -> int | None:
    """Channels of a map `(S, C, L)`, `(S, C, 1, L)` or `(S, L)`; None for anything else."""
    if base.dim() == 2:
        return 1
    if base.dim() == 3 or (base.dim() == 4 and base.shape[2] == 1):
        return int(base.shape[1])
    return None


def placed(constant: Tensor, window: Window, frame: Frame) -> Tensor | None:
    """A constant that broadcasts over a map, as it broadcasts over the windows `(1, C, w, n)`."""
    dims = window.base.dim()
    if constant.dim() == 0:
        return constant
    if constant.dim() > dims:
        return None
    shape = (1,) * (dims - constant.dim()) + tuple(constant.shape)
    channels = 1 if dims == 2 else shape[1]
    if shape[0] != 1 or constant.numel() != channels * shape[-1]:
        return None
    if shape[-1] == 1:
        return constant.reshape(1, channels, 1, 1)
    if shape[-1] != window.length:
        return None
    rows = np.clip(frame.positions, 0, window.length - 1).ravel()
    table = constant.reshape(channels, -1).t().contiguous()
    return tall(table.index_select(0, torch.from_numpy(rows).to(table.device)), frame)

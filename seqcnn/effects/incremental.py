"""Networks on sequences that differ from a reference in one base, without computing it all anew.

The network's own `forward` runs on a `WindowedMap` in place of its input. Each torch function it
calls comes to a rule that computes only the window which the change can reach, and takes the rest
from the maps of the reference, which are computed once. Functions without a rule get the whole map,
with the window written into it, and from there torch goes on as usual: so every network works, and
those that are convolutional to near their end are many times as fast. The idea is that of fastISM
(Nair, Shrikumar, Schreiber and Kundaje, Bioinformatics 2022, doi 10.1093/bioinformatics/btac135).
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.effects import incremental_pointwise as pointwise
from seqcnn.effects import incremental_reductions as reductions
from seqcnn.effects import incremental_spatial as spatial
from seqcnn.effects.incremental_call import Call, Rule
from seqcnn.effects.incremental_window import Frame, Table, Window

RULES: dict[str, Rule] = {
    **dict.fromkeys(("contiguous", "unsqueeze", "squeeze", "flatten", "detach"), pointwise.view),
    **dict.fromkeys(("float", "double", "long", "int", "bool", "to"), pointwise.converted),
    **dict.fromkeys(
        ("dropout", "dropout1d", "dropout2d", "feature_dropout", "alpha_dropout"), pointwise.dropout
    ),
    **dict.fromkeys(
        (
            *("relu", "gelu", "silu", "elu", "leaky_relu", "softplus", "tanh", "sigmoid", "exp"),
            *("log", "abs", "neg", "clamp", "maximum", "minimum", "local_response_norm"),
            *("lt", "le", "gt", "ge", "eq", "ne", "__and__", "__or__", "__invert__", "__rsub__"),
            *("masked_fill", "zeros_like", "ones_like"),
        ),
        pointwise.elementwise,
    ),
    **dict.fromkeys(("add", "__add__", "__radd__"), pointwise.add),
    **dict.fromkeys(("sub", "subtract", "__sub__"), pointwise.subtract),
    **dict.fromkeys(("mul", "multiply", "__mul__", "__rmul__"), pointwise.multiply),
    **dict.fromkeys(("div", "true_divide", "__truediv__"), pointwise.divide),
    "batch_norm": pointwise.batch_norm,
    **dict.fromkeys(("cat", "concat"), pointwise.concatenate),
    "argmax": reductions.argmax,
    **dict.fromkeys(("conv1d", "conv2d"), spatial.convolution),
    **dict.fromkeys(("max_pool1d", "max_pool2d"), spatial.max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d"), spatial.average_pool),
    "__getitem__": spatial.sliced,
    "pad": spatial.padded,
    **dict.fromkeys(("mean", "sum"), reductions.total),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d"), reductions.average_to_one),
    "amax": reductions.largest,
    "linear": reductions.linear,
    "embedding_bag": reductions.embedding_bag,
}
OF_SHAPE = {
    *("shape", "ndim", "dim", "ndimension", "size", "__len__", "numel"),
    *("is_floating_point", "is_complex"),
}
OF_BASE = {"dtype", "device", "is_cuda", "is_mps", "requires_grad", "layout", "is_quantized"}
# Windows wider than this share of a map cost more than the whole map does.
WIDEST = 0.75


class NotIncremental(RuntimeError):
    """The network cannot be followed: it writes into its maps, or takes another way each time."""


class IncrementalNetwork:
    """A network in evaluation, and its maps of reference sequences `x` one-hot `(S, 4, L)`.

    `prepared` may be shared by all that are made of the same network. After a call `windowed` is
    the number of functions whose result was a window, of `functions` that were given one.
    """

    def __init__(
        self, network: nn.Module, x: Tensor, prepared: dict[Hashable, Any] | None = None
    ) -> None:
        self.network, self.x = network, x
        self.prepared: dict[Hashable, Any] = {} if prepared is None else prepared
        self.windowed = self.functions = self.rows = 0
        self._steps: list[_Step] = []

    def logits(self, owner: np.ndarray, positions: np.ndarray, columns: Tensor) -> Tensor:
        """Logits `(n, K)` of mutants: sequence `owner[r]` with the column `columns[r]` (4) at
        `positions[r]`. Rows in the order of their positions are fastest.

        Raises:
            NotIncremental: the network cannot be followed.
        """
        self.windowed, self.functions, self.rows = 0, 0, len(owner)
        rows, places = (torch.from_numpy(index).to(self.x.device) for index in (owner, positions))
        change = (columns - self.x[rows, :, places]).t()[None, :, None]
        window = Window(self.x, Frame(owner, positions, 1), change=change)
        return _whole(self.network(WindowedMap.of(window, self)))

    def apply(self, function: Callable[..., Any], args: Any, named: dict[str, Any]) -> Any:
        """What a torch function makes of the windows among its arguments."""
        name = getattr(function, "__name__", "")
        if (name.endswith("_") and not name.endswith("__")) or named.get("inplace"):
            raise NotIncremental(f"{name} writes into its map")
        args, named = self._same_for_all(args), self._same_for_all(named)
        rule = RULES.get(name)
        step = None if rule is None else self._step(name, function, args, named)
        if rule is not None and step is not None and step.table is not None:
            call = Call(function, _opened(args), _opened(named), step.table.base, self.prepared)
            result = rule(call)
            if isinstance(result, Tensor):
                return result
            if result is not None:
                return self._carried_on(result, step, step.table)
        return function(*_whole(args), **_whole(named))

    def _carried_on(self, window: Window, step: "_Step", table: Table) -> Tensor:
        """The window for the next function; the whole map, where the window is hardly narrower."""
        if window.table.base is table.base:
            window.table = table  # that of the first batch, so that it is made once
        if step.whole is None:
            step.whole = window.frame.width >= WIDEST * window.length
        if step.whole:
            return window.dense()
        self.windowed += 1
        return WindowedMap.of(window, self)

    def _same_for_all(self, value: Any) -> Any:
        """Constants that were expanded to a row for each mutant, as the one row that they are."""
        if type(value) is Tensor and value.dim() > 1 and len(value) == self.rows > 1:
            return value[:1] if value.stride(0) == 0 else value
        if isinstance(value, dict):
            return {name: self._same_for_all(part) for name, part in value.items()}
        return tuple(map(self._same_for_all, value)) if isinstance(value, tuple) else value

    def _step(self, name: str, function: Any, args: Any, named: Any) -> "_Step":
        """What is known of this call from the first batch."""
        place, self.functions = self.functions, self.functions + 1
        source = id(next(_found((args, named))).window.base)
        if place == len(self._steps):
            try:
                base = function(*_bases(args), **_bases(named))
            except (RuntimeError, ValueError):  # another argument has a row for each mutant
                base = None
            fits = isinstance(base, Tensor) and base.shape[:1] == self.x.shape[:1]
            self._steps.append(_Step(name, source, Table(base) if fits else None))
        step = self._steps[place]
        if (step.name, step.source) != (name, source):
            raise NotIncremental(f"it calls {name} where it called {step.name} before")
        return step


@dataclass
class _Step:
    """A call of the first batch: on what (an id, kept alive by the step before), the references'
    result, and whether whole maps went on from there, since all batches must take one way."""

    name: str
    source: int
    table: Table | None
    whole: bool | None = None


class WindowedMap(Tensor):
    """Stands for a map `(n, C, L)` of n mutants; has its shape, but only the window's numbers."""

    window: Window
    owner: IncrementalNetwork

    @classmethod
    def of(cls, window: Window, owner: IncrementalNetwork) -> "WindowedMap":
        empty = torch.empty(window.shape, dtype=window.base.dtype, device="meta")
        stand_in = empty.as_subclass(cls)
        stand_in.window, stand_in.owner = window, owner
        return stand_in

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(function, "__name__", "")
        asked = function.__self__.__name__ if name == "__get__" else name
        if asked in OF_SHAPE:
            with torch._C.DisableTorchFunctionSubclass():
                return function(*args, **(kwargs or {}))
        if asked in OF_BASE:
            return function(args[0].window.base)
        first = next(_found((args, kwargs or {})))
        return first.owner.apply(function, args, kwargs or {})


def _found(value: Any) -> Iterator[WindowedMap]:
    if isinstance(value, WindowedMap):
        yield value
    elif isinstance(value, tuple | list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _found(part)


def _exchanged(value: Any, how: Callable[[WindowedMap], Any]) -> Any:
    """The same nested tuples, lists and dicts with something else for each map."""
    if isinstance(value, WindowedMap):
        return how(value)
    if isinstance(value, dict):
        return {name: _exchanged(part, how) for name, part in value.items()}
    if isinstance(value, tuple | list) and next(_found(value), None) is not None:
        return type(value)(_exchanged(part, how) for part in value)
    return value


def _opened(value: Any) -> Any:
    return _exchanged(value, lambda stand_in: stand_in.window)


def _bases(value: Any) -> Any:
    return _exchanged(value, lambda stand_in: stand_in.window.base)


def _whole(value: Any) -> Any:
    return _exchanged(value, lambda stand_in: stand_in.window.dense())

"""Rules of functions that look at one position at a time."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.effects.incremental_call import Call, channels_of, placed
from seqcnn.effects.incremental_window import Window


def view(call: Call) -> Window | None:
    """The same numbers in another shape, or nothing at all in evaluation (dropout)."""
    window, base = call.args[0], call.base
    if base.shape == window.base.shape:
        return window.viewed(base, flat=window.flat)
    if window.flat or base.shape[0] != window.base.shape[0]:
        return None
    if base.shape[-1] == window.length and channels_of(base) == channels_of(window.base):
        return window.viewed(base)
    if base.dim() == 2 and base[0].numel() == window.base[0].numel():
        return window.viewed(base, flat=True)
    return None


def converted(call: Call) -> Window | None:
    """`float()` and the like, which most often have nothing to do."""
    window = call.args[0]
    if call.base.device != window.base.device:
        return None
    return view(call) if call.base.dtype == window.base.dtype else elementwise(call)


def dropout(call: Call) -> Window | None:
    return None if call.get(2, "training", True) else view(call)


def elementwise(call: Call) -> Window | None:
    """Any function of each position by itself, of one or more maps and constants."""
    first, frame = call.windows[0], call.frame()
    dims = {window.base.dim() for window in call.windows}
    constants = [value for value in (*call.args, *call.named.values()) if _constant(value)]
    if len(dims) > 1 or any(window.flat for window in call.windows):
        return None
    within = [placed(constant, first, frame) for constant in constants]
    if any(constant is None for constant in within):
        return None
    known = iter(within)

    def given(value: Any) -> Any:
        if isinstance(value, Window):
            return value.value_in(frame)
        return next(known) if _constant(value) else value

    args = [given(value) for value in call.args]
    named = {name: given(value) for name, value in call.named.items()}
    return Window(call.base, frame, value=call.function(*args, **named))


def add(call: Call) -> Window | None:
    return _sum(call, 1)


def subtract(call: Call) -> Window | None:
    return _sum(call, -1)


def _sum(call: Call, sign: int) -> Window | None:
    """Changes of maps add up, and a constant changes nothing."""
    windows = call.windows
    same = all(window.base.shape == call.base.shape for window in windows)
    if not same or not _cheap_change(windows) or "alpha" in call.named:
        return elementwise(call)
    if len(windows) == 2:
        frame = call.frame()
        change = call.args[0].change_in(frame)
        other = call.args[1].change_in(frame)
        return Window(call.base, frame, change=change + other if sign > 0 else change - other)
    if isinstance(call.args[0], Window):
        return Window(call.base, windows[0].frame, change=windows[0].change)
    return elementwise(call)


def multiply(call: Call) -> Window | None:
    windows = call.windows
    if len(windows) > 1 or not _cheap_change(windows) or len(call.args) != 2 or call.named:
        return elementwise(call)
    window, factors = windows[0], [value for value in call.args if not isinstance(value, Window)]
    factor = factors[0]
    if isinstance(factor, Tensor):
        factor = placed(factor, window, window.frame)
    if factor is None or window.flat:
        return None
    return Window(call.base, window.frame, change=window.change * factor)


def divide(call: Call) -> Window | None:
    window, divisor = call.args[:2]
    plain = isinstance(window, Window) and not isinstance(divisor, Window | Tensor)
    if not plain or window.flat or call.named or not _cheap_change([window]):
        return elementwise(call)
    return Window(call.base, window.frame, change=window.change / divisor)


def batch_norm(call: Call) -> Window | None:
    window, variance = call.args[0], call.get(2, "running_var")
    if variance is None or call.get(5, "training", False) or window.base.dim() < 3:
        return None
    weight, eps = call.get(3, "weight"), call.get(7, "eps", 1e-5)
    if window.known == "value":
        norms = (call.get(1, "running_mean"), variance, weight, call.get(4, "bias"))
        normed = functional.batch_norm(window.value, *norms, False, 0.0, eps)
        return Window(call.base, window.frame, value=normed)
    factor = (variance + eps).rsqrt()
    if weight is not None:
        factor = factor * weight
    change = window.change * factor.to(window.change.dtype)[None, :, None, None]
    return Window(call.base, window.frame, change=change)


def concatenate(call: Call) -> Window | None:
    """Channels of several maps one after another."""
    parts = call.args[0]
    if call.get(1, "dim", 0) != 1 or not all(isinstance(part, Window) for part in parts):
        return None
    if any(part.flat or part.base.dim() < 3 for part in parts):
        return None
    whole = Call(call.function, tuple(parts), {}, call.base, call.prepared)
    frame = whole.frame()
    if all(part.known == "change" for part in parts):
        change = torch.cat([part.change_in(frame) for part in parts], 1)
        return Window(call.base, frame, change=change)
    return Window(call.base, frame, value=torch.cat([part.value_in(frame) for part in parts], 1))


def over_channels(call: Call) -> Window | None:
    """A reduction over the channels at each position: `(n, C, L)` -> `(n, L)` or `(n, 1, L)`."""
    window = call.args[0]
    value = call.function(window.value, 1, keepdim=True)
    return Window(call.base, window.frame, value=value)


def _cheap_change(windows: list[Window]) -> bool:
    floating = all(window.base.is_floating_point() for window in windows)
    return floating and any(window.known == "change" for window in windows)


def _constant(value: Any) -> bool:
    return isinstance(value, Tensor)

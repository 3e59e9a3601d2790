"""Rules of functions that look at several neighbouring positions: windows grow and shrink."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.effects.incremental_call import Call
from seqcnn.effects.incremental_window import Frame, Window, by_position, filled

FEW = 8  # channels so few (bases) that a matrix product is faster than a convolution


class Step(NamedTuple):
    """How a kernel moves: it spans `reach` + 1 positions, and moves `stride` at a time."""

    reach: int
    stride: int
    padding: int

    def after(self, frame: Frame) -> Frame:
        """The outputs that read any position of the frame."""
        first = -((self.reach - self.padding - frame.starts) // self.stride)
        last = (frame.starts + frame.width - 1 + self.padding) // self.stride
        return Frame(frame.owner, first, max(1, int((last - first).max(initial=0)) + 1))

    def before(self, frame: Frame) -> Frame:
        """The positions that these outputs read."""
        starts = frame.starts * self.stride - self.padding
        return Frame(frame.owner, starts, (frame.width - 1) * self.stride + self.reach + 1)


def convolution(call: Call) -> Window | None:
    """The change is convolved alone: where nothing changed it is zero."""
    window, weight = call.args[0], call.get(1, "weight")
    stride, padding, dilation = (
        _side(call.get(place, name, default))
        for place, name, default in ((3, "stride", 1), (4, "padding", 0), (5, "dilation", 1))
    )
    groups = call.get(6, "groups", 1)
    if stride is None or padding is None or dilation is None or not isinstance(weight, Tensor):
        return None
    if not isinstance(window, Window) or (weight.dim() == 4 and weight.shape[2] != 1):
        return None
    kernel = weight.reshape(*weight.shape[:2], -1, 1)  # (O, C / groups, k, 1)
    step = Step((kernel.shape[2] - 1) * dilation, stride, padding)
    after = step.after(window.frame)
    if stride > 1:
        change = functional.conv2d(
            window.change_in(step.before(after)),
            kernel,
            None,
            (stride, 1),
            0,
            (dilation, 1),
            groups,
        )
    elif window.frame.width == 1 and kernel.shape[1] <= FEW and groups == dilation == 1:
        change = _spread(window.change, kernel)
    elif step.reach == 0:
        change = _mixed(window.change, kernel, groups)
    else:
        change = functional.conv2d(
            window.change, kernel, None, 1, (step.reach, 0), (dilation, 1), groups
        )
    length = int(call.base.shape[-1])
    return Window(call.base, after, change=filled(change, after, length, 0.0, fresh=True))


def _spread(change: Tensor, kernel: Tensor) -> Tensor:
    """(1, C, 1, n) and (O, C, k, 1) -> (1, O, k, n): each tap's weights, the last one first."""
    taps = kernel[:, :, :, 0].flip(2).permute(2, 1, 0)  # (k, C, O)
    return torch.matmul(change[0, :, 0].t(), taps).permute(2, 0, 1).unsqueeze(0)


def _mixed(change: Tensor, kernel: Tensor, groups: int) -> Tensor:
    """A 1-wide convolution; with one thread torch is quick at those of 16 or more images only."""
    channels, width, rows = change.shape[1:]
    number = next((part for part in range(16, 65) if width * rows % part == 0), 1)
    images = by_position(change).reshape(number, 1, -1, channels).permute(0, 3, 1, 2)
    mixed = functional.conv2d(images, kernel, None, groups=groups)
    rows_of = mixed.permute(0, 2, 3, 1).reshape(width, rows, -1)
    return rows_of.permute(2, 0, 1).unsqueeze(0)


def max_pool(call: Call) -> Window | None:
    window = call.args[0]
    kernel, stride, padding = _pool(call)
    dilation = _side(call.get(4, "dilation", 1))
    if kernel is None or stride is None or padding is None or dilation is None:
        return None
    if call.get(6, "return_indices", False) or window.base.dim() < 3:
        return None
    step = Step((kernel - 1) * dilation, stride, padding)
    after = step.after(window.frame)
    before = step.before(after)
    value = filled(window.value_in(before), before, window.length, -torch.inf)
    pooled = functional.max_pool2d(value, (kernel, 1), (stride, 1), 0, (dilation, 1))
    return Window(call.base, after, value=pooled)


def average_pool(call: Call) -> Window | None:
    window = call.args[0]
    kernel, stride, padding = _pool(call)
    if kernel is None or stride is None or padding is None or window.base.dim() < 3:
        return None
    if call.get(6, "divisor_override") is not None:
        return None
    step = Step(kernel - 1, stride, padding)
    after = step.after(window.frame)
    change = functional.avg_pool2d(window.change_in(step.before(after)), (kernel, 1), (stride, 1))
    length = int(call.base.shape[-1])
    factor = _uneven(call, window.length, length, kernel, stride, padding)
    if not (factor == 1).all():
        picked = factor[np.clip(after.positions, 0, length - 1)]
        change = change * torch.from_numpy(picked).to(change)[None, None]
    return Window(call.base, after, change=filled(change, after, length, 0.0, fresh=True))


def _uneven(
    call: Call, length: int, after: int, kernel: int, stride: int, padding: int
) -> np.ndarray:
    """(after,): the kernel's width over what the sum is divided by, which differs at the ends."""
    begin = np.arange(after) * stride - padding
    ends = np.minimum(begin + kernel, length + padding)
    if not call.get(5, "count_include_pad", True):
        begin, ends = np.maximum(begin, 0), np.minimum(ends, length)
    return kernel / np.maximum(ends - begin, 1)


def sliced(call: Call) -> Window | Tensor | None:
    """Every position, or every second one, of a part; or constants looked up by a map."""
    window, item = call.args[0], call.args[1]
    if isinstance(window, Tensor):
        return _looked_up(call)
    index = item if isinstance(item, tuple) else (item,)
    dims = window.base.dim()
    whole = index[:-1]
    if Ellipsis in index[:-1]:
        whole = tuple(part for part in whole if part is not Ellipsis)
    elif len(index) != dims:
        return None
    last = index[-1]
    if window.flat or not isinstance(last, slice) or any(part != slice(None) for part in whole):
        return None
    start, _, stride = last.indices(window.length)
    if stride < 1:
        return None
    step = Step(0, stride, -start)
    after = step.after(window.frame)
    before = step.before(after)
    if window.known == "change":
        change = window.change_in(before)[:, :, ::stride]
        return Window(call.base, after, change=filled(change, after, call.base.shape[-1], 0.0))
    return Window(call.base, after, value=window.value_in(before)[:, :, ::stride])


def _looked_up(call: Call) -> Window | None:
    table, window = call.args
    if not isinstance(window, Window) or table.dim() != 1:
        return None
    return Window(call.base, window.frame, value=table[window.value])


def padded(call: Call) -> Window | None:
    """Constants beside a map or after its channels."""
    window, sides = call.args[0], [*call.get(1, "pad")]
    dims = window.base.dim()
    sides += [0] * (2 * dims - len(sides))
    if call.get(2, "mode", "constant") != "constant" or window.flat or dims != 3:
        return None
    if sides[4:] != [0, 0] or min(sides) < 0 or not window.base.is_floating_point():
        return None
    frame = window.frame.moved(window.frame.starts + sides[0], window.frame.width)
    change = window.change
    if sides[2:4] != [0, 0]:
        change = functional.pad(change, (0, 0, 0, 0, *sides[2:4]))
    return Window(call.base, frame, change=change)


def _pool(call: Call) -> tuple[int | None, int | None, int | None]:
    kernel = call.get(1, "kernel_size")
    stride = call.get(2, "stride")
    return _side(kernel), _side(stride or kernel), _side(call.get(3, "padding", 0))


def _side(value: Any) -> int | None:
    """The number along the sequence; the one across it is of a map of height 1."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple | list) and value:
        return int(value[-1])
    return None

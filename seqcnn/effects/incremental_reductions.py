"""Rules of functions that look at all positions: what is left are numbers of each row."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.effects.incremental_call import Call
from seqcnn.effects.incremental_pointwise import over_channels
from seqcnn.effects.incremental_window import Window, by_position, filled


def total(call: Call) -> Window | Tensor | None:
    """`sum` or `mean` over positions (or, at each position, over channels)."""
    window = call.args[0]
    axes = _axes(call.get(1, "dim"), window)
    if axes == "channels":
        return over_channels(call)
    if axes != "positions" or not window.base.is_floating_point():
        return None
    change = by_position(window.change).sum(0)  # (n, C)
    if call.function.__name__ == "mean":
        change = change / window.length
    return _of_rows(call.base, window) + change.reshape(-1, *call.base.shape[1:])


def average_to_one(call: Call) -> Window | Tensor | None:
    """Adaptive pooling to one position."""
    window, sizes = call.args[0], call.get(1, "output_size")
    if window.base.dim() < 3 or math.prod(sizes if isinstance(sizes, tuple) else (sizes,)) != 1:
        return None
    change = by_position(window.change).sum(0) / window.length
    return _of_rows(call.base, window) + change.reshape(-1, *call.base.shape[1:])


def largest(call: Call) -> Window | Tensor | None:
    """`amax`: the largest of the window, of what lies before it and of what comes after."""
    window = call.args[0]
    axes = _axes(call.get(1, "dim"), window)
    if axes == "channels":
        return over_channels(call)
    if axes != "positions" or not window.base.is_floating_point():
        return None
    frame, length = window.frame, window.length
    inside = by_position(filled(window.value, frame, length, -torch.inf)).amax(0)  # (n, C)
    device = inside.device
    rows = frame.owner * (length + 1)
    starts = torch.from_numpy(rows + np.clip(frame.starts, 0, length)).to(device)
    ends = torch.from_numpy(rows + np.clip(frame.starts + frame.width, 0, length)).to(device)
    before, after = window.table.running
    found = torch.maximum(inside, torch.maximum(before[starts], after[ends]))
    return found.reshape(-1, *call.base.shape[1:])


def argmax(call: Call) -> Window | None:
    return over_channels(call) if _axes(call.get(1, "dim"), call.args[0]) == "channels" else None


def linear(call: Call) -> Tensor | None:
    """A dense layer on a flattened map: only the columns of the window change its result."""
    window, weight = call.args[0], call.get(1, "weight")
    if not isinstance(window, Window) or not window.flat or not isinstance(weight, Tensor):
        return None
    width, length = window.frame.width, window.length
    if width > length:
        return None
    out, channels = len(weight), weight.shape[1] // length
    columns_at = call.made(
        "linear",
        weight,
        lambda: weight.reshape(out, channels, length).permute(2, 1, 0).contiguous(),
    )
    frame = window.frame.moved(np.clip(window.frame.starts, 0, length - width), width)
    change = window.change_in(frame)[0].permute(2, 1, 0).reshape(-1, width * channels)
    found = _of_rows(call.base, window)
    order = np.argsort(frame.starts, kind="stable")
    ordered = frame.starts[order]
    for rows in np.split(order, np.flatnonzero(np.diff(ordered)) + 1):
        start = int(frame.starts[rows[0]])
        columns = columns_at[start : start + width].reshape(width * channels, out)
        place = torch.from_numpy(rows).to(found.device)
        found[place] += change[place] @ columns
    return found


def embedding_bag(call: Call) -> Tensor | None:
    """The sum of looked-up rows, of which those of the window are exchanged."""
    window, weights = call.args[0], call.get(8, "per_sample_weights")
    table = call.get(1, "weight")
    plain = call.get(2, "offsets") is None and call.get(3, "max_norm") is None
    if not isinstance(window, Window) or window.base.dim() != 2 or not plain:
        return None
    if call.get(6, "mode", "mean") != "sum" or call.get(10, "padding_idx") is not None:
        return None
    if not isinstance(weights, Window):
        return None
    frame = window.frame.union(weights.frame)

    def bag(index: Tensor, each: Tensor) -> Tensor:
        each = filled(each, frame, window.length, 0.0)
        found: Tensor = functional.embedding_bag(
            index[0, 0].t().contiguous(),
            table,
            mode="sum",
            per_sample_weights=each[0, 0].t().contiguous(),
        )
        return found

    new = bag(window.value_in(frame), weights.value_in(frame))
    old = bag(window.table.at(frame), weights.table.at(frame))
    return _of_rows(call.base, window) + (new - old)


def _of_rows(base: Tensor, window: Window) -> Tensor:
    """The references' results, one for each row."""
    return base[torch.from_numpy(window.frame.owner).to(base.device)]


def _axes(dim: Any, window: Window) -> str | None:
    """What is reduced, `positions` or `channels`; None for anything else."""
    if window.flat or dim is None:
        return None
    dims = window.base.dim()
    axes = {axis % dims for axis in (dim if isinstance(dim, tuple | list) else (dim,))}
    if axes == {dims - 1} or (dims == 4 and axes == {2, 3}):
        return "positions"
    return "channels" if axes == {1} and dims == 3 else None

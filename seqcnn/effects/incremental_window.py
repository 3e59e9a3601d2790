"""What a change of one base does to a map: only a window of it differs from the reference's."""

from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

# Windows are kept as `(1, C, width, n)` with channels last: n rows (mutants) side by side, so that
# convolution and pooling along positions are torch's own 2-D ones with kernels (k, 1).


class Frame:
    """Where the windows of n rows lie: row r has positions starts[r] to starts[r] + width.

    `owner` (n,) is the reference sequence of each row. A window may hang over the ends of a map;
    what it holds there is never used.
    """

    def __init__(self, owner: np.ndarray, starts: np.ndarray, width: int) -> None:
        self.owner, self.starts, self.width = owner, starts, width
        self._indices: dict[tuple[int, torch.device], Tensor] = {}

    def __len__(self) -> int:
        return len(self.starts)

    def moved(self, starts: np.ndarray, width: int) -> "Frame":
        """The same rows elsewhere; this frame itself where nothing moves."""
        if width == self.width and np.array_equal(starts, self.starts):
            return self
        return Frame(self.owner, starts, width)

    @cached_property
    def positions(self) -> np.ndarray:
        """(width, n)."""
        return np.arange(self.width)[:, None] + self.starts

    def index(self, length: int, device: torch.device) -> Tensor:
        """(width * n,): rows of a reference's table, the nearest one past its ends."""
        key = (length, device)
        if key not in self._indices:
            rows = np.clip(self.positions, 0, length - 1) + self.owner * length
            self._indices[key] = torch.from_numpy(rows.ravel()).to(device)
        return self._indices[key]

    def outside(self, length: int) -> np.ndarray:
        """Flat indices into (width, n) of positions that a map of `length` does not have."""
        if len(self) == 0 or (self.starts.min() >= 0 and self.starts.max() + self.width <= length):
            return np.empty(0, np.int64)
        return np.flatnonzero((self.positions < 0) | (self.positions >= length))

    def union(self, other: "Frame") -> "Frame":
        """The narrowest frame around both."""
        starts = np.minimum(self.starts, other.starts)
        ends = np.maximum(self.starts + self.width, other.starts + other.width)
        return self.moved(starts, int((ends - starts).max(initial=1)))


class Table:
    """A map of the reference sequences as (S * L, C), made when it is first asked for."""

    def __init__(self, base: Tensor) -> None:
        self.base = base

    @cached_property
    def rows(self) -> Tensor:
        base = self.base
        if base.dim() == 2:
            return base.reshape(-1, 1)
        if base.dim() == 4:
            base = base.squeeze(2)
        return base.transpose(1, 2).contiguous().view(-1, base.shape[1])

    @property
    def length(self) -> int:
        return int(self.base.shape[-1])

    def at(self, frame: Frame) -> Tensor:
        """(1, C, width, n), a fresh copy."""
        picked = self.rows.index_select(0, frame.index(self.length, self.rows.device))
        return tall(picked, frame)

    @cached_property
    def running(self) -> tuple[Tensor, Tensor]:
        """Maxima (S * (L + 1), C) of what lies before each position, and from it on."""
        rows = self.rows.reshape(-1, self.length, self.rows.shape[1])
        lowest = torch.full_like(rows[:, :1], -torch.inf)
        before = torch.cat([lowest, rows.cummax(1).values], 1)
        after = torch.cat([rows.flip(1).cummax(1).values.flip(1), lowest], 1)
        return before.flatten(0, 1), after.flatten(0, 1)


class Window:
    """What n mutants of the reference sequences make of one map.

    Args:
        base: the map of the references, `(S, C, L)`, `(S, C, 1, L)` or `(S, L)`.
        change: difference from the reference, zero outside the map; `value`: the map itself there.
            One of them is enough, the other is made when it is asked for.
        table: that of `base`, where it exists already.
        flat: the map as `(n, C * L)`, for a dense layer.
    """

    def __init__(
        self,
        base: Tensor,
        frame: Frame,
        *,
        change: Tensor | None = None,
        value: Tensor | None = None,
        table: Table | None = None,
        flat: bool = False,
    ) -> None:
        self.base, self.frame, self.flat = base, frame, flat
        self.table = Table(base) if table is None else table
        self._change, self._value = change, value

    @property
    def length(self) -> int:
        return self.table.length

    @property
    def known(self) -> Literal["change", "value"]:
        """Which of the two costs nothing."""
        return "value" if self._change is None else "change"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole map, for all rows."""
        return (len(self.frame), *self.base.shape[1:])

    @property
    def change(self) -> Tensor:
        if self._change is None:
            assert self._value is not None
            change = self._value - self.table.at(self.frame)
            self._change = filled(change, self.frame, self.length, 0.0, fresh=True)
        return self._change

    @property
    def value(self) -> Tensor:
        if self._value is None:
            assert self._change is not None
            self._value = self.table.at(self.frame).add_(self._change)
        return self._value

    def viewed(self, base: Tensor, *, flat: bool = False) -> "Window":
        """The same numbers under another shape."""
        return Window(
            base,
            self.frame,
            change=self._change,
            value=self._value,
            table=self.table,
            flat=flat,
        )

    def change_in(self, frame: Frame) -> Tensor:
        """The change in another frame, zero where this one did not reach; do not write into it."""
        if frame is self.frame:
            return self.change
        offset = frame.starts - self.frame.starts
        first = int(offset[0]) if len(offset) else 0
        if (offset == first).all():
            right = first + frame.width - self.frame.width
            padded = functional.pad(by_position(self.change), (0, 0, 0, 0, -first, right))
            return padded.permute(2, 0, 1).unsqueeze(0)
        picked, missing = self._picked(self.change, frame)
        if len(missing):
            picked.index_fill_(0, _on(missing, picked), 0.0)
        return tall(picked, frame)

    def value_in(self, frame: Frame) -> Tensor:
        """The values in another frame; do not write into it."""
        if frame is self.frame:
            return self.value
        if self.known == "change":
            return self.table.at(frame).add_(self.change_in(frame))
        picked, missing = self._picked(self.value, frame)
        if len(missing):
            wanted = _on(missing, picked)
            source = frame.index(self.length, picked.device)[wanted]
            picked[wanted] = self.table.rows.index_select(0, source)
        return tall(picked, frame)

    def _picked(self, tensor: Tensor, frame: Frame) -> tuple[Tensor, np.ndarray]:
        """(width * n, C) in another frame, and which of these this window does not have."""
        inner = np.arange(frame.width)[:, None] + (frame.starts - self.frame.starts)
        missing = np.flatnonzero((inner < 0) | (inner >= self.frame.width))
        inner = np.clip(inner, 0, self.frame.width - 1) * len(frame) + np.arange(len(frame))
        rows = _rows(tensor)
        return rows.index_select(0, _on(inner.ravel(), rows)), missing

    def dense(self) -> Tensor:
        """The whole map of each row, as the network would have it."""
        rows, length = self.table.rows, self.length
        number, channels = len(self.frame), rows.shape[1]
        whole = rows.reshape(-1, length, channels)[_on(self.frame.owner, rows)]
        inside = np.ones(self.frame.width * number, bool)
        inside[self.frame.outside(length)] = False
        place = (self.frame.positions + np.arange(number) * length).ravel()
        kept = _rows(self.value)
        if not inside.all():
            kept = kept[_on(np.flatnonzero(inside), rows)]
        whole.view(-1, channels)[_on(place[inside], rows)] = kept
        mapped = whole.transpose(1, 2)
        return mapped.reshape(self.shape)


def filled(
    tensor: Tensor, frame: Frame, length: int, number: float, *, fresh: bool = False
) -> Tensor:
    """The tensor (1, C, width, n) with `number` past the ends of a map of `length`.

    A `fresh` one, which nothing else refers to, may be written into.
    """
    outside = frame.outside(length)
    if not len(outside):
        return tensor
    rows = _rows(tensor)
    fill = rows.index_fill_ if fresh else rows.index_fill
    return tall(fill(0, _on(outside, rows), number), frame)


def by_position(tensor: Tensor) -> Tensor:
    """(1, C, width, n) as (width, n, C), the same memory, which torch reduces far faster."""
    return tensor[0].permute(1, 2, 0)


def _rows(tensor: Tensor) -> Tensor:
    """(1, C, width, n) as (width * n, C), the same memory where channels are last."""
    return tensor.permute(0, 2, 3, 1).reshape(-1, tensor.shape[1])


def tall(rows: Tensor, frame: Frame) -> Tensor:
    """(width * n, C) as (1, C, width, n)."""
    return rows.view(1, frame.width, len(frame), rows.shape[1]).permute(0, 3, 1, 2)


def _on(index: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(index).to(like.device)

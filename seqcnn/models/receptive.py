"""Follows a network's tensors: which input positions each one sees, and what it cost to compute.

The receptive field of a layer grows as Araujo, Norris and Sim write it (Distill 2019,
doi 10.23915/distill.00021): field += (kernel - 1) * dilation * stride so far, and stride *= step.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Sides = tuple[int, ...]  # one number for each spatial side


class Seen(NamedTuple):
    """What one position of a tensor sees: input positions on each side, None = all of them, and
    the step in the input between neighbouring positions, None = there are no positions left."""

    field: Sides | None
    stride: Sides | None


class Work(NamedTuple):
    """Multiply-adds and bytes of results (as float32) since they were last asked for."""

    multiply_adds: int
    result_bytes: int


RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
# Positions of the coarse map that one interpolated position is made of.
INTERPOLATED = {"linear": 2, "bilinear": 2, "bicubic": 4}


class Follower(TorchFunctionMode):
    """While it is entered, follows every tensor computed from `x` and from the network's weights.

    Every torch function passes here, so it does not matter whether a convolution is called as a
    layer or as a function. Work belongs to the module whose weights it used, however reshaped
    (the reverse complement of a filter is the filter's work).
    """

    def __init__(self, network: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.size = tuple(x.shape[2:])
        self.dim = len(self.size)
        # Tensors are kept with what is known about them, so that no id is ever used again.
        self._seen = {id(x): (x, Seen((1,) * self.dim, (1,) * self.dim))}
        self._owner = {
            id(tensor): (tensor, name.rpartition(".")[0])
            for named in (network.named_parameters(), network.named_buffers())
            for name, tensor in named
        }
        self._work: dict[str, Work] = {}

    def seen(self, tensor: Tensor) -> Seen:
        """What a tensor sees; the whole input, where it was not made from the input alone."""
        return self._seen.get(id(tensor), (tensor, Seen(None, None)))[1]

    def owner(self, tensor: Tensor) -> str | None:
        """Path of the module that a weight (or what was made from it) belongs to."""
        return self._owner.get(id(tensor), (tensor, None))[1]

    def take(self, owner: str) -> Work:
        """The work done with a module's weights since the last call."""
        return self._work.pop(owner, Work(0, 0))

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = _Given(args, kwargs or {})
        result = function(*args, **given.named)
        results = list(tensors(result))
        if results:
            self._follow(getattr(function, "__name__", ""), given, results)
        return result

    def _follow(self, name: str, given: "_Given", results: list[Tensor]) -> None:
        entering = list(tensors((given.args, given.named)))
        owners = [owner for tensor in entering if (owner := self.owner(tensor)) is not None]
        spent = _multiply_adds(name, entering, results[0])
        if spent:
            owner = owners[0] if owners else ""
            before = self._work.get(owner, Work(0, 0))
            size = results[0].numel() * 4
            self._work[owner] = Work(before[0] + spent, before[1] + size)
        known = [tensor for tensor in entering if id(tensor) in self._seen]
        if known:
            before_all = _largest([self.seen(tensor) for tensor in known])
            after = self._after(name, given, before_all, known[0], results[0])
            self._seen.update({id(tensor): (tensor, after) for tensor in results})
        elif owners:
            self._owner.update({id(tensor): (tensor, owners[0]) for tensor in results})

    def _after(self, name: str, given: "_Given", seen: Seen, x: Tensor, result: Tensor) -> Seen:
        if name in RECURRENT:
            return Seen(None, seen.stride)
        if name == "embedding_bag":
            return Seen(None, None)
        window = self._window(name, given, x, result)
        if window is not None:
            return _through(seen, *window)
        positions = prod(x.shape[2:])
        flat = result.dim() < 3 <= x.dim() and seen.field is not None
        covered = flat and all(f >= n for f, n in zip(seen.field or (), self.size, strict=True))
        collapsed = positions > 1 and prod(result.shape[2:]) == 1
        return Seen(None, None) if collapsed or covered else seen

    def _window(
        self, name: str, given: "_Given", x: Tensor, result: Tensor
    ) -> tuple[Sides, tuple[float, ...]] | None:
        """Positions of `x` that one of `result` is made of, from the first to the last on each
        side, and the step between them; None for functions that look at one, or at all."""
        before, after = tuple(x.shape[-self.dim :]), tuple(result.shape[-self.dim :])
        if name.startswith("adaptive_") and max(after) > 1:
            return tuple(map(_widest_bin, before, after)), _ratio(before, after)
        if name == "interpolate":
            made_of = INTERPOLATED.get(given.get(3, "mode", "nearest"), 1)
            return (made_of,) * self.dim, _ratio(before, after)
        if name.startswith("conv"):
            kernel = tuple(given.get(1, "weight").shape[-self.dim :])
            step = self._sides(given.get(3, "stride", 1))
            transposed = "transpose" in name
            dilation = self._sides(given.get(7 if transposed else 5, "dilation", 1))
            spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
            if transposed:
                pairs = zip(spans, step, strict=True)
                return tuple(-(-span // s) for span, s in pairs), tuple(1 / s for s in step)
            return tuple(spans), step
        if name.startswith(("max_pool", "avg_pool")):
            kernel = self._sides(given.get(1, "kernel_size"))
            step = self._sides(given.get(2, "stride") or kernel)
            dilated = given.get(4, "dilation", 1) if name.startswith("max") else 1
            pairs = zip(kernel, self._sides(dilated), strict=True)
            return tuple((k - 1) * d + 1 for k, d in pairs), step
        return None

    def _sides(self, value: int | tuple[int, ...]) -> Sides:
        # A 1-D layer that computes as a 2-D one has height 1 first, which is left out here.
        given = (value,) if isinstance(value, int) else tuple(value)
        return (given * self.dim)[-self.dim :]


class _Given(NamedTuple):
    """Arguments of a torch function, by place or by name."""

    args: tuple[Any, ...]
    named: dict[str, Any]

    def get(self, place: int, name: str, default: Any = None) -> Any:
        return self.args[place] if place < len(self.args) else self.named.get(name, default)


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors(part)


def _multiply_adds(name: str, entering: list[Tensor], result: Tensor) -> int:
    if name.startswith("conv_transpose"):
        return entering[0].numel() * prod(entering[1].shape[1:])
    if name in ("conv1d", "conv2d"):
        return result.numel() * prod(entering[1].shape[1:])
    if name in ("linear", "matmul", "__matmul__", "mm", "bmm"):
        return result.numel() * entering[0].shape[-1]
    if name in RECURRENT:
        steps = entering[0].numel() // entering[0].shape[-1]
        return steps * sum(weight.numel() for weight in entering[1:] if weight.dim() == 2)
    return 0


def _largest(seen: list[Seen]) -> Seen:
    fields, strides = [s.field for s in seen], [s.stride for s in seen]
    return Seen(_by_side(fields), _by_side(strides))


def _by_side(values: list[Sides | None]) -> Sides | None:
    known = [value for value in values if value is not None]
    return tuple(map(max, zip(*known, strict=True))) if len(known) == len(values) else None


def _through(seen: Seen, window: Sides, step: tuple[float, ...]) -> Seen:
    field, stride = seen
    if stride is None:
        return seen
    if field is not None:
        field = tuple(f + (w - 1) * s for f, w, s in zip(field, window, stride, strict=True))
    return Seen(field, tuple(max(1, round(a * b)) for a, b in zip(stride, step, strict=True)))


def _ratio(before: Sides, after: Sides) -> tuple[float, ...]:
    return tuple(b / a for b, a in zip(before, after, strict=True))


def _widest_bin(before: int, after: int) -> int:
    """Adaptive pooling's bin i reaches from floor(i * before / after) to the next one's ceiling."""
    return max(-(-(i + 1) * before // after) - i * before // after for i in range(after))

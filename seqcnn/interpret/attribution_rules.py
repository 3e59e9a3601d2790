"""DeepLIFT by rules for functions, not layers (Shrikumar, Greenside and Kundaje, ICML 2017,
arXiv 1704.02685).

Other tools put hooks on layers; a layer used twice, a nonlinearity called as a function and a
maximum that is no pooling layer then get a wrong multiplier, or none, in silence. Here every call
of a nonlinear function is seen as it happens: the network runs on the reference, which is noted
call by call, then on the sequence, where each nonlinear call gives its value with the multiplier
between the two as its gradient. Everything else is linear or, if not, found by the gate.

Rules: Rescale for a function of one number; for a product, each factor times the other's mean over
the two ends; a maximum's gain goes to its place in the sequence, its loss to that in the reference.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

Call = tuple[str, tuple[Tensor, ...]]

RESCALED = frozenset(
    "relu relu6 leaky_relu elu selu celu gelu silu mish hardtanh hardswish softplus softsign "
    "sigmoid logsigmoid tanh exp log log1p sqrt rsqrt square pow abs clamp clip reciprocal".split()
)
PRODUCTS = frozenset("mul multiply __mul__ __rmul__".split())
QUOTIENTS = frozenset("div divide true_divide __truediv__".split())
POOLS = frozenset(f"{kind}max_pool{dim}d" for kind in ("", "adaptive_") for dim in (1, 2))
MAXIMA = frozenset("amax maximum".split())
RULED = RESCALED | PRODUCTS | QUOTIENTS | POOLS | MAXIMA | {"local_response_norm"}
NEAR = 1e-5  # of 1 + size: changes of an input below it take the derivative, not the ratio


class Watching(TorchFunctionMode):
    """Sees every call of a function that has a rule, but for calls while `paused`."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        name = getattr(func, "__name__", "")
        if self.paused or name not in RULED:
            return func(*args, **given)
        if name == "local_response_norm":
            with self:
                return _local_response(*args, **given)
        return self.called(name, func, args, given)

    @abstractmethod
    def called(self, name: str, func: Any, args: Any, given: dict[str, Any]) -> Any:
        """What the call gives."""


class Noting(Watching):
    """Notes the inputs of each call, on the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def called(self, name: str, func: Any, args: Any, given: dict[str, Any]) -> Any:
        self.calls.append((name, _tensors(args)))
        return func(*args, **given)


class Lifting(Watching):
    """Gives each call, on the sequence, its multiplier from the reference's as gradient.

    Parameters must not ask for gradients: what does, depends on the sequence.
    """

    def __init__(self, noted: list[Call]) -> None:
        super().__init__()
        self.noted = iter(noted)

    def called(self, name: str, func: Any, args: Any, given: dict[str, Any]) -> Any:
        noted, reference = next(self.noted)
        inputs = _tensors(args)
        if noted != name or [one.shape for one in inputs] != [one.shape for one in reference]:
            raise RuntimeError(f"{name} is called on the sequence, {noted} on the reference")
        if not any(one.requires_grad for one in inputs):
            return func(*args, **given)
        if name in RESCALED:
            return _rescaled(lambda x: func(x, *args[1:], **given), inputs[0], reference[0])
        if name in PRODUCTS:
            return _product(*args, *reference) if len(inputs) == 2 else func(*args, **given)
        if name in QUOTIENTS:
            return _quotient(func, args, inputs, reference)
        if name in POOLS:
            return _pooled(name, args, given, reference[0])
        if name == "amax":
            return _greatest(func, args, given, reference[0])
        return _greater(*args, *reference)


def _tensors(args: Any) -> tuple[Tensor, ...]:
    return tuple(one for one in args if isinstance(one, Tensor))


def _rescaled(function: Callable[[Tensor], Tensor], x: Tensor, reference: Tensor) -> Tensor:
    with torch.no_grad():
        out = function(x)
        change = x - reference
        near = change.abs() < NEAR * (1 + x.abs())
        ratio = (out - function(reference)) / torch.where(near, 1, change)
    with torch.enable_grad():
        middle = ((x + reference) / 2).detach().requires_grad_()
        slope = torch.autograd.grad(function(middle).sum(), middle)[0]
    return _with_gradient(out, (x, torch.where(near, slope, ratio)))


def _product(a: Tensor, b: Tensor, a_reference: Tensor, b_reference: Tensor) -> Tensor:
    with torch.no_grad():
        out, for_a, for_b = a * b, (b + b_reference) / 2, (a + a_reference) / 2
    return _with_gradient(out, (a, for_a), (b, for_b))


def _quotient(
    func: Any, args: Any, inputs: tuple[Tensor, ...], reference: tuple[Tensor, ...]
) -> Any:
    """a / b as a times 1 / b, where b depends on the sequence."""
    divisor = args[1]
    if not (isinstance(divisor, Tensor) and divisor.requires_grad):
        return func(*args)
    inverse = _rescaled(torch.reciprocal, divisor, reference[-1])
    if len(inputs) == 1:
        return inverse * args[0]
    return _product(args[0], inverse, reference[0], reference[1].reciprocal())


def _pooled(name: str, args: Any, given: dict[str, Any], reference: Tensor) -> Tensor:
    pool = getattr(functional, name)
    x = args[0]
    dims = int(name[-2])
    with torch.no_grad():
        out, here = pool(x, *args[1:], **{**given, "return_indices": True})
        _, there = pool(reference, *args[1:], **{**given, "return_indices": True})
    flat, flat_reference = x.flatten(-dims), reference.flatten(-dims)
    routed = _routed(flat, flat_reference, here.flatten(-dims), there.flatten(-dims), -1)
    return routed.reshape(out.shape)


def _greatest(func: Any, args: Any, given: dict[str, Any], reference: Tensor) -> Any:
    """The maximum along one dimension; along several, no rule."""
    named = dict(zip(("dim", "keepdim"), args[1:], strict=False)) | given
    dim = named.get("dim", ())
    if isinstance(dim, tuple | list):
        if len(dim) != 1:
            return func(*args, **given)
        dim = dim[0]
    x = args[0]
    here, there = (one.max(dim, keepdim=True).indices for one in (x.detach(), reference))
    out = _routed(x, reference, here, there, dim)
    return out if named.get("keepdim", False) else out.squeeze(dim)


def _greater(a: Tensor, b: Tensor, a_reference: Tensor, b_reference: Tensor) -> Tensor:
    """The greater of two, position by position."""
    with torch.no_grad():
        out, before = torch.maximum(a, b), torch.maximum(a_reference, b_reference)
        gain, loss = torch.relu(out - before), -torch.relu(before - out)
        here, there = a >= b, a_reference >= b_reference
        multipliers = []
        for change, wins, won in ((a - a_reference, here, there), (b - b_reference, ~here, ~there)):
            ratio = (gain * wins + loss * won) / _not_zero(change)
            still = (change == 0) & (out == before) & wins
            multipliers.append(torch.where(still, 1, ratio))
    return _with_gradient(out, (a, multipliers[0]), (b, multipliers[1]))


def _routed(x: Tensor, reference: Tensor, here: Tensor, there: Tensor, dim: int) -> Tensor:
    """The maxima, whose places along `dim` are `here` in x and `there` in the reference."""
    with torch.no_grad():
        out, before = x.gather(dim, here), reference.gather(dim, there)
        gain, loss = torch.relu(out - before), -torch.relu(before - out)
        change_here = out - reference.gather(dim, here)
        change_there = x.gather(dim, there) - before
        # A gain is at most the change at its place, so only a change of 0 has no ratio.
        still = (change_here == 0) & (out == before)
        for_here = torch.where(change_here == 0, still.to(out), gain / _not_zero(change_here))
        for_there = loss / _not_zero(change_there)
    return _with_gradient(out, (x.gather(dim, here), for_here), (x.gather(dim, there), for_there))


def _not_zero(x: Tensor) -> Tensor:
    return torch.where(x == 0, 1, x)


def _with_gradient(value: Tensor, *terms: tuple[Tensor, Tensor]) -> Tensor:
    """`value`, with each term's second as its derivative by the first."""
    for x, multiplier in terms:
        if x.requires_grad:
            value = value + (x - x.detach()) * multiplier
    return value


def _local_response(
    x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Local response normalisation in steps that have rules; the neighbours are along dim 1."""
    squares = (x * x).transpose(1, -1)
    shape = squares.shape
    padded = functional.pad(squares.reshape(-1, 1, shape[-1]), (size // 2, (size - 1) // 2))
    mean = functional.avg_pool1d(padded, size, 1).reshape(shape).transpose(1, -1)
    return x / (mean * alpha + k).pow(beta)

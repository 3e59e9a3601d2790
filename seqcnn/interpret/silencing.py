"""What a network owes to each of its first-layer filters: silencing them, alone and together.

A silenced filter gives its resting value everywhere, on both strands and in the padding, so that
it tells nothing. Its weights are zero and its bias is that value; nothing after it changes.
Networks stay on the device where they are.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import dropwhile

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.interpret.backward import backward_of_recurrent_layers
from seqcnn.training.predict import autocast, evaluating

STEPS = 16  # of the way from a filter to its resting value

POOLS = (nn.MaxPool1d, nn.AvgPool1d, nn.Dropout, nn.Identity)

# Makes the network's inputs of codes (n, L): one, or several over which logits are averaged.
Views = Callable[[Tensor], Sequence[Tensor]]


class Filters:
    """The filters of a convolution with a scale: 1 as they were trained, 0 silenced.

    Between, weights and bias lie on the straight line from the one to the other.
    """

    def __init__(self, convolution: nn.Conv1d, resting: Tensor) -> None:
        self.convolution = convolution
        self.weight = convolution.weight.detach().clone()
        bias = convolution.bias
        self.bias = torch.zeros_like(resting) if bias is None else bias.detach().clone()
        self.resting = resting.to(self.bias)

    def set(self, scale: Tensor) -> None:
        """Scale each filter, `scale` (F,)."""
        scale = scale.to(self.bias)
        assert self.convolution.bias is not None  # `scaled_filters` gave it one
        with torch.no_grad():
            self.convolution.weight.copy_(self.weight * scale[:, None, None])
            self.convolution.bias.copy_(self.bias * scale + self.resting * (1 - scale))

    def slope(self) -> Tensor:
        """Derivative by each filter's scale (F,), of the gradients that a `backward` left."""
        assert self.convolution.bias is not None  # `scaled_filters` gave it one
        by_weight, by_bias = self.convolution.weight.grad, self.convolution.bias.grad
        assert by_weight is not None and by_bias is not None  # left by `backward`
        return (self.weight * by_weight).sum((1, 2)) + (self.bias - self.resting) * by_bias


@contextmanager
def scaled_filters(convolution: nn.Conv1d, resting: Tensor) -> Iterator[Filters]:
    """The convolution's filters, to be scaled; afterwards it is as it was, even on an error."""
    weight, bias = convolution.weight, convolution.bias
    filters = Filters(convolution, resting.to(weight.device))
    convolution.weight = nn.Parameter(filters.weight.clone())
    convolution.bias = nn.Parameter(filters.bias.clone())
    try:
        yield filters
    finally:
        convolution.weight, convolution.bias = weight, bias


def resting_values(
    network: nn.Module,
    convolution: nn.Conv1d,
    codes: np.ndarray,
    *,
    views: Views,
    batch_size: int = 256,
) -> Tensor:
    """What each filter gives on average (F,), which tells nothing.

    Where a batch normalisation follows, perhaps after pooling, its running mean: what it was given
    in training. Elsewhere the mean over the sequences `codes` (N, L) and their positions.
    """
    following = _next_norm(network, convolution)
    if following is not None and following.running_mean is not None:
        return following.running_mean.detach().float().clone()
    device = convolution.weight.device
    total = torch.zeros(convolution.out_channels, device=device)
    places = 0

    def add(layer: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal places
        total.add_(out.float().sum((0, 2)))
        places += out.shape[0] * out.shape[2]

    with evaluating([network], device), torch.no_grad():
        handle = convolution.register_forward_hook(add)
        try:
            for first in range(0, len(codes), batch_size):
                for x in views(torch.from_numpy(codes[first : first + batch_size]).to(device)):
                    network(x)
        finally:
            handle.remove()
    return total / max(places, 1)


def silenced_logits(
    network: nn.Module,
    filters: Filters,
    silenced: Sequence[Sequence[int]],
    codes: np.ndarray,
    *,
    views: Views,
    batch_size: int = 256,
    precision: str = "32",
    advance: Callable[[int], None] | None = None,
) -> Iterator[np.ndarray]:
    """Logits (N, K) with each of the sets of filters silenced, one set after another.

    An empty set gives the logits of the whole network. `advance` is called after each set.
    """
    device = filters.weight.device
    for numbers in silenced:
        scale = torch.ones(len(filters.weight))
        scale[list(numbers)] = 0
        filters.set(scale)
        parts = []
        with evaluating([network], device), torch.no_grad(), autocast(device, precision):
            for first in range(0, len(codes), batch_size):
                taken = torch.from_numpy(codes[first : first + batch_size]).to(device)
                logits = torch.stack([network(x).float() for x in views(taken)])
                parts.append(logits.mean(0).cpu().numpy())
        yield np.concatenate(parts)
        if advance is not None:
            advance(1)


def shares(
    network: nn.Module,
    filters: Filters,
    codes: np.ndarray,
    weights: np.ndarray,
    *,
    views: Views,
    steps: int = STEPS,
    batch_size: int = 256,
    advance: Callable[[int], None] | None = None,
) -> np.ndarray:
    """What each filter adds to sum(weights * logits), float64 (F,), `weights` (N, K).

    All filters are turned down together in `steps` equal steps and each is credited with its own
    part of the slope. The parts add up to the whole network's value less that of a network with
    every filter silenced, and filters that do the same thing divide what they do between them,
    where silencing one alone costs nothing: the Aumann-Shapley value (Aumann and Shapley 1974),
    as integrated gradients give it for inputs (Sundararajan et al. 2017).
    """
    device = filters.weight.device
    total = np.zeros(len(filters.weight))
    parameters = list(filters.convolution.parameters())
    others = [p for p in network.parameters() if all(p is not one for one in parameters)]
    wanted = [p.requires_grad for p in others]
    try:
        for parameter in others:
            parameter.requires_grad_(False)
        with (
            evaluating([network], device),
            torch.enable_grad(),
            backward_of_recurrent_layers(network),
        ):
            for step in range(steps):
                filters.set(torch.full((len(total),), (step + 0.5) / steps))
                for parameter in parameters:
                    parameter.grad = None
                for first in range(0, len(codes), batch_size):
                    rows = slice(first, first + batch_size)
                    seen = views(torch.from_numpy(codes[rows]).to(device))
                    weight = torch.from_numpy(weights[rows]).to(device, torch.float32) / len(seen)
                    for x in seen:
                        (network(x).float() * weight).sum().backward()
                total += filters.slope().cpu().double().numpy() / steps
                if advance is not None:
                    advance(1)
    finally:
        for parameter, one in zip(others, wanted, strict=True):
            parameter.requires_grad_(one)
    return total


def _next_norm(network: nn.Module, convolution: nn.Conv1d) -> nn.BatchNorm1d | None:
    """The batch normalisation that reads the convolution, at once or after pooling."""
    after = dropwhile(lambda module: module is not convolution, network.modules())
    leaves = [module for module in after if not list(module.children())][1:]
    found = next((module for module in leaves if not isinstance(module, POOLS)), None)
    if isinstance(found, nn.BatchNorm1d) and found.num_features == convolution.out_channels:
        return found
    return None

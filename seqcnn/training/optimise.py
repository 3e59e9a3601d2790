"""The optimiser, its learning rate, penalties, and the moving average of the weights."""

import copy
import math

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from seqcnn.settings import FitSettings


def build_optimizer(model: nn.Module, settings: FitSettings, *, fused: bool) -> Optimizer:
    """AdamW or SGD of `settings`; biases and norms (one-dimensional) are not decayed."""
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            # A layer may ask for a multiple of the decay for its own (`parameter.decay`).
            share = getattr(parameter, "decay", 1.0) if parameter.dim() > 1 else 0.0
            groups.setdefault(share * settings.weight_decay, []).append(parameter)
    chosen = [{"params": held, "weight_decay": decay} for decay, held in groups.items()]
    if settings.optimizer == "adamw":
        return AdamW(chosen, lr=settings.lr, fused=fused, foreach=not fused)
    return SGD(chosen, lr=settings.lr, momentum=settings.momentum, fused=fused, foreach=not fused)


def learning_rate(step: int, settings: FitSettings) -> float:
    """The rate of optimiser step `step` (0-based): linear warm-up, then cosine to 0 or constant."""
    warmup = min(settings.warmup_steps, settings.max_steps)
    if step < warmup:
        return settings.lr * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.lr
    done = (step - warmup) / max(1, settings.max_steps - warmup)
    return settings.lr * 0.5 * (1 + math.cos(math.pi * done))


@torch.no_grad()
def penalise_and_clip(parameters: list[nn.Parameter], l1: float, clip_norm: float) -> None:
    """Add the gradient of the L1 penalty on weights, then clip the norm of all gradients."""
    held = [parameter for parameter in parameters if parameter.grad is not None]
    if l1:
        weights: list[Tensor] = [parameter for parameter in held if parameter.dim() > 1]
        gradients = [one.grad for one in weights if one.grad is not None]
        torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=l1)
    if clip_norm:
        nn.utils.clip_grad_norm_(held, clip_norm, foreach=True)


class Average:
    """Exponential moving average of a network, as a second network to validate and to save.

    Parameters and floating-point buffers (the statistics of BatchNorm) are averaged, counters
    copied. The decay starts low, min(decay, (1 + step) / (10 + step)), so that the random first
    weights are soon forgotten. With decay 0 it is the network itself.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.network = copy.deepcopy(network).eval() if decay else network
        self._source = network
        self.bind()

    def bind(self) -> None:
        """Look the tensors up again; needed after either network was moved between devices."""
        live = self._source.state_dict(keep_vars=True)
        mean = self.network.state_dict(keep_vars=True)
        floats = [name for name, tensor in live.items() if tensor.is_floating_point()]
        self._live: list[Tensor] = [live[name].detach() for name in floats]
        self._mean: list[Tensor] = [mean[name].detach() for name in floats]
        others = [name for name in live if name not in set(floats)]
        self._counters = [(mean[name], live[name]) for name in others]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move the average towards the network after optimiser step `step` (0-based)."""
        if self.decay == 0:
            return
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._mean, self._live, 1 - decay)
        for mean, live in self._counters:
            mean.copy_(live)

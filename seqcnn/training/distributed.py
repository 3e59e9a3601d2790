"""Batch normalisation over the global batch of all processes, on any backend."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx


def leave_group() -> None:
    """End the talk between processes, all together; what follows is the first one's alone.

    A process that ends with its threads of talk still at work can be told off by the C++ library.
    """
    if dist.is_available() and dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


class _Sum(torch.autograd.Function):
    """Sum over all ranks; so is its gradient, since each rank's loss uses the same sum."""

    @staticmethod
    def forward(context: FunctionCtx, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: FunctionCtx, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


class _OverRanks(nn.modules.batchnorm._BatchNorm):
    """Normalises by mean and variance of all ranks' batches; alone it is plain BatchNorm."""

    # Collectives inside a compiled graph are not worth their trouble for two numbers a channel.
    @torch.compiler.disable
    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(x)
        self._check_input_dim(x)
        axes = [axis for axis in range(x.dim()) if axis != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        y = x.float()
        # Two passes, sum then squared deviations: one pass of squares loses digits.
        first = _Sum.apply(torch.cat([y.sum(axes), y.new_tensor([y.numel() / y.shape[1]])]))
        n = first[-1].detach()
        mean = first[:-1] / n
        deviation = y - mean.view(shape)
        variance = _Sum.apply(deviation.square().sum(axes)) / n
        if self.running_mean is not None and self.running_var is not None:
            weight = self._momentum_now()
            with torch.no_grad():
                self.running_mean.lerp_(mean.detach(), weight)
                self.running_var.lerp_(variance.detach() * n / (n - 1), weight)
        y = deviation * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            y = y * self.weight.float().view(shape) + self.bias.float().view(shape)
        return y.to(x.dtype)

    def _momentum_now(self) -> float:
        """Weight of this batch in the running statistics; counts the batch."""
        if self.num_batches_tracked is None:
            return self.momentum or 0.0
        self.num_batches_tracked.add_(1)
        # No momentum means a plain average over all batches.
        return 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum


class GlobalBatchNorm1d(_OverRanks, nn.BatchNorm1d):
    """`BatchNorm1d` whose batch is that of all ranks."""


class GlobalBatchNorm2d(_OverRanks, nn.BatchNorm2d):
    """`BatchNorm2d` whose batch is that of all ranks."""


def synchronise_norms(model: nn.Module) -> nn.Module:
    """Make every BatchNorm of `model` normalise over the global batch, in place.

    N processes with 1/N of a batch each then compute what one process computes with the whole
    batch, up to rounding (torch's own SyncBatchNorm does this for CUDA only). Parameters and
    their names stay. Dropout is the exception: every rank draws its own mask, so a network
    with dropout trains to an equally good but not the same result.
    """
    kinds: dict[type, type] = {
        nn.BatchNorm1d: GlobalBatchNorm1d,
        nn.BatchNorm2d: GlobalBatchNorm2d,
    }
    for module in model.modules():
        if type(module) in kinds:
            # Only `forward` differs, so parameters, buffers and hooks stay where they are.
            module.__class__ = kinds[type(module)]
    return model

"""1-D layers that compute as 2-D layers of height 1 with the channels last in memory.

torch's 1-D kernels want channels first, where convolution in bf16, batch normalisation and
pooling are slow on CPUs; with channels last a training step of Basset is 1.4 times as fast there
(benchmarks/train_speed.py), and GPUs prefer it in bf16 too. Shapes, parameters, their names and
the numbers are those of the layers they derive from; only the strides of the results differ.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Conv1d):
    """`nn.Conv1d` on `(N, C, L)`."""

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.padding, str) or self.padding_mode != "zeros" or x.dim() != 3:
            return super().forward(x)
        return self.scan(x, self.weight)

    def scan(self, x: Tensor, weight: Tensor) -> Tensor:
        """The same convolution with other weights, for example the reverse complements."""
        return functional.conv2d(
            _tall(x),
            weight.unsqueeze(2),
            self.bias,
            (1, self.stride[0]),
            (0, int(self.padding[0])),
            (1, self.dilation[0]),
            self.groups,
        ).squeeze(2)


class BatchNorm(nn.BatchNorm1d):
    """`nn.BatchNorm1d` on `(N, C, L)`."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 3:
            return super().forward(x)
        return super().forward(_tall(x)).squeeze(2)

    def _check_input_dim(self, x: Tensor) -> None:
        if x.dim() not in (2, 3, 4):
            raise ValueError(f"expected (N, C) or (N, C, L), got {tuple(x.shape)}")


class MaxPool(nn.MaxPool1d):
    """`nn.MaxPool1d` on `(N, C, L)`."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 3 or self.return_indices:
            return super().forward(x)
        kernel, stride, padding, dilation = (
            value if isinstance(value, int) else value[0]
            for value in (self.kernel_size, self.stride, self.padding, self.dilation)
        )
        return functional.max_pool2d(
            _tall(x), (1, kernel), (1, stride), (0, padding), (1, dilation), self.ceil_mode
        ).squeeze(2)


class AvgPool(nn.AvgPool1d):
    """`nn.AvgPool1d` on `(N, C, L)`."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 3:
            return super().forward(x)
        kernel, stride, padding = (
            value if isinstance(value, int) else value[0]
            for value in (self.kernel_size, self.stride, self.padding)
        )
        return functional.avg_pool2d(
            _tall(x),
            (1, kernel),
            (1, stride),
            (0, padding),
            self.ceil_mode,
            self.count_include_pad,
        ).squeeze(2)


def concatenate(maps: Sequence[Tensor]) -> Tensor:
    """Channels of several `(N, C, L)` one after another, for which `torch.cat` forgets the order
    in memory."""
    return torch.cat([_tall(part) for part in maps], 1).squeeze(2)


def _tall(x: Tensor) -> Tensor:
    """`(N, C, L)` as `(N, C, 1, L)` with channels last; free when they already are."""
    return x.unsqueeze(2).contiguous(memory_format=torch.channels_last)

"""First-layer kernels of an image network as small pictures."""

from typing import NamedTuple

import numpy as np
from torch import nn

SMALLEST = 3  # pixels on a side; less shows nothing


class KernelPictures(NamedTuple):
    """Kernels as pictures (n, h, w, C) from 0 to 1, and how many the layer has."""

    pictures: np.ndarray
    total: int


def kernel_pictures(network: nn.Module, channels: int, most: int = 96) -> KernelPictures | None:
    """The kernels of the first 2-D convolution that reads the input's `channels` directly.

    Each kernel is scaled to its own range: colours from its lowest weight (0) to its highest (1),
    one channel about zero (0.5), as far as its largest weight. Of more than `most` kernels those
    of the largest weights are kept, in the layer's order. None where no such layer has kernels of
    3 or more pixels on a side. Source: Krizhevsky et al. 2012, figure 3.
    """
    layer = _first_convolution(network, channels)
    if layer is None or min(layer.kernel_size) < SMALLEST:
        return None
    weight = layer.weight.detach().cpu().float().numpy()  # (n, C, h, w)
    strength = np.linalg.norm(weight.reshape(len(weight), -1), axis=1)
    chosen = np.sort(np.argsort(-strength, kind="stable")[:most])
    pictures = [_scaled(kernel) for kernel in weight[chosen].transpose(0, 2, 3, 1)]
    return KernelPictures(np.stack(pictures), len(weight))


def _first_convolution(network: nn.Module, channels: int) -> nn.Conv2d | None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == channels:
            return module
    return None


def _scaled(kernel: np.ndarray) -> np.ndarray:
    low, high = float(kernel.min()), float(kernel.max())
    if kernel.shape[2] == 1:
        high = max(abs(low), abs(high))
        low = -high
    if not high > low:
        return np.full_like(kernel, 0.5)
    scaled: np.ndarray = (kernel - low) / (high - low)
    return scaled

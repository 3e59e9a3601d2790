"""Where a prediction should be driven to, as a number that rises on the way there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

WIDEST = 60.0  # logit; beyond it a probability is 0 or 1


@dataclass(frozen=True)
class Goals:
    """Where the prediction of each of N sequences should go; a gain above 0 is there.

    Attributes:
        track: int64 (N,) output or class.
        sign: float64 (N,) 1 = above, -1 = below.
        cut: float64 (N,) logit of the output to be crossed. Of a class: with sign 1, its log odds
            against all others; with -1 the goal is that another class is larger.
        classes: whether outputs are classes; then `scale` and `bias` (K,) calibrate the logits.
    """

    track: np.ndarray
    sign: np.ndarray
    cut: np.ndarray
    classes: bool = False
    scale: float = 1.0
    bias: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.track)

    def subset(self, rows: np.ndarray) -> "Goals":
        """The goals of `rows`."""
        chosen = (self.track[rows], self.sign[rows], self.cut[rows])
        return Goals(*chosen, self.classes, self.scale, self.bias)

    def gain(self, logits: Tensor, rows: np.ndarray) -> Tensor:
        """How far beyond its cut each prediction is, in logits (n,), of logits (n, K) of the
        sequences `rows` (n,).
        """
        track = torch.as_tensor(self.track[rows], device=logits.device)
        sign = torch.as_tensor(self.sign[rows], device=logits.device, dtype=torch.float32)
        cut = torch.as_tensor(self.cut[rows], device=logits.device, dtype=torch.float32)
        if self.classes:
            logits = logits * self.scale
            if self.bias is not None:
                logits = logits + torch.as_tensor(self.bias, device=logits.device).float()
        own = logits.gather(1, track[:, None])[:, 0]
        if not self.classes:
            return sign * (own - cut)
        others = logits.scatter(1, track[:, None], float("-inf"))
        above = own - others.logsumexp(1) - cut
        return torch.where(sign > 0, above, others.amax(1) - own)


def crossing(probability: Callable[[np.ndarray], np.ndarray], level: float) -> float:
    """The logit from which on a rising `probability` of logits (n,) is at least `level`.

    Infinite where it never is, as a calibration may say; minus infinite where it always is.
    """
    low, high = -WIDEST, WIDEST
    at_low, at_high = probability(np.array([low, high]))
    if at_high < level:
        return np.inf
    if at_low >= level:
        return -np.inf
    for _ in range(80):
        middle = (low + high) / 2
        if probability(np.array([middle]))[0] < level:
            low = middle
        else:
            high = middle
    return high

"""Substitutions tried in a network, a batch at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.effects.mutagenesis import mutagenesis
from seqcnn.interpret.backward import backward_of_recurrent_layers
from seqcnn.interpret.call_goals import Goals

# One-hot (n, 4, L) -> logits (n, K), differentiable; and codes uint8 (n, L) -> one-hot.
Network = Callable[[Tensor], Tensor]
Expand = Callable[[Tensor], Tensor]

HELD = 2**25  # effects of substitutions, at once


@dataclass(frozen=True)
class Variants:
    """Substitutions to try: of state `parent`, at `position`, to `letter`, all (M,)."""

    parent: np.ndarray
    position: np.ndarray
    letter: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)


class Search:
    """Searches substitutions that raise the gain; see `seqcnn.interpret.adversarial`."""

    def __init__(
        self, network: Network, expand: Expand, goals: Goals, *, batch_size: int, device: str
    ) -> None:
        self.network = network
        self.expand = expand
        self.goals = goals
        self.batch_size = batch_size
        self.device = device

    def gains(self, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Gain float64 (n,) of codes (n, L) that are versions of the sequences `rows`."""
        found = np.empty(len(codes))
        with torch.inference_mode():
            for first in range(0, len(codes), self.batch_size):
                part = slice(first, first + self.batch_size)
                x = self.expand(torch.from_numpy(codes[part]).to(self.device))
                found[part] = self.goals.gain(self.network(x), rows[part]).double().cpu().numpy()
        return found

    def tried(self, states: np.ndarray, rows: np.ndarray, variants: Variants) -> np.ndarray:
        """Gain (M,) of each variant of the states (S, L), made a batch at a time."""
        found = np.empty(len(variants))
        for first in range(0, len(variants), self.batch_size):
            part = slice(first, first + self.batch_size)
            parent = variants.parent[part]
            codes = states[parent]
            codes[np.arange(len(codes)), variants.position[part]] = variants.letter[part]
            found[part] = self.gains(codes, rows[parent])
        return found

    def tried_whole(
        self, network: nn.Module, states: np.ndarray, rows: np.ndarray, variants: Variants
    ) -> np.ndarray:
        """The same where all substitutions of each state are tried: by saturation mutagenesis,
        which computes only what changes where the network allows it.
        """
        found = np.empty(len(variants))
        chunk = 1
        first = 0
        while first < len(states):
            last = min(first + chunk, len(states))
            made = mutagenesis(
                network, states[first:last], inputs=self.expand, batch_size=self.batch_size
            )
            mine = np.flatnonzero((variants.parent >= first) & (variants.parent < last))
            owner, letter = variants.parent[mine] - first, variants.letter[mine]
            logits = made.reference[owner] + made.effects[owner, variants.position[mine], letter]
            gain = self.goals.gain(torch.from_numpy(logits), rows[variants.parent[mine]])
            found[mine] = gain.double().numpy()
            chunk = max(1, HELD // made.effects[0].size)
            first = last
        return found

    def slopes(self, states: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What each substitution (S, 4, L) would gain if the network were linear."""
        slopes = np.empty((len(states), 4, states.shape[1]), np.float32)
        for first in range(0, len(states), self.batch_size):
            part = slice(first, first + self.batch_size)
            x = self.expand(torch.from_numpy(states[part]).to(self.device)).requires_grad_()
            with torch.enable_grad(), backward_of_recurrent_layers(self.network):
                total = self.goals.gain(self.network(x), rows[part]).sum()
                (gradient,) = torch.autograd.grad(total, x)
            here = (gradient * x.detach()).sum(1, keepdim=True)
            slopes[part] = (gradient - here).float().cpu().numpy()
        return slopes

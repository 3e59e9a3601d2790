"""All single-base substitutions of sequences, a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Mutants:
    """Which sequence each comes from, where it differs, and the base that is there; (n,) each."""

    owner: np.ndarray
    position: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, begin: int, end: int) -> "Mutants":
        """All of codes uint8 (N, L) at positions `begin` to `end`, in the order of positions, so
        that those with the same windows are neighbours."""
        position, owner, base = np.nonzero(substitutions(codes, begin, end).swapaxes(0, 1))
        return cls(owner, position + begin, base)

    def __len__(self) -> int:
        return len(self.base)

    def batches(self, size: int) -> Iterator["Mutants"]:
        """`size` at a time."""
        for first in range(0, len(self), size):
            yield self.chosen(slice(first, first + size))

    def spread(self, number: int) -> "Mutants":
        """At most so many, evenly spread, the first and the last among them."""
        rows = np.linspace(0, len(self) - 1, min(number, len(self))).round().astype(np.int64)
        return self.chosen(rows)

    def chosen(self, rows: np.ndarray | slice) -> "Mutants":
        return Mutants(self.owner[rows], self.position[rows], self.base[rows])

    def columns(self, x: Tensor) -> Tensor:
        """One-hot (n, 4) of the new bases, of the type and on the device of `x`."""
        return torch.eye(4, dtype=x.dtype, device=x.device)[torch.from_numpy(self.base)]


def substitutions(codes: np.ndarray, begin: int, end: int) -> np.ndarray:
    """(N, W, 4): True but for the base that is there; an ambiguous one is no base, so all four."""
    found: np.ndarray = codes[:, begin:end, None] != np.arange(4)
    return found

"""A linear model on k-mer counts, as a layer beside a network."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional


class KmerSpectrum(nn.Module):
    """Weighted counts of canonical k-mers of one-hot `(N, 4, L)`, times a matrix -> `(N, out)`.

    A k-mer and its reverse complement share a row, unless `stranded`. With `slope` a k-mer at an
    end of the sequence counts 1 - slope as much as one in the middle. k-mers with an ambiguous
    base do not count. The matrix starts at zero.

    The counts are looked up, so they have no derivative; where the input asks for a gradient, a
    term of value 0 is added whose gradient for base b at a position is the change of the output
    if b stood there: first-order attribution then agrees with mutagenesis.
    """

    row_of: Tensor

    def __init__(self, out: int, *, k: int = 6, slope: float = 0.0, stranded: bool = False) -> None:
        super().__init__()
        rows, number = _rows(k, stranded)
        self.k, self.slope, self.number = k, slope, number
        # The last row is of k-mers with an ambiguous base and is never read.
        self.weight = nn.Parameter(torch.zeros(number + 1, out))
        self.weight.decay = DECAY  # type: ignore[attr-defined]
        self.register_buffer("row_of", torch.tensor([*rows, number]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with _full_precision(x.device):
            x = x.float()
            code, known = self._codes(x.detach())
            position = self._positions(code.shape[1], x.device)
            each = (position * (SCALE / position.mean())).expand(len(x), -1)
            counted = functional.embedding_bag(
                self.row_of[code.masked_fill(~known, 4**self.k)],
                self.weight,
                mode="sum",
                per_sample_weights=each * known,
            )
            # What every sequence has on average belongs to the bias.
            out = counted - (each * known).sum(1, keepdim=True) * self.weight[:-1].mean(0)
            if x.requires_grad:
                out = out + self._gradient_term(x, code, known, each)
        return out

    def _codes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Number of each k-mer `(N, P)` in base 4, and whether all its bases are known."""
        base, unknown = x.argmax(1), x.amax(1) < 0.75
        count = x.shape[2] - self.k + 1
        code = torch.zeros_like(base[:, :count])
        known = torch.ones_like(unknown[:, :count])
        for j in range(self.k):
            code = code * 4 + base[:, j : j + count]
            known = known & ~unknown[:, j : j + count]
        return code, known

    def _positions(self, count: int, device: torch.device) -> Tensor:
        place = torch.linspace(-1, 1, count, device=device) if count > 1 else torch.zeros(1)
        return 1 - self.slope * place.abs().to(device)

    def _gradient_term(self, x: Tensor, code: Tensor, known: Tensor, each: Tensor) -> Tensor:
        difference = x - x.detach()  # zero, with the gradient of x
        bases = torch.arange(4, device=x.device)
        term = torch.zeros((), device=x.device)
        for j in range(self.k):
            place = 4 ** (self.k - 1 - j)
            without = code - (code // place % 4) * place
            rows = self.row_of[without[..., None] + bases * place]  # (N, P, 4)
            effect = self.weight.detach()[rows] * (each * known)[..., None, None]
            here = difference[:, :, j : j + code.shape[1]]
            term = term + torch.einsum("nbp,npbo->no", here, effect)
        return term


def _full_precision(device: torch.device) -> AbstractContextManager[object]:
    if device.type == "meta":  # shapes only, and no autocast
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


DECAY = 20.0  # of the matrix, times the weight decay of other weights
SCALE = 0.1  # of a count, which slows the matrix's learning to the pace of the deep branch


def _rows(k: int, stranded: bool) -> tuple[list[int], int]:
    """The matrix row of each k-mer (numbered in base 4, A C G T), and the number of rows."""
    if stranded:
        return list(range(4**k)), 4**k
    row_of: dict[int, int] = {}
    rows = []
    for code in range(4**k):
        reverse, rest = 0, code
        for _ in range(k):
            reverse, rest = reverse * 4 + 3 - rest % 4, rest // 4
        rows.append(row_of.setdefault(min(code, reverse), len(row_of)))
    return rows, len(row_of)

"""Look-up layers between a sequence and its reference, where a gradient says nothing.

`KmerSpectrum` looks its counts up: between two sequences it jumps. Its change is told apart by
position exactly instead: each k-mer is turned from the reference's into the sequence's one base at
a time, from the left and from the right, and the mean of the two orders is taken.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.interpret.attribution_rules import Watching
from seqcnn.models.kmers import SCALE, KmerSpectrum

CLEAR = 0.75  # share of a base, from which the layer takes it as that base
Forward = Callable[[Tensor], Tensor]
End = Literal["reference", "sequence", "between"]


class Lookups:
    """The look-up layers of a network, given multipliers for one batch of pairs.

    Call the network on the references under `seeing("reference")`, on the sequences under
    `seeing("sequence")`, then as often as wanted on what lies between. In the last two a layer's
    gradient is its exact change between the ends, by position and base.
    """

    def __init__(self, network: nn.Module) -> None:
        self.layers = [layer for layer in network.modules() if isinstance(layer, KmerSpectrum)]
        self._references: list[Tensor] = []
        self._multipliers: list[Tensor] = []

    @contextmanager
    def seeing(self, end: End, watching: Watching | None = None) -> Iterator[None]:
        """The layers as they are to act while the network sees `end`, out of sight of rules."""
        if end == "reference":
            self._references.clear()
        if end == "sequence":
            self._multipliers.clear()
        self._call = 0
        for layer in self.layers:
            own = partial(self._forward, layer, layer.forward, end)
            layer.forward = _unseen(own, watching)  # type: ignore[assignment]
        try:
            yield
        finally:
            for layer in self.layers:
                del layer.forward

    def _forward(self, layer: KmerSpectrum, own: Forward, end: End, x: Tensor) -> Tensor:
        number, self._call = self._call, self._call + 1
        out = own(x.detach())
        if end == "reference":
            self._references.append(x.detach())
            return out
        if end == "sequence":
            found = lookup_multipliers(layer, x.detach(), self._references[number])
            self._multipliers.append(found)
        # Zero, with the multipliers as its gradient.
        return out + torch.einsum("ncl,nclo->no", x - x.detach(), self._multipliers[number])


def _unseen(function: Forward, watching: Watching | None) -> Forward:
    def call(x: Tensor) -> Tensor:
        if watching is None:
            return function(x)
        watching.paused = True
        try:
            return function(x)
        finally:
            watching.paused = False

    return call


def lookup_multipliers(layer: KmerSpectrum, x: Tensor, reference: Tensor) -> Tensor:
    """Multipliers `(N, 4, L, out)` of one-hot `x` and `reference` `(N, 4, L)`.

    Their sum over (x - reference) is the layer's change, exactly. Only where no position of the
    references has a clear base, k-mers count as the mean over the bases instead of not at all.
    """
    count, k = x.shape[2] - layer.k + 1, layer.k
    clear = [one.amax(1) >= CLEAR for one in (x, reference)]
    table = _with_unknown(layer, mean=not bool(clear[1].any()))
    ends = [
        one.argmax(1).masked_fill(~sure, 4) for one, sure in zip((x, reference), clear, strict=True)
    ]
    place = torch.linspace(-1, 1, count, device=x.device) if count > 1 else x.new_zeros(1)
    share = 1 - layer.slope * place.abs()
    share = share[:, None, None] * (SCALE / share.mean()) / 2  # of two orders
    out = x.new_zeros((len(x), x.shape[2], 4, table.shape[1]))
    bases = torch.arange(4, device=x.device)
    for left, right in (ends, ends[::-1]):
        for j in range(k):
            code = torch.zeros_like(left[:, :count])
            for i in range(k):
                if i != j:
                    base = left if i < j else right
                    code += base[:, i : i + count] * 5 ** (k - 1 - i)
            out[:, j : j + count] += table[code[..., None] + bases * 5 ** (k - 1 - j)] * share
    found = out.transpose(1, 2)
    if clear[1].any() and not (clear[0].all() and clear[1].all()):
        _correct_unclear(found, (x, reference), clear)
    return found


def _correct_unclear(found: Tensor, ends: tuple[Tensor, Tensor], clear: list[Tensor]) -> None:
    """Let k-mers with an unclear base count as nothing, as they do in the layer.

    Where one end has base c and the other the shares u, the multiplier m of c is set so that
    m[c] - sum of u m is what k-mers with c count.
    """
    x, reference = ends
    one = torch.where(clear[0][:, None], x, reference)
    other = torch.where(clear[0][:, None], reference, x)
    shares = (other * (1 - one))[..., None]
    own = (other * one).sum(1)[..., None]
    right = ((found * one[..., None]).sum(1) + (found * shares).sum(1)) / (1 - own.clamp(max=CLEAR))
    corrected = torch.where(one[..., None] > CLEAR, right[:, None], found)
    single, neither = clear[0] ^ clear[1], ~(clear[0] | clear[1])
    found.copy_(torch.where(single[:, None, :, None], corrected, found))
    found.masked_fill_(neither[:, None, :, None], 0)


def _with_unknown(layer: KmerSpectrum, *, mean: bool) -> Tensor:
    """Weight `(5 ** k, out)` of each k-mer in base 5, where digit 4 is no clear base: the mean over
    the four, or nothing."""
    weight = (layer.weight - layer.weight[:-1].mean(0)).detach()
    table = weight[layer.row_of[:-1]].reshape(*[4] * layer.k, -1)
    for axis in range(layer.k):
        more = table.mean(axis, keepdim=True)
        table = torch.cat([table, more if mean else torch.zeros_like(more)], axis)
    return table.reshape(5**layer.k, -1)

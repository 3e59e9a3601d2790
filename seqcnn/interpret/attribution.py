"""Attributions: how much each base of a sequence adds to a network's output.

All methods give multipliers m `(4, L)`: the change of the output by each channel of each position.
Against a reference r, base b at position i adds m[b, i] - sum over c of m[c, i] r[c, i]: the
hypothetical attribution, which at the sequence's own base is the actual one. The actual ones of
DeepLIFT and integrated gradients sum to f(x) - f(r).

- saliency: the gradient at the sequence, r = 1/4 everywhere, so the gradient less its mean over the
  bases (Majdandzic et al., Genome Biology 2023, doi 10.1186/s13059-023-02956-3);
- integrated gradients: the gradient's mean over the straight way from r to x (Sundararajan, Taly
  and Yan, ICML 2017, arXiv 1703.01365), by Gauss-Legendre quadrature;
- DeepLIFT with several references averaged, also called DeepSHAP: see `attribution_rules`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.attribution_lookup import Lookups
from seqcnn.interpret.attribution_rules import Lifting, Noting
from seqcnn.interpret.backward import has_recurrent_layers

Method = Literal["deeplift", "integrated-gradients", "saliency"]
Baseline = Literal["shuffled", "uniform"]
LIFTED = 4  # DeepLIFT keeps every layer of both ends: fewer pairs at a time
METHODS: tuple[Method, ...] = ("deeplift", "integrated-gradients", "saliency")


@dataclass(frozen=True)
class Attributions:
    """Attributions of N sequences for T outputs.

    `hypothetical` float32 `(N, T, 4, L)`, `one_hot` float32 `(N, 4, L)`, `outputs` `(N, T)` the
    logits; `expected` `(N, T)` is f(x) - mean f(r), which the attributions should sum to,
    `difference` how far off they are, and `change` the mean of |f(x) - f(r)|: NaN for saliency,
    which promises no sum.
    """

    method: Method
    hypothetical: np.ndarray
    one_hot: np.ndarray
    outputs: np.ndarray
    expected: np.ndarray
    change: np.ndarray
    difference: np.ndarray

    @property
    def actual(self) -> np.ndarray:
        """`(N, T, 4, L)`, zero but at the sequence's own bases."""
        return self.hypothetical * self.one_hot[:, None]

    @property
    def importance(self) -> np.ndarray:
        """`(N, T, L)`: what the base at each position adds."""
        summed: np.ndarray = np.einsum("ntcl,ncl->ntl", self.hypothetical, self.one_hot)
        return summed

    @property
    def convergence(self) -> np.ndarray:
        """`(T,)`: sum of differences over sum of changes; 0 is exact, NaN for saliency."""
        change = self.change.sum(0)
        return np.divide(
            self.difference.sum(0), change, out=np.zeros(change.shape), where=change != 0
        )


def attribute(
    network: nn.Module,
    codes: np.ndarray,
    *,
    method: Method,
    outputs: Sequence[int] = (0,),
    inputs: Callable[[Tensor], Tensor] = expand,
    references: int = 10,
    baseline: Baseline = "shuffled",
    steps: int = 32,
    seed: int = 0,
    batch_size: int = 256,
    advance: Callable[[int], None] | None = None,
) -> Attributions:
    """Attributions of the `outputs` of `network`, one-hot `(N, 4, L)` -> `(N, K)`.

    The network is one differentiable function, as `WholeNetwork` is, in evaluation mode on its own
    device; `codes` are uint8 `(N, L)` and `inputs` makes one-hot of them. A sequence is set against
    `references` shuffles of its own that keep its dinucleotides, or against 1/4 of each base
    ("uniform"). `batch_size` bounds the sequences at a time, of which DeepLIFT takes a quarter;
    `advance` is called with the number of sequences done.
    """
    if method == "saliency" or baseline == "uniform":
        references = 1
    if method == "deeplift":
        batch_size = max(1, batch_size // LIFTED)
    device = next(network.parameters()).device
    chosen = list(outputs)
    codes = np.ascontiguousarray(codes, np.uint8)
    paired = _Paired(network, chosen, method, steps)
    number, length = codes.shape
    found = Attributions(
        method=method,
        hypothetical=np.zeros((number, len(chosen), 4, length), np.float32),
        one_hot=np.empty((number, 4, length), np.float32),
        outputs=np.zeros((number, len(chosen))),
        expected=np.zeros((number, len(chosen))),
        change=np.zeros((number, len(chosen))),
        difference=np.zeros((number, len(chosen))),
    )
    each = dinucleotide_shuffle(np.repeat(codes, references, axis=0), seed=seed)
    done = 0
    with differentiated(network):
        for first in range(0, number * references, batch_size):
            rows = np.arange(first, min(first + batch_size, number * references))
            of = rows // references
            x = inputs(torch.from_numpy(codes[of]).to(device))
            if method == "saliency" or baseline == "uniform":
                reference = torch.full_like(x, 0.25)
            else:
                reference = inputs(torch.from_numpy(each[rows]).to(device))
            _add(found, of, x, reference, *paired(x, reference))
            finished = int(rows[-1] + 1) // references
            if advance is not None:
                advance(finished - done)
            done = finished
    for total in (
        *(found.hypothetical, found.outputs, found.expected),
        *(found.change, found.difference),
    ):
        total /= references
    np.abs(found.difference, out=found.difference)
    return found


def _add(
    found: Attributions,
    of: np.ndarray,
    x: Tensor,
    reference: Tensor,
    multipliers: Tensor,
    output: Tensor,
    before: Tensor,
) -> None:
    """Add a batch of pairs: `multipliers` `(n, T, 4, L)`, both ends' outputs `(n, T)`."""
    m, r = multipliers.double(), reference.double()[:, None]
    hypothetical = m - (m * r).sum(2, keepdim=True)
    change = output - before
    difference = (m * (x.double()[:, None] - r)).sum((2, 3)) - change
    np.add.at(found.hypothetical, of, hypothetical.float().cpu().numpy())
    found.one_hot[of] = x.cpu().numpy()
    np.add.at(found.outputs, of, output.cpu().numpy())
    np.add.at(found.expected, of, change.cpu().numpy())
    np.add.at(found.change, of, change.abs().cpu().numpy())
    np.add.at(found.difference, of, difference.cpu().numpy())


class _Paired:
    """Multipliers between sequences and references of the same number, and both outputs."""

    def __init__(self, network: nn.Module, outputs: list[int], method: Method, steps: int) -> None:
        self.network, self.outputs, self.method = network, outputs, method
        self.lookups = Lookups(network)
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        self.path = list(zip((nodes + 1) / 2, weights / 2, strict=True))

    def __call__(self, x: Tensor, reference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.method == "saliency":
            gradient, output = self._gradient(x)
            return gradient, output, torch.full_like(output, torch.nan)
        if self.method == "deeplift":
            return self._lifted(x, reference)
        with torch.no_grad():
            with self.lookups.seeing("reference"):
                before = self._logits(reference)
            with self.lookups.seeing("sequence"):
                output = self._logits(x)
        total = torch.zeros((), device=x.device)
        for place, weight in self.path:
            with self.lookups.seeing("between"):
                total = total + weight * self._gradient(reference + place * (x - reference))[0]
        return total, output, before

    def _lifted(self, x: Tensor, reference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        noting = Noting()
        with torch.no_grad(), self.lookups.seeing("reference", noting), noting:
            before = self._logits(reference)
        lifting = Lifting(noting.calls)
        with self.lookups.seeing("sequence", lifting), lifting:
            gradient, output = self._gradient(x)
        return gradient, output, before

    def _logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x)[:, self.outputs]
        return logits.double()

    def _gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients `(n, T, 4, L)` and outputs `(n, T)`; examples do not touch each other."""
        x = x.detach().requires_grad_()
        logits = self._logits(x)
        last = logits.shape[1] - 1
        gradients = [
            torch.autograd.grad(logits[:, k].sum(), x, retain_graph=k < last)[0]
            for k in range(last + 1)
        ]
        return torch.stack(gradients, 1), logits.detach()


@contextmanager
def differentiated(network: nn.Module) -> Iterator[None]:
    """The network ready for exact gradients by its input; everything is put back.

    Parameters ask for no gradient, TF32 is off, and cuDNN is off where layers are recurrent, as it
    differentiates those in training mode only.
    """
    asking = [p for p in network.parameters() if p.requires_grad]
    recurrent = has_recurrent_layers(network)
    training = network.training
    with ExitStack() as stack:
        if torch.backends.cudnn.is_available():
            stack.enter_context(torch.backends.cudnn.flags(enabled=not recurrent, allow_tf32=False))
        stack.enter_context(torch.enable_grad())
        for parameter in asking:
            parameter.requires_grad_(False)
        network.eval()
        try:
            yield
        finally:
            network.train(training)
            for parameter in asking:
                parameter.requires_grad_(True)

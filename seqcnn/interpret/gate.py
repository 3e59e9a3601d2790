"""Three tests of attributions before anyone reads them.

- Convergence: the attributions of a sequence sum to f(x) - mean f(references). The difference, as
  a share of the change, is rounding for a right DeepLIFT and quadrature error for integrated
  gradients; a rule that is missing or wrong shows here. Saliency promises no sum.
- Mutagenesis: Pearson correlation of the attribution of each position with what the output loses on
  average when its base becomes another.
- Randomised weights (Adebayo et al., NeurIPS 2018, arXiv 1810.03292): Spearman correlation with the
  attributions of the same network with its weights shuffled, layer by layer. What resembles them
  shows the sequence or the architecture, not what was learned.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.effects.mutagenesis import saturation
from seqcnn.effects.mutation_losses import losses
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.attribution import Attributions, Method, attribute

# (good, warning): below the first, below the second; for mutagenesis above.
CONVERGENCE: dict[str, tuple[float, float]] = {
    "deeplift": (0.001, 0.01),
    "integrated-gradients": (0.02, 0.10),
}
MUTAGENESIS = (0.7, 0.4)
RANDOMISED = (0.3, 0.5)
RANDOMISATIONS = 3
MOST_REFERENCES = 5  # for the randomised networks
NORM_SEQUENCES = 64
LEVELS = ("good", "warning", "bad")


@dataclass(frozen=True)
class Gate:
    """What the tests found for T outputs.

    `convergence` `(T,)`, NaN for saliency; `mutagenesis` `(T,)`; `randomised` `(T, R)` absolute
    correlations, NaN for a network that became constant. `attributed` and `mutated` `(N, T, L)` are
    what was correlated, NaN where the
    sequence has no clear base.
    """

    method: Method
    convergence: np.ndarray
    mutagenesis: np.ndarray
    randomised: np.ndarray
    attributed: np.ndarray
    mutated: np.ndarray

    def levels(self, output: int) -> dict[str, str]:
        """The verdict of each test for one of the outputs: good, warning or bad."""
        found = {}
        if self.method in CONVERGENCE:
            found["convergence"] = convergence_level(self.method, self.convergence[output])
        correlation = self.mutagenesis[output]
        found["mutagenesis"] = _level(-correlation, -MUTAGENESIS[0], -MUTAGENESIS[1])
        # Where all randomised networks are constant, there is nothing to compare with.
        likeness = self.likeness[output]
        found["randomised"] = "warning" if np.isnan(likeness) else _level(likeness, *RANDOMISED)
        return found

    @property
    def likeness(self) -> np.ndarray:
        """`(T,)`: mean correlation with those randomised networks that are not constant."""
        kept = np.isfinite(self.randomised)
        number = kept.sum(1)
        total = np.where(kept, self.randomised, 0).sum(1)
        return np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)

    @property
    def level(self) -> str:
        """The worst of all tests and outputs."""
        found = [one for k in range(len(self.mutagenesis)) for one in self.levels(k).values()]
        return max(found, key=LEVELS.index)

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong with the sums; without that the numbers mean nothing."""
        levels = [self.levels(k).get("convergence") for k in range(len(self.mutagenesis))]
        return "bad" not in levels


def check(
    network: nn.Module,
    codes: np.ndarray,
    *,
    method: Method,
    outputs: Sequence[int] = (0,),
    inputs: Callable[[Tensor], Tensor] = expand,
    mutated: np.ndarray | None = None,
    seed: int = 0,
    **options: Any,
) -> Gate:
    """Test `method` on a few sequences, uint8 `(N, L)`; `options` are those of `attribute`.

    `mutated` is `mutagenesis_importance` of the same sequences, where it is known already.
    """
    given: dict[str, Any] = {"outputs": outputs, "inputs": inputs, "seed": seed, **options}
    found = attribute(network, codes, method=method, **given)
    if mutated is None:
        size = options.get("batch_size", 256)
        mutated = mutagenesis_importance(network, codes, outputs, inputs=inputs, batch_size=size)
    importance = np.where(np.isfinite(mutated), found.importance, np.nan)
    few = min(given.get("references", MOST_REFERENCES), MOST_REFERENCES)
    others = [
        attribute(
            randomised(network, codes, inputs=inputs, seed=seed + number),
            codes,
            method=method,
            **{**given, "references": few},
        ).importance
        for number in range(RANDOMISATIONS)
    ]
    return Gate(
        method=method,
        convergence=found.convergence,
        # What does not vary agrees with nothing.
        mutagenesis=np.nan_to_num(
            [_pearson(importance[:, k], mutated[:, k]) for k, _ in enumerate(outputs)]
        ),
        randomised=np.array(
            [
                [abs(_spearman(importance[:, k], one[:, k])) for one in others]
                for k, _ in enumerate(outputs)
            ]
        ),
        attributed=importance,
        mutated=mutated,
    )


def with_convergence(gate: Gate, found: Attributions) -> Gate:
    """The gate with the convergence of all sequences in place of that of the few."""
    return Gate(**{**vars(gate), "convergence": found.convergence})


def convergence_level(method: str, value: float) -> str:
    """The verdict on a convergence difference: good, warning or bad."""
    return _level(value, *CONVERGENCE[method])


def mutagenesis_importance(
    network: nn.Module,
    codes: np.ndarray,
    outputs: Sequence[int] = (0,),
    *,
    inputs: Callable[[Tensor], Tensor] = expand,
    batch_size: int = 256,
) -> np.ndarray:
    """`(N, T, L)`: the mean loss of each logit when a base becomes one of the three others.

    NaN where the sequence has no clear base.
    """
    effects = saturation(network, codes, inputs=inputs, tracks=list(outputs), batch_size=batch_size)
    loss = losses(effects.astype(np.float64), codes)
    return np.where(codes[:, None] < 4, loss.transpose(0, 2, 1), np.nan)


def randomised(
    network: nn.Module,
    codes: np.ndarray,
    *,
    inputs: Callable[[Tensor], Tensor] = expand,
    seed: int,
) -> nn.Module:
    """A copy with the numbers of each parameter in random order, weights with random signs.

    Means and variances of batch normalisation are measured anew, on shuffles of the sequences.
    Without this and the signs the network would often be constant, which resembles nothing.
    """
    other = copy.deepcopy(network).eval()
    generator = torch.Generator().manual_seed(seed)
    norms = [one for one in other.modules() if isinstance(one, nn.modules.batchnorm._BatchNorm)]
    rows = np.resize(np.arange(len(codes)), NORM_SEQUENCES)
    shuffled = dinucleotide_shuffle(np.ascontiguousarray(codes[rows]), seed=seed)
    with torch.no_grad():
        for values in other.parameters():
            order = torch.randperm(values.numel(), generator=generator).to(values.device)
            mixed = values.flatten()[order].reshape(values.shape)
            if values.dim() > 1:
                signs = torch.randint(2, values.shape, generator=generator) * 2 - 1
                mixed = mixed * signs.to(values)
            values.copy_(mixed)
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
            norm.train()
        if norms:
            device = next(other.parameters()).device
            other(inputs(torch.from_numpy(shuffled).to(device)))
    return other.eval()


def _level(value: float, good: float, warning: float) -> str:
    if value < good:
        return "good"
    return "warning" if value < warning else "bad"


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Over all finite pairs; NaN where one of both does not vary."""
    kept = np.isfinite(x) & np.isfinite(y)
    if not kept.any():
        return float("nan")
    x, y = x[kept] - x[kept].mean(), y[kept] - y[kept].mean()
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size > 0 else float("nan")


def _spearman(x: np.ndarray, y: np.ndarray) -> float:
    kept = np.isfinite(x) & np.isfinite(y)
    return _pearson(rankdata(x[kept]), rankdata(y[kept]))

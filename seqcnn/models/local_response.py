"""Local response normalisation (Krizhevsky, Sutskever and Hinton, NIPS 2012, section 3.3)."""

from torch import nn

NEIGHBOURS = 5
ALPHA = 1e-4
BETA = 0.75
K = 2.0


def local_response() -> nn.LocalResponseNorm:
    """Divide each value by (2 + 1e-4 times the sum of squares over 5 neighbouring maps) ** 0.75.

    Takes `(N, C, L)` and `(N, C, H, W)`; the neighbours are maps at the same position.
    """
    # torch averages the squares where the paper sums them.
    return nn.LocalResponseNorm(NEIGHBOURS, alpha=ALPHA * NEIGHBOURS, beta=BETA, k=K)

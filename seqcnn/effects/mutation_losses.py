"""What a saturation map says in short: how much each base matters, and where such bases stand."""

from typing import NamedTuple

import numpy as np

SMOOTHED = 5  # bp over which losses are averaged before stretches are sought
SHORTEST = 4  # bp
STANDS_OUT = 4.0  # robust standard deviations from the median


class Stretch(NamedTuple):
    """Neighbouring bases that matter: positions start to end (0-based, half-open) and the sum of
    their losses, negative where the bases hold the output down."""

    start: int
    end: int
    loss: float


def losses(effects: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Mean loss `(N, W, T)` when each base becomes another one: less the mean of its three effects.

    `effects` `(N, W, 4, T)` are 0 for the base that is there, `codes` uint8 `(N, W)`. At an
    ambiguous base, which is none that can be lost, it is 0.
    """
    mean: np.ndarray = -effects.sum(2) / 3
    mean[codes >= 4] = 0
    return mean


def stretches(loss: np.ndarray) -> list[Stretch]:
    """Runs of positions whose smoothed loss stands out among those of a sequence, `(W,)`.

    They differ from the median by four robust standard deviations (1.48 times the median absolute
    deviation) or more; the strongest comes first. There are none where fewer than 4 bp in a row do.
    """
    if len(loss) < SMOOTHED:
        return []
    smooth = np.convolve(loss, np.full(SMOOTHED, 1 / SMOOTHED), mode="same")
    middle = float(np.median(smooth))
    spread = 1.4826 * float(np.median(np.abs(smooth - middle)))
    found = []
    for sign in (1, -1):
        stands_out = sign * (smooth - middle) > max(STANDS_OUT * spread, 1e-6)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], stands_out.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start >= SHORTEST:
                found.append(Stretch(start, end, float(loss[start:end].sum())))
    return sorted(found, key=lambda stretch: -abs(stretch.loss))

"""The qualities that a caller of long reads gives its bases: near the truth, and scattered."""

import math
from typing import Any

import numpy as np
from numba import njit

from seqcnn.calling.simulate.chance import State, normal, uniform

# Base qualities of Revio, and the least value that is shown as each.
BINS = np.array([3, 10, 17, 22, 27, 35, 40], np.uint8)
EDGES = np.array([0, 7, 14, 20, 25, 30, 40], np.uint8)
BLIND = 0.25  # chance that an error does not show in the qualities
# Qualities of right bases lie above what their rate promises, those of errors below.
RIGHT, ERROR, SCATTER = 8.0, -4.0, 6.0


@njit(cache=True, nogil=True, inline="always")
def shown_quality(profile: Any, rate: float, wrong: bool, state: State) -> np.uint8:
    """The quality of a base whose chance of an error is `rate` as far as the caller sees."""
    level = -10 * math.log10(min(max(rate, 1e-5), 0.5))
    seen = wrong and uniform(state) >= BLIND
    value = level + (ERROR if seen else RIGHT) + SCATTER * normal(state)
    quality = np.uint8(min(max(value, 3.0), profile.highest))
    if profile.binned:
        for b in range(len(BINS) - 1, -1, -1):
            if quality >= EDGES[b]:
                return BINS[b]
    return quality

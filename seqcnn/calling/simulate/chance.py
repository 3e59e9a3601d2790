"""Random numbers inside numba kernels: one small state a fragment, so order never matters."""

import numpy as np
import numpy.typing as npt
from numba import njit

State = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True, inline="always")
def mixed(x: np.uint64) -> np.uint64:
    """A well-mixed hash of 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True, inline="always")
def uniform(state: State) -> float:
    """The next number in [0, 1); `state` (1,) moves on."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return float(mixed(state[0]) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True, inline="always")
def normal(state: State) -> float:
    """The next number of mean 0 and variance 1: the sum of twelve uniform ones."""
    total = -6.0
    for _ in range(12):
        total += uniform(state)
    return total


@njit(cache=True, nogil=True, inline="always")
def hashed(seed: np.uint64, key: np.uint64) -> float:
    """A number in [0, 1) that belongs to `key` under `seed`, whoever asks and when."""
    return float(mixed(mixed(seed ^ np.uint64(0x632BE59BD9B4E019)) + key) >> np.uint64(11)) * (
        1.0 / 9007199254740992.0
    )


@njit(cache=True, nogil=True, inline="always")
def chosen(cumulative: npt.NDArray[np.float64], x: float) -> int:
    """The index that x in [0, 1) falls on in cumulative shares (n,), the last being 1."""
    for i in range(cumulative.size - 1):
        if x < cumulative[i]:
            return i
    return cumulative.size - 1

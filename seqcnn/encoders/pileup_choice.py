"""Which fragments a compact pileup image shows, and in which order."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.observations import SECOND, Observations
from seqcnn.encoders.reads import Reads

# Values of channel "allele": the image's alleles, the reference, any other, not known.
SHOWN, SHOWN_SECOND, OF_REFERENCE, OF_OTHER, NOT_KNOWN = 254, 190, 110, 60, 25

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def value_of(counted: int, values: Codes) -> int | np.int64:
    if counted < 0:
        return NOT_KNOWN
    return np.int64(values[counted]) if counted < len(values) else OF_OTHER


@njit(cache=True, nogil=True)
def choose_rows(
    reads: Reads, observations: Observations, site: int, values: Codes, rows: int
) -> Integers:
    """Observations to draw, by the value of their allele and then in the order of the reads."""
    first = observations.first[site]
    size = observations.first[site + 1] - first
    kept = np.empty(size, np.int64)
    informative = 0
    n = 0
    for o in range(first, first + size):
        if observations.counted[o] >= 0:
            kept[n] = o
            n += 1
    informative = n
    for o in range(first, first + size):
        if observations.counted[o] < 0 and observations.counted[o] != SECOND:
            kept[n] = o
            n += 1
    kept = kept[:n]
    if informative > rows:
        kept = _sample(reads, observations, kept[:informative], rows)
    elif n > rows:
        kept = kept[:rows]
    keys = np.empty(len(kept), np.int64)
    for k in range(len(kept)):
        keys[k] = -value_of(observations.counted[kept[k]], values)
    return kept[np.argsort(keys, kind="mergesort")]


@njit(cache=True, nogil=True)
def _sample(reads: Reads, observations: Observations, kept: Integers, rows: int) -> Integers:
    keys = np.empty(len(kept), np.uint64)
    for k in range(len(kept)):
        # Names of one run begin alike: the last bits of their hash are mixed into all.
        key = reads.fragment[observations.read[kept[k]]]
        key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        keys[k] = key ^ (key >> np.uint64(33))
    order = np.argsort(keys, kind="mergesort")[:rows]
    return kept[np.sort(order)]

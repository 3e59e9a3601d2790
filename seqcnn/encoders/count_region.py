"""How much the reads differ from the reference around a site, and how deep they lie there.

Reads of a diverged copy that the reference lacks show many variants close together, and more
reads than elsewhere.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.reads import DELETION, MATCH, SKIP, Reads

RANGES = (50, 150, 500)  # bp to either side of a site
BESIDE = 2  # bp to either side that are the site itself
MIN_QUALITY, MIN_MAPPING = 10, 5
FEWEST, LEAST, MOST = 3, 0.15, 0.85  # reads that differ, and their share, as at a het variant

Codes = npt.NDArray[np.uint8]


class Around(NamedTuple):
    """Sums over the reference up to, and without, each of its L positions."""

    differing: npt.NDArray[np.int64]  # (L + 1,) positions like heterozygous substitutions
    depth: npt.NDArray[np.int64]  # (L + 1,) reads


@njit(cache=True, nogil=True)
def measure_around(reads: Reads, reference: Codes, reference_start: int) -> Around:
    """What `describe_around` needs; `reference` are codes from `reference_start` on."""
    size = len(reference)
    depth, other = np.zeros(size, np.int32), np.zeros(size, np.int32)
    for i in range(len(reads.start)):
        if reads.mapping_quality[i] < MIN_MAPPING:
            continue
        at, query = reads.start[i] - reference_start, reads.base_start[i]
        for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
            operation, length = reads.cigar[c] & 15, np.int64(reads.cigar[c] >> 4)
            if operation == MATCH:
                for k in range(max(0, -at), min(length, size - at)):
                    if reads.qualities[query + k] >= MIN_QUALITY:
                        depth[at + k] += 1
                        other[at + k] += reads.bases[query + k] != reference[at + k]
            if operation == MATCH or operation == DELETION or operation == SKIP:
                at += length
            if operation != DELETION and operation != SKIP:
                query += length
    sums = Around(np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64))
    for at in range(size):
        between = other[at] >= FEWEST and LEAST * depth[at] <= other[at] <= MOST * depth[at]
        sums.differing[at + 1] = sums.differing[at] + between
        sums.depth[at + 1] = sums.depth[at] + depth[at]
    return sums


@njit(cache=True, nogil=True)
def describe_around(around: Around, anchor: int, found: npt.NDArray[np.float64]) -> None:
    """Fill `found` (4,): differing positions within each of `RANGES`, and depth within the last.

    `anchor` is an index into the reference; what lies off its ends counts as nothing.
    """
    size = len(around.depth) - 1
    own = (
        around.differing[min(anchor + BESIDE + 1, size)] - around.differing[max(anchor - BESIDE, 0)]
    )
    for k in range(len(RANGES)):
        low, high = max(anchor - RANGES[k], 0), min(anchor + RANGES[k] + 1, size)
        found[k] = around.differing[high] - around.differing[low] - own
    found[len(RANGES)] = (around.depth[high] - around.depth[low]) / max(high - low, 1)

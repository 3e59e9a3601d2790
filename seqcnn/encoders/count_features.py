"""What is counted of a candidate site, by name, and how each number becomes a value 0 to 254."""

from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.encoders.count_region import RANGES

GROUPS = ("reference", "first", "second", "other")  # what a fragment shows
KINDS = ("substitution", "insertion", "deletion")

# Sums over the fragments of a group, as the kernel leaves them.
SUMS = (
    *("fragments", "forward", "base quality", "mapping quality", "low mapping quality"),
    *("distance from end", "close to end", "mismatches", "gaps", "clipped", "unusual pair"),
    *("mate agrees", "starts", "weight"),
)
(
    FRAGMENTS, FORWARD, QUALITY, MAPPING, LOW_MAPPING, DISTANCE, CLOSE, MISMATCHES, GAPS, CLIPPED,
    UNUSUAL, MATES, STARTS, WEIGHT,
) = range(len(SUMS))  # fmt: skip
# The mean over a group's fragments that becomes 254; the first and the last sum are counts.
MOST = np.array([1, 40, 60, 1, 50, 1, 10, 3, 1, 1, 1, 1])

FLANK = 25  # bp to either side of the anchor within which each position is described
WINDOW = 2 * FLANK + 1
GENOTYPES = ("0/0", "0/1", "1/1")
REPEATS = ("run before", "run behind", "tandem repeat", "repeat of first", "repeat of second")

FEATURES = (
    *(f"{group}: {name}" for group in GROUPS for name in ("share", *SUMS)),
    *("depth", "not known", "contradicting mates", "alternative alleles"),
    *(f"{which}: {name}" for which in ("first", "second") for name in (*KINDS, "length")),
    *(f"{which} is {base}" for which in ("reference", "first", "second") for base in "ACGT"),
    *(f"phred {genotype}" for genotype in GENOTYPES),
    *REPEATS,
    *(f"varied within {reach} bp" for reach in RANGES),
    "depth around",
    *(f"differ at {offset:+d}" for offset in range(-FLANK, FLANK + 1)),
)

LARGEST_COUNT = 500
LONGEST = 60  # bp of a repeat


class Counted(NamedTuple):
    """What fragments show of n pairs of a site and the alleles in question."""

    sums: npt.NDArray[np.float64]  # (n, 4, S) of `SUMS` over the fragments of each of `GROUPS`
    doubtful: npt.NDArray[np.float64]  # (n, 2) fragments that show nothing, and whose mates differ
    errors: npt.NDArray[np.float64]  # (n, 3) Phred of `GENOTYPES`, up to a constant
    window: npt.NDArray[np.float64]  # (n, 2, WINDOW) reads over each position, and that differ
    repeats: npt.NDArray[np.float64]  # (n, 5) bp of `REPEATS`
    around: npt.NDArray[np.float64]  # (n, 4) see `count_region.describe_around`


class Shown(NamedTuple):
    """The alleles in question: the best supported one, and the second or none."""

    alleles: npt.NDArray[np.int64]  # (n, 2) numbers within the site, from 1; 0 = none
    lengths: npt.NDArray[np.int64]  # (n, 2) bases more than the reference; 0 = substitution
    bases: npt.NDArray[np.int64]  # (n, 3) of the reference and of substitutions, else -1
    of: npt.NDArray[np.int64]  # (n,) alternative alleles that the site has


def as_share(share: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """0 to 1 as 0 to 254; what lies beyond is cut."""
    return 254 * np.clip(share, 0.0, 1.0)


def as_count(count: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """0 to 500 by the logarithm: up to about 35, each number has a value of its own."""
    return as_share(np.log1p(count) / np.log1p(LARGEST_COUNT))


def features(counted: Counted, shown: Shown) -> npt.NDArray[np.uint8]:
    """Values (n, 1, 1, F) of `FEATURES`: a picture of one pixel with F channels."""
    fragments = counted.sums[:, :, FRAGMENTS]
    depth = fragments.sum(1)
    means = counted.sums[:, :, 1:-1] / np.maximum(fragments, 1)[:, :, None] / MOST
    by_group = [
        as_share(fragments / np.maximum(depth, 1)[:, None])[:, :, None],
        as_count(fragments)[:, :, None],
        as_share(means),
        as_count(counted.sums[:, :, -1:]),
    ]
    kind = np.where(shown.lengths > 0, 1, np.where(shown.lengths < 0, 2, 0))
    kind[shown.alleles == 0] = -1
    by_allele = [
        as_share((kind[:, :, None] == np.arange(len(KINDS))).astype(float)),
        as_count(np.abs(shown.lengths))[:, :, None],
    ]
    columns = [
        _flat(np.concatenate(by_group, 2)),
        np.stack([as_count(depth), *as_count(counted.doubtful).T, as_share(shown.of / 6)], 1),
        _flat(np.concatenate(by_allele, 2)),
        _flat(as_share((shown.bases[:, :, None] == np.arange(4)).astype(float))),
        as_count(counted.errors - counted.errors.min(1, keepdims=True)),
        as_share(counted.repeats / LONGEST),
        as_count(counted.around),
        as_share(counted.window[:, 1] / np.maximum(counted.window[:, 0], 1)),
    ]
    return np.floor(np.concatenate(columns, 1) + 0.5).astype(np.uint8)[:, None, None]


def _flat(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n, …) as (n, F), also where n is 0."""
    return values.reshape(len(values), prod(values.shape[1:]))

"""Counts of what the fragments over a site show, as one pixel with a channel a number.

The small model of DeepVariant 1.8 is the example; which numbers, and how they are made, is this
project's own (`encoders/count_features.py`). Nothing here depends on other sites, nor on reads
farther than 500 bp, so that the cut of a genome into regions cannot be seen.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.count_features import (
    CLOSE,
    DISTANCE,
    FEATURES,
    FORWARD,
    FRAGMENTS,
    GENOTYPES,
    GROUPS,
    LOW_MAPPING,
    MAPPING,
    MATES,
    QUALITY,
    REPEATS,
    STARTS,
    SUMS,
    UNUSUAL,
    WEIGHT,
    WINDOW,
    Counted,
    Shown,
    features,
)
from seqcnn.encoders.count_region import RANGES, Around, describe_around, measure_around
from seqcnn.encoders.count_surroundings import REACH, add_surroundings, measure_repeats
from seqcnn.encoders.observations import CONFLICT, SECOND, UNKNOWN, Observations
from seqcnn.encoders.reads import PAIRED, REVERSE, Reads

__all__ = ["FEATURES", "REACH", "Shown", "draw_counts"]

LOW = 20  # mapping qualities below are low
NEAR = 10  # bases from an end of the read, clipped ones among them, are close to it
FARTHEST = 50  # bases; farther from an end is no better
CERTAIN = 40.0  # Phred, the highest that is believed of one fragment
LONGEST_PAIR = 1000  # bp of a usual fragment

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]


def draw_counts(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    positions: Integers,
    observations: Observations,
    site: Integers,
    shown: Shown,
) -> npt.NDArray[np.uint8]:
    """Values (n, 1, 1, F) of `FEATURES` for n pairs of a site and the alleles in question.

    Args:
        reads: the reads that `observations` speak of.
        reference: codes from `reference_start` on.
        positions: (S,) 0-based anchors of the sites.
        site: (n,) the site of each.
    """
    n = len(site)
    counted = Counted(
        np.zeros((n, len(GROUPS), len(SUMS))),
        np.zeros((n, 2)),
        np.zeros((n, len(GENOTYPES))),
        np.zeros((n, 2, WINDOW)),
        np.zeros((n, len(REPEATS))),
        np.zeros((n, len(RANGES) + 1)),
    )
    around = measure_around(reads, reference, reference_start)
    _count_all(
        reads, reference, reference_start, positions, observations, site, shown, around, counted
    )
    return features(counted, shown)


@njit(cache=True, nogil=True)
def _count_all(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    positions: Integers,
    observations: Observations,
    site: Integers,
    shown: Shown,
    around: Around,
    counted: Counted,
) -> None:
    for n in range(len(site)):
        s = site[n]
        alleles = shown.alleles[n]
        last = np.full(len(GROUPS), -1, np.int64)
        for o in range(observations.first[s], observations.first[s + 1]):
            code = observations.counted[o]
            if code == UNKNOWN or code == CONFLICT:
                counted.doubtful[n, 0 if code == UNKNOWN else 1] += 1
            elif code == SECOND:
                if observations.allele[o] >= 0:
                    group = _group(observations.allele[o], alleles)
                    counted.sums[n, group, MATES] += 1
            else:
                group = _group(code, alleles)
                sums = counted.sums[n, group]
                room = _leaves_room(reads, observations.read[o], reference_start, len(reference))
                _add_fragment(reads, observations, o, group, sums, counted.errors[n], room)
                start = reads.start[observations.read[o]]
                sums[STARTS] += start != last[group]
                last[group] = start
                add_surroundings(
                    reads, reference, reference_start, positions[s], observations, o, sums,
                    counted.window[n],
                )  # fmt: skip
        counted.doubtful[n, 1] /= 2
        measure_repeats(
            reference, positions[s] - reference_start, shown.lengths[n], counted.repeats[n]
        )
        describe_around(around, positions[s] - reference_start, counted.around[n])


@njit(cache=True, nogil=True)
def _group(code: int, alleles: Integers) -> int:
    """Index into `GROUPS`."""
    if code == 0:
        return 0
    return 1 if code == alleles[0] else 2 if code == alleles[1] else 3


@njit(cache=True, nogil=True)
def _leaves_room(reads: Reads, i: int, reference_start: int, size: int) -> bool:
    """Whether a usual fragment of read i ends within the contig, so that its mate can be there."""
    if reads.flag[i] & REVERSE:
        return reads.end[i] - LONGEST_PAIR >= reference_start
    return reads.start[i] + LONGEST_PAIR <= reference_start + size


@njit(cache=True, nogil=True)
def _add_fragment(
    reads: Reads,
    observations: Observations,
    o: int,
    group: int,
    sums: Numbers,
    errors: Numbers,
    room: bool,
) -> None:
    """Add what one read shows at the site itself; without `room` no pair of it is unusual."""
    i, query = observations.read[o], observations.query[o]
    quality = np.float64(reads.qualities[query])
    mapping = np.float64(reads.mapping_quality[i])
    ends = min(query - reads.base_start[i], reads.base_start[i + 1] - 1 - query)
    sums[FRAGMENTS] += 1
    sums[FORWARD] += (reads.flag[i] & REVERSE) == 0
    sums[QUALITY] += min(quality, CERTAIN)
    sums[MAPPING] += min(mapping, 60.0)
    sums[LOW_MAPPING] += mapping < LOW
    sums[DISTANCE] += min(ends, FARTHEST)
    sums[CLOSE] += ends < NEAR
    length = abs(np.int64(reads.template_length[i]))
    unusual = length == 0 or length > LONGEST_PAIR
    sums[UNUSUAL] += (reads.flag[i] & PAIRED) != 0 and unusual and room
    weight = max(min(quality, mapping, CERTAIN), 1.0)
    sums[WEIGHT] += weight / 10
    if group > 1:
        return
    error = 10 ** (-weight / 10)
    right, half = -10 * np.log10(1 - error), -10 * np.log10(0.5)
    errors[0] += right if group == 0 else weight
    errors[1] += half
    errors[2] += weight if group == 0 else right

"""What a read shows around a site, and the repeats of the reference that the site lies in."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.count_features import CLIPPED, FLANK, GAPS, LONGEST, MISMATCHES
from seqcnn.encoders.observations import Observations
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, SOFT_CLIP, Reads

REACH = 75  # bp to either side within which a read's other differences count
MIN_QUALITY = 10  # of a base that counts as different
PERIODS = 6  # bp of the longest unit of a tandem repeat

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def add_surroundings(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    anchor: int,
    observations: Observations,
    o: int,
    sums: Numbers,
    window: Numbers,
) -> None:
    """Add what the read shows elsewhere: to `sums` what is near, to `window` what is nearer."""
    i = observations.read[o]
    cigar, bases, qualities = reads.cigar, reads.bases, reads.qualities
    c, position = observations.operation[o], anchor - observations.offset[o]
    query = observations.query[o]
    if cigar[c] & 15 == MATCH:
        query -= observations.offset[o]
    while c > reads.cigar_start[i] and position > anchor - REACH:
        c -= 1
        length = np.int64(cigar[c] >> 4)
        if cigar[c] & 15 != INSERTION and cigar[c] & 15 != SOFT_CLIP:
            position -= length
        if cigar[c] & 15 != DELETION and cigar[c] & 15 != SKIP:
            query -= length
    clipped = False
    while c < reads.cigar_start[i + 1] and position <= anchor + REACH:
        operation = cigar[c] & 15
        length = np.int64(cigar[c] >> 4)
        if operation == MATCH:
            sums[MISMATCHES] += _compare(
                bases, qualities, query, length, reference, position - reference_start,
                anchor - reference_start, window,
            )  # fmt: skip
        elif operation == SOFT_CLIP:
            clipped = True
        elif operation != SKIP and position != anchor + 1:
            sums[GAPS] += 1
        if operation == DELETION:
            _mark(window, position - anchor, length)
        elif operation == INSERTION:
            _mark(window, position - 1 - anchor, 0)
        if operation != INSERTION and operation != SOFT_CLIP:
            position += length
        if operation != DELETION and operation != SKIP:
            query += length
        c += 1
    sums[CLIPPED] += clipped


@njit(cache=True, nogil=True)
def _mark(window: Numbers, first: int, length: int) -> None:
    """A gap at positions from `first` on, counted from the anchor; 0 long: an insertion behind."""
    for k in range(max(first, -FLANK), min(first + max(length, 1), FLANK + 1)):
        if length:
            window[0, k + FLANK] += 1
        window[1, k + FLANK] += 1


@njit(cache=True, nogil=True)
def _compare(
    bases: Codes,
    qualities: Codes,
    query: int,
    length: int,
    reference: Codes,
    at: int,
    anchor: int,
    window: Numbers,
) -> int:
    """Mismatches of an aligned stretch within reach of the anchor, itself left out.

    `at` and `anchor` are indices into the reference.
    """
    found = 0
    low = max(0, anchor - REACH - at, -at)
    high = min(length, anchor + REACH + 1 - at, len(reference) - at)
    for k in range(low, high):
        if qualities[query + k] < MIN_QUALITY:
            continue
        different = bases[query + k] != reference[at + k]
        offset = at + k - anchor
        if -FLANK <= offset <= FLANK:
            window[0, offset + FLANK] += 1
            window[1, offset + FLANK] += different
        found += different and offset != 0
    return found


@njit(cache=True, nogil=True)
def measure_repeats(reference: Codes, anchor: int, lengths: Integers, repeats: Numbers) -> None:
    """Fill in `REPEATS`; `anchor` is an index into the reference."""
    before = 1
    while (
        before < LONGEST
        and anchor - before >= 0
        and reference[anchor - before] == reference[anchor]
    ):
        before += 1
    repeats[0] = before
    repeats[1] = 1 + _period(reference, anchor + 1, 1)
    for period in range(2, PERIODS + 1):
        same = _period(reference, anchor + 1, period)
        if same >= period:
            repeats[2] = max(repeats[2], same + period)
    for k in range(2):
        if lengths[k]:
            repeats[3 + k] = _period(reference, anchor + 1, abs(lengths[k]))


@njit(cache=True, nogil=True)
def _period(reference: Codes, first: int, period: int) -> int:
    """How many bases from `first` on are those `period` behind them."""
    same = 0
    while (
        same < LONGEST
        and first + same + period < len(reference)
        and reference[first + same] == reference[first + same + period]
    ):
        same += 1
    return same

"""Tracts: homopolymers and short tandem repeats, where indels and stutter happen."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

LONGEST_UNIT = 6
SHORTEST_HOMOPOLYMER = 4
FEWEST_COPIES = 3  # of units of two bases or more


class Tracts(NamedTuple):
    """Maximal runs that repeat with a period of `unit` bases, sorted by start.

    `start` is the leftmost base (0-based), `length` the bases in the run; the last copy of the
    unit may be incomplete. A run is listed with its shortest period only.
    """

    start: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


def find_tracts(codes: npt.NDArray[np.uint8]) -> Tracts:
    """Homopolymers of 4 bases or more, and units of 2 to 6 bases repeated 3 times or more.

    Args:
        codes: (L,) A C G T = 0..3; anything else ends a run.
    """
    found = _find(np.ascontiguousarray(codes), LONGEST_UNIT, SHORTEST_HOMOPOLYMER, FEWEST_COPIES)
    order = np.argsort(found[0], kind="stable")
    return Tracts(found[0][order], found[1][order], found[2][order])


@njit(cache=True, nogil=True)
def _find(
    codes: npt.NDArray[np.uint8], longest_unit: int, shortest: int, copies: int
) -> npt.NDArray[np.int64]:
    room = 1024
    found = np.empty((3, room), np.int64)
    count = 0
    for unit in range(1, longest_unit + 1):
        least = shortest if unit == 1 else unit * copies
        start = 0
        for i in range(unit, codes.size + 1):
            if i < codes.size and codes[i] == codes[i - unit] and codes[i] < 4:
                continue
            length = i - start
            if length >= least and codes[start] < 4 and _primitive(codes, start, unit):
                if count == room:
                    larger = np.empty((3, 2 * room), np.int64)
                    larger[:, :room] = found
                    found = larger
                    room *= 2
                found[0, count] = start
                found[1, count] = unit
                found[2, count] = length
                count += 1
            start = i - unit + 1
    return found[:, :count]


@njit(cache=True, nogil=True)
def _primitive(codes: npt.NDArray[np.uint8], start: int, unit: int) -> bool:
    for period in range(1, unit):
        if unit % period:
            continue
        same = True
        for i in range(start + period, start + unit):
            if codes[i] != codes[i - period]:
                same = False
                break
        if same:
            return False
    return True

"""Long single reads, in simple form: HiFi and Nanopore."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.simulate.chance import mixed, normal, uniform
from seqcnn.calling.simulate.fragments import Fragments
from seqcnn.calling.simulate.pool import Pool

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


class LongProfile(NamedTuple):
    """What the reads of one platform are like; rates are those of a read of median quality."""

    median: float  # bp
    sigma: float  # of the log of the length
    quality: float  # Phred, median of reads
    quality_spread: float  # Phred, standard deviation between reads
    highest: int  # quality of a base at most
    substitution: float  # a base
    deletion: float
    insertion: float
    tract: float  # homopolymer indels: a run of n bases errs at tract * (n - 3) ** 2


# Of round figures published for PacBio Revio and for Nanopore R10.4.1 with super-accurate calling.
LONG_PROFILES = {
    "hifi": LongProfile(15_000, 0.25, 30.0, 4.0, 40, 2e-4, 2e-4, 2e-4, 2.5e-4),
    "ont": LongProfile(9_000, 0.8, 20.0, 3.0, 50, 4e-3, 3.5e-3, 2e-3, 1.5e-3),
}
LONGEST = 60_000
ROOM = 1.2  # times the fragment: insertions


def length_percentiles(profile: LongProfile) -> npt.NDArray[np.float64]:
    """Percentiles (101,) of the lengths, cut at 200 bp and 60 kb."""
    from scipy.stats import norm

    z = norm.ppf(np.clip(np.arange(101) / 100, 0.002, 0.998))
    return np.clip(profile.median * np.exp(profile.sigma * z), 200, LONGEST)


def sequence_long(
    pool: Pool, profile: LongProfile, fragments: Fragments, seed: int
) -> tuple[Bytes, Bytes, Ints]:
    """Codes and qualities of all reads end to end, and where each begins (F + 1,).

    Args:
        pool: what the fragments are of.
        profile: errors and qualities.
        fragments: F fragments, read from end to end.
        seed: of everything drawn.
    """
    room = (fragments.length * ROOM).astype(np.int64) + 100
    begin = np.concatenate([[0], np.cumsum(room)])
    bases, qualities = np.empty(begin[-1], np.uint8), np.empty(begin[-1], np.uint8)
    numbers = np.array(profile, np.float64)
    sizes = _sequence(pool, numbers, fragments, np.uint64(seed), begin, bases, qualities)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    # Row by row: the first `sizes` places of its room.
    keep = np.arange(starts[-1]) + np.repeat(begin[:-1] - starts[:-1], sizes)
    return bases[keep], qualities[keep], starts


@njit(cache=True, nogil=True)
def _sequence(
    pool: Pool,
    profile: npt.NDArray[np.float64],
    fragments: Fragments,
    seed: np.uint64,
    begin: Ints,
    bases: Bytes,
    qualities: Bytes,
) -> Ints:
    sizes = np.zeros(fragments.start.size, np.int64)
    state = np.empty(1, np.uint64)
    for row in range(fragments.start.size):
        state[0] = mixed(seed + np.uint64(row))
        quality = max(profile[2] + profile[3] * normal(state), 8.0)
        worse = 10 ** ((profile[2] - quality) / 10)
        at, room = begin[row], begin[row + 1]
        start = pool.offset[fragments.source[row]] + fragments.start[row]
        for i in range(start, start + fragments.length[row]):
            run = pool.copies[i] if pool.unit[i] == 1 else 0
            loss, gain = profile[6] * worse, profile[7] * worse
            if run > 3:
                rate = min(profile[8] * worse * (run - 3) ** 2, 0.35)
                loss, gain = loss + 0.6 * rate, gain + 0.4 * rate
            x = uniform(state)
            if x < loss:
                continue
            copies = 2 if x < loss + gain else 1
            for k in range(copies):
                if at >= room:
                    break
                base = pool.codes[i]
                if k and run <= 3 and uniform(state) < 0.5:
                    base = np.uint8(uniform(state) * 4)
                wrong = uniform(state) < profile[5] * worse
                if wrong:
                    base = np.uint8((base + 1 + int(3 * uniform(state))) % 4)
                # A doubtful base shows it two times in three; the sure ones scatter upwards.
                doubt = (wrong or k > 0 or run > 3) and uniform(state) < 0.67
                shown = quality + 8 * normal(state) + (5.0 if not doubt else -10.0)
                bases[at] = base
                qualities[at] = np.uint8(min(max(shown, 3.0), profile[4]))
                at += 1
        sizes[row] = at - begin[row]
        if fragments.flipped[row]:
            left, right = begin[row], at - 1
            while left <= right:
                a, b = 3 - bases[left], 3 - bases[right]
                bases[left], bases[right] = b, a
                p = qualities[left]
                qualities[left], qualities[right] = qualities[right], p
                left += 1
                right -= 1
    return sizes

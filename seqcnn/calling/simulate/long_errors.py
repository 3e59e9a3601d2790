"""The errors of long reads: at random, in repeats, and again and again at the same places."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.simulate.chance import State, hashed, mixed, normal, uniform
from seqcnn.calling.simulate.fragments import Fragments
from seqcnn.calling.simulate.long_qualities import shown_quality
from seqcnn.calling.simulate.pool import Pool

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

# Seeds of what belongs to a place, and keys of places without a position.
CONTEXT, BAD, KIND, LEVEL, STRAND, BOTH, SIDE, SHORT = (np.uint64(k) for k in range(1, 9))
NOWHERE = 1 << 40
MOST = 0.65  # chance that a tract is misread, at most
RESOLVED = 9  # bases of a homopolymer that are told apart
LONGER = 0.15  # chance that an indel goes on for another base
EDGE, EDGE_WORSE = 30, 3.0  # bases at either end that are worse, and how much
NOISE, NOISE_WORSE = 40, 6.0  # mean length of a noisy stretch, and how much worse it is
# What becomes of a base; AGAIN is the wrong base that all reads show, SYSTEMATIC any of its kind.
LOST, MORE, WRONG, AGAIN, SYSTEMATIC = 1, 2, 4, 8, 16


@njit(cache=True, nogil=True, inline="always")
def place_normal(seed: np.uint64, key: np.uint64) -> float:
    """A number of mean 0 and variance 1, between -3.5 and 3.5, that belongs to `key`."""
    bits = mixed(mixed(seed ^ np.uint64(0x632BE59BD9B4E019)) + key)
    total = 0.0
    for k in range(4):
        total += float((bits >> np.uint64(16 * k)) & np.uint64(0xFFFF))
    return (total / 65535.0 - 2.0) * math.sqrt(3.0)


@njit(cache=True, nogil=True)
def tract_rates(
    profile: Any, unit: int, copies: int, places: np.uint64, key: np.uint64
) -> tuple[float, float]:
    """How often a tract is misread here on this strand, and the share of losses.

    `key` is twice the place, plus one on the reverse strand.
    """
    if unit == 1:
        rate = profile.tract * (copies - 3.0) ** profile.steepness
    else:
        rate = profile.repeat * (copies - 2.0) ** 2 / (unit - 1)
    z = math.sqrt(profile.shared) * place_normal(places ^ BOTH, key >> np.uint64(1))
    z += math.sqrt(1 - profile.shared) * place_normal(places ^ STRAND, key)
    spread = profile.tract_spread
    rate = rate * math.exp(spread * z - spread * spread / 2)
    odds = profile.losses / (1 - profile.losses)
    odds *= math.exp(place_normal(places ^ SIDE, key))
    return min(rate, MOST), odds / (1 + odds)


@njit(cache=True, nogil=True)
def copies_changed(copies: int, rate: float, losses: float, state: State) -> int:
    """Copies that one read gains, or loses (under 0), in a tract; mostly none."""
    if uniform(state) >= rate:
        return 0
    steps = 1
    further = min(0.05 + 0.03 * max(copies - 8, 0), 0.5)
    while steps < copies - 1 and uniform(state) < further:
        steps += 1
    return -steps if uniform(state) < losses else steps


@njit(cache=True, nogil=True)
def bad_place(share: float, places: np.uint64, key: np.uint64) -> tuple[int, float]:
    """What is misread here on this strand (0 nothing, 1 base, 2 loss, 3 gain), and how often."""
    x = hashed(places ^ BAD, key)
    # One in five bad places is bad on both strands.
    if x >= 0.8 * share and hashed(places ^ BOTH ^ BAD, key >> np.uint64(1)) >= 0.2 * share:
        return 0, 0.0
    rate = math.exp(math.log(0.05) + math.log(16.0) * hashed(places ^ LEVEL, key))
    x = hashed(places ^ KIND, key >> np.uint64(1))
    return (1 if x < 0.45 else 2 if x < 0.8 else 3), rate


@njit(cache=True, nogil=True)
def sequence_all(
    pool: Pool,
    profile: Any,
    fragments: Fragments,
    seed: np.uint64,
    places: np.uint64,
    begin: Ints,
    bases: Bytes,
    qualities: Bytes,
) -> Ints:
    """Read all fragments, each into its room from `begin[row]` on; how many bases each gave."""
    sizes = np.zeros(fragments.start.size, np.int64)
    state = np.empty(1, np.uint64)
    for row in range(fragments.start.size):
        state[0] = mixed(seed + np.uint64(row))
        start = pool.offset[fragments.source[row]] + fragments.start[row]
        flipped = fragments.flipped[row]
        first, last = begin[row], begin[row + 1]
        size = _read(
            pool, profile, start, start + fragments.length[row], flipped, places, state,
            bases[first:last], qualities[first:last],
        )  # fmt: skip
        sizes[row] = size
        if flipped:
            _flip(bases[first : first + size], qualities[first : first + size])
    return sizes


@njit(cache=True, nogil=True)
def _read(
    pool: Pool,
    profile: Any,
    start: int,
    end: int,
    flipped: bool,
    places: np.uint64,
    state: State,
    bases: Bytes,
    qualities: Bytes,
) -> int:
    """One read in the direction of the pool; how many bases it has."""
    quality = max(profile.quality + profile.quality_spread * normal(state), 8.0)
    of_read = 10 ** ((profile.quality - quality) / 10)
    each = profile.substitution + profile.deletion + profile.insertion
    at, noisy, skipped, doubtful = 0, 0, 0, False
    tract_end, tract_rate = 0, 0.0
    for i in range(start, end):
        key = np.uint64(2 * (pool.position[i] if pool.position[i] >= 0 else NOWHERE + i) + flipped)
        gained = 0
        if pool.unit[i] and i >= tract_end:
            unit = int(pool.unit[i])
            tract_end = i + unit * int(pool.copies[i])
            tract_rate, steps = _tract(pool, profile, i, of_read, places, key, state)
            skipped, gained = max(skipped, -steps * unit), max(steps, 0) * unit
            doubtful = steps != 0
        noisy = noisy - 1 if noisy else 0
        if uniform(state) < profile.stretches:
            noisy = int(-NOISE * math.log(1 - uniform(state)))
        if skipped > 0:
            skipped -= 1
            continue
        factor = of_read * _context(profile, places, key) * (NOISE_WORSE if noisy else 1.0)
        factor *= EDGE_WORSE if min(i - start, end - 1 - i) < EDGE else 1.0
        fate = _fate(profile, factor, places, key, state)
        if fate & LOST:
            doubtful = True
            while uniform(state) < LONGER:
                skipped += 1
            continue
        more = fate & MORE > 0
        while more:
            gained += 1
            more = uniform(state) < LONGER
        seen = min(each * factor + (0.5 * tract_rate if i < tract_end else 0.0), 0.5)
        for k in range(min(gained + 1, len(bases) - at)):
            bases[at] = _base(pool, i, k, gained, i < tract_end, fate, key, state)
            wrong = fate & WRONG > 0 or k > 0 or doubtful
            qualities[at] = shown_quality(profile, seen, wrong, state)
            doubtful = False
            at += 1
    return at


@njit(cache=True, nogil=True)
def _tract(
    pool: Pool,
    profile: Any,
    i: int,
    of_read: float,
    places: np.uint64,
    key: np.uint64,
    state: State,
) -> tuple[float, int]:
    """How often reads as good as this one misread the tract at i, and what this one does."""
    copies = int(pool.copies[i])
    rate, losses = tract_rates(profile, int(pool.unit[i]), copies, places, key)
    # Repeats are hard in good reads too.
    rate = min(rate * math.sqrt(of_read), MOST)
    steps = copies_changed(copies, rate, losses, state)
    if profile.short > 0 and pool.unit[i] == 1 and copies > RESOLVED:
        # Reads of both strands agree on how much too short.
        z = place_normal(places ^ SHORT, key >> np.uint64(1)) + 0.5 * normal(state)
        missing = profile.short * (copies - RESOLVED) * math.exp(0.6 * z) + uniform(state) - 0.5
        steps = max(steps - round(max(missing, 0.0)), 1 - copies)
    return rate, steps


@njit(cache=True, nogil=True, inline="always")
def _context(profile: Any, places: np.uint64, key: np.uint64) -> float:
    """How many times more errors there are here on this strand than elsewhere; 1 on average."""
    z = place_normal(places ^ CONTEXT, key)
    return math.exp(profile.spread * z - profile.spread * profile.spread / 2)


@njit(cache=True, nogil=True, inline="always")
def _fate(profile: Any, factor: float, places: np.uint64, key: np.uint64, state: State) -> int:
    """What becomes of a base: LOST, MORE, WRONG, AGAIN; SYSTEMATIC for its place's sake."""
    kind, share = bad_place(profile.hotspots, places, key)
    x = uniform(state)
    lost = x < min(profile.deletion * factor, 0.3)
    fate = LOST if lost else 0
    if not lost and 1 - x < min(profile.insertion * factor, 0.3):
        fate |= MORE
    if uniform(state) < min(profile.substitution * factor, 0.3):
        fate |= WRONG
    if kind > 0 and uniform(state) < share:
        fate |= SYSTEMATIC | (AGAIN if kind == 1 else LOST if kind == 2 else MORE)
    return fate


@njit(cache=True, nogil=True, inline="always")
def _base(
    pool: Pool,
    i: int,
    k: int,
    gained: int,
    in_tract: bool,
    fate: int,
    key: np.uint64,
    state: State,
) -> np.uint8:
    """Base k of the `gained` + 1 that are read at i."""
    base = pool.codes[i]
    if gained and pool.unit[i] > 1:
        base = pool.codes[i + k % np.int64(pool.unit[i])] if k < gained else base
    elif k and not in_tract and not fate & SYSTEMATIC and uniform(state) < 0.5:
        base = np.uint8(uniform(state) * 4)
    if fate & WRONG and k == 0:
        base = np.uint8((base + 1 + int(3 * uniform(state))) % 4)
    elif fate & AGAIN:
        # The same wrong base in every read.
        base = np.uint8((base + 1 + (key >> np.uint64(1)) % np.uint64(3)) % 4)
    return base


@njit(cache=True, nogil=True)
def _flip(bases: Bytes, qualities: Bytes) -> None:
    """Turn a read into its reverse complement."""
    bases[:] = 3 - bases[::-1].copy()
    qualities[:] = qualities[::-1].copy()

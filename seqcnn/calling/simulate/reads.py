"""Short paired reads of fragments: stutter, qualities, substitutions, adapters."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.simulate.chance import State, chosen, hashed, mixed, normal, uniform
from seqcnn.calling.simulate.fragments import Fragments
from seqcnn.calling.simulate.pool import Bytes, Chemistry, Floats, Ints, Pool
from seqcnn.encoders.dna import encode

SLACK = 64  # bases that insertions may add to a template
ADAPTERS = np.stack([  # Illumina TruSeq, read 1 and read 2; what follows is read as G
    encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"), encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"),
])  # fmt: skip


def sequence_pairs(
    pool: Pool,
    chemistry: Chemistry,
    fragments: Fragments,
    classes: npt.NDArray[np.uint8],
    read_length: int,
    seed: int,
    run_seed: int,
) -> tuple[Bytes, Bytes]:
    """Codes and qualities (F, 2, read_length) of both reads of each fragment, as sequenced.

    Args:
        pool: what the fragments are of.
        chemistry: qualities and errors.
        fragments: F fragments.
        classes: (F, 2) quality class of read 1 and read 2.
        read_length: bases a read.
        seed: of everything drawn; a fragment's reads depend on its row alone.
        run_seed: of the positions that are prone to error, the same for all parts.
    """
    longest = int((fragments.length + fragments.second_length).max(initial=0)) + SLACK
    shape = (len(fragments.start), 2, read_length)
    bases, qualities = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    _sequence(
        pool, chemistry, fragments, classes, ADAPTERS, np.uint64(seed), np.uint64(run_seed),
        longest, bases, qualities,
    )  # fmt: skip
    return bases, qualities


@njit(cache=True, nogil=True)
def _sequence(
    pool: Pool,
    chemistry: Chemistry,
    fragments: Fragments,
    classes: npt.NDArray[np.uint8],
    adapters: Bytes,
    seed: np.uint64,
    run_seed: np.uint64,
    longest: int,
    bases: Bytes,
    qualities: Bytes,
) -> None:
    template = np.empty(longest, np.uint8)
    position = np.empty(longest, np.int64)
    state = np.empty(1, np.uint64)
    for row in range(fragments.start.size):
        state[0] = mixed(seed + np.uint64(2 * fragments.template[row]))
        offset = pool.offset[fragments.source[row]]
        size = copy_piece(
            pool, chemistry, offset + fragments.start[row], fragments.length[row],
            fragments.flipped[row], state, template, position, 0,
        )  # fmt: skip
        if fragments.second_length[row]:
            size = copy_piece(
                pool, chemistry, offset + fragments.second_start[row],
                fragments.second_length[row], fragments.second_flipped[row], state,
                template, position, size,
            )  # fmt: skip
        state[0] = mixed(seed + np.uint64(2 * row + 1))
        for mate in range(2):
            _read(
                pool, chemistry, template, position, size, mate, classes[row, mate],
                adapters[mate], run_seed, state, bases[row, mate], qualities[row, mate],
            )  # fmt: skip


@njit(cache=True, nogil=True)
def copy_piece(
    pool: Pool,
    chemistry: Chemistry,
    start: int,
    length: int,
    flipped: bool,
    state: State,
    template: Bytes,
    position: Ints,
    at: int,
) -> int:
    """Append a piece to the template, with the indels of PCR; the template's new size.

    Positions carry the strand in their lowest bit: 2 * position + strand; -1 = none.
    """
    first = at
    i = start
    stop = start + length
    room = template.size
    while i < stop and at < room:
        copies = pool.copies[i]
        unit = pool.unit[i]
        fewer, more = chemistry.deletion[0], chemistry.insertion[0]
        if unit == 1:
            fewer, more = chemistry.deletion[copies], chemistry.insertion[copies]
        elif unit > 1:
            fewer, more = chemistry.repeat[copies, 0], chemistry.repeat[copies, 1]
        x = uniform(state)
        if x < fewer:
            i += max(1, unit)
            continue
        if x < fewer + more:
            for k in range(max(1, unit)):
                if at < room:
                    template[at] = pool.codes[i + k] if unit else np.uint8(uniform(state) * 4)
                    position[at] = -1
                    at += 1
        if at < room:
            template[at] = pool.codes[i]
            position[at] = 2 * pool.position[i] if pool.position[i] >= 0 else -1
            at += 1
        i += 1
    if flipped:
        left, right = first, at - 1
        while left <= right:
            a, b = 3 - template[left], 3 - template[right]
            template[left], template[right] = b, a
            p, q = position[left], position[right]
            position[left] = q + 1 if q >= 0 else q
            position[right] = p + 1 if p >= 0 else p
            left += 1
            right -= 1
    return at


@njit(cache=True, nogil=True)
def _read(
    pool: Pool,
    chemistry: Chemistry,
    template: Bytes,
    position: Ints,
    size: int,
    mate: int,
    kind: int,
    adapter: Bytes,
    run_seed: np.uint64,
    state: State,
    bases: Bytes,
    qualities: Bytes,
) -> None:
    """One read from the template's left end (mate 0) or from its right end, reversed (mate 1)."""
    length = bases.size
    bins = chemistry.next_quality.shape[2]
    level = chosen(chemistry.first_quality[mate, kind], uniform(state))
    spread = chemistry.spread
    factor = np.exp(spread * normal(state) - spread * spread / 2)
    tail, tail_place = length, 0
    if uniform(state) < chemistry.clipped:
        tail = int(length * (0.3 + 0.65 * uniform(state)))
        tail_place = int(uniform(state) * max(1, pool.codes.size - length))
    late = 0  # bases that a read gone bad lags or leads by; 0 = it is well
    strength, begun = 0.0, 0  # of its going bad: the same for all that do so at one place; where
    for cycle in range(length):
        if cycle:
            table = chemistry.next_quality[mate, kind, cycle * bins // length, level]
            level = chosen(table, uniform(state))
        at = cycle if mate == 0 else size - 1 - cycle
        place = -1
        if cycle >= tail:
            base = np.uint8(pool.codes[tail_place + cycle] & 3)
        elif cycle < size:
            base = template[at] if mate == 0 else np.uint8(3 - template[at])
            place = position[at]
        elif cycle - size < adapter.size:
            base = adapter[cycle - size]
        else:
            base = np.uint8(2)
        shown = level
        if place >= 0:
            key = np.uint64(place ^ mate)  # the strand read, with the position
            if hashed(run_seed, key) < chemistry.hotspots[0]:
                rate = _rate(chemistry.hotspots, run_seed, key)
                if uniform(state) < rate:
                    base = np.uint8((base + 1 + int(3 * hashed(run_seed + np.uint64(2), key))) % 4)
                    if uniform(state) < 0.5:
                        shown = int(uniform(state) * (level + 1))
            if late == 0 and hashed(run_seed + np.uint64(3), key) < chemistry.bursts[0]:
                if uniform(state) < _rate(chemistry.bursts, run_seed, key):
                    late = -1 if hashed(run_seed + np.uint64(4), key) < 0.7 else 1
                    strength = np.sqrt(hashed(run_seed + np.uint64(6), key))
                    begun = cycle
                    kind = 0
        if late:
            near = at + (late if mate == 0 else -late)
            # Most wrong bases are at the same places in all reads gone bad: they look like alleles.
            key = np.uint64(max(place, 0) ^ mate)
            often = hashed(run_seed + np.uint64(5), key) < 0.25 + 0.35 * strength
            worse = 0.05 + 0.6 * strength * strength + 0.012 * strength * (cycle - begun)
            lagging = 0.85 if often else min(worse, 0.85)
            if uniform(state) < lagging and 0 <= near < size:
                if hashed(run_seed + np.uint64(7), key) < 0.5:
                    base = template[near] if mate == 0 else np.uint8(3 - template[near])
                else:
                    base = np.uint8((base + 1 + int(3 * hashed(run_seed + np.uint64(8), key))) % 4)
            if uniform(state) < 0.016 - 0.015 * strength:
                late = 0
            if uniform(state) < 0.9:
                target = np.uint8(6 + 14 * uniform(state))
                shown = min(level, np.searchsorted(chemistry.qualities, target))
        if uniform(state) < min(0.75, factor * chemistry.mismatch[shown]):
            base = np.uint8(chosen(chemistry.substitution[base], uniform(state)))
        bases[cycle] = base
        qualities[cycle] = chemistry.qualities[shown]


@njit(cache=True, nogil=True, inline="always")
def _rate(limits: Floats, run_seed: np.uint64, key: np.uint64) -> float:
    """The rate of one position, log-uniform between its limits."""
    return limits[1] * (limits[2] / limits[1]) ** hashed(run_seed + np.uint64(1), key)

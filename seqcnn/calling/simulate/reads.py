"""Short paired reads of fragments: stutter, qualities, substitutions, adapters."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.simulate.chance import State, chosen, hashed, mixed, uniform
from seqcnn.calling.simulate.fragments import Fragments, Source
from seqcnn.calling.simulate.profile import LONGEST_TRACT, Profile
from seqcnn.calling.simulate.tracts import find_tracts
from seqcnn.encoders.dna import encode

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SLACK = 64  # bases that insertions may add to a template
ADAPTERS = np.stack([  # Illumina TruSeq, read 1 and read 2; what follows is read as G
    encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"), encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"),
])  # fmt: skip


class Pool(NamedTuple):
    """All sources end to end, for the kernels."""

    codes: Bytes  # (L,)
    position: Ints  # (L,) of the reference; -1 = none
    unit: Bytes  # (L,) of the tract that begins here; 0 = none
    copies: Bytes  # (L,) of its unit, at most 24
    offset: Ints  # (S,) where each source begins


class Chemistry(NamedTuple):
    """The parts of a profile that the kernels read."""

    qualities: Bytes
    first_quality: Floats
    next_quality: Floats
    mismatch: Floats
    substitution: Floats
    deletion: Floats
    insertion: Floats
    repeat: Floats
    hotspots: Floats


def make_pool(sources: list[Source]) -> Pool:
    """The sources as flat arrays, with their tracts."""
    codes = np.concatenate([source.sequence.codes for source in sources])
    sizes = [len(source.sequence.codes) for source in sources]
    offset = np.cumsum([0, *sizes[:-1]]).astype(np.int64)
    unit, copies = np.zeros(len(codes), np.uint8), np.zeros(len(codes), np.uint8)
    tracts = find_tracts(codes)
    # Of tracts that begin at one base the longest unit wins: it was found last.
    unit[tracts.start] = tracts.unit
    copies[tracts.start] = np.minimum(tracts.length // tracts.unit, LONGEST_TRACT)
    position = np.concatenate([source.sequence.position for source in sources])
    return Pool(codes, position, unit, copies, offset)


def make_chemistry(
    profile: Profile, *, errors: float = 1.0, stutter: float = 1.0, hotspots: float = 1.0
) -> Chemistry:
    """The kernels' part of `profile`, its rates times these factors."""
    hot = profile.hotspots.copy()
    hot[0] *= hotspots
    return Chemistry(
        profile.qualities.astype(np.uint8), profile.first_quality, profile.next_quality,
        np.minimum(profile.mismatch * errors, 0.75), profile.substitution,
        np.minimum(profile.deletion * stutter, 0.5), np.minimum(profile.insertion * stutter, 0.5),
        np.minimum(profile.repeat * stutter, 0.5), hot,
    )  # fmt: skip


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
                chemistry, template, position, size, mate, classes[row, mate], adapters[mate],
                run_seed, state, bases[row, mate], qualities[row, mate],
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
    for cycle in range(length):
        if cycle:
            table = chemistry.next_quality[mate, kind, cycle * bins // length, level]
            level = chosen(table, uniform(state))
        place = -1
        if cycle < size:
            at = cycle if mate == 0 else size - 1 - cycle
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
                x = hashed(run_seed + np.uint64(1), key)
                rate = chemistry.hotspots[1] * (chemistry.hotspots[2] / chemistry.hotspots[1]) ** x
                if uniform(state) < rate:
                    y = hashed(run_seed + np.uint64(2), key)
                    base = np.uint8((base + 1 + int(3 * y)) % 4)
                    if uniform(state) < 0.5:
                        shown = int(uniform(state) * (level + 1))
        if uniform(state) < chemistry.mismatch[shown]:
            base = np.uint8(chosen(chemistry.substitution[base], uniform(state)))
        bases[cycle] = base
        qualities[cycle] = chemistry.qualities[shown]

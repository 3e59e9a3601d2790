"""What the kernels that make reads walk over: sources end to end, and a run's chemistry."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.fragments import Source
from seqcnn.calling.simulate.profile import LONGEST_TRACT, Profile
from seqcnn.calling.simulate.tracts import find_tracts

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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
    spread: float
    clipped: float
    hotspots: Floats
    bursts: Floats


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
    factor = np.array([hotspots, 1.0, 1.0])
    return Chemistry(
        profile.qualities.astype(np.uint8), profile.first_quality, profile.next_quality,
        np.minimum(profile.mismatch * errors, 0.75), profile.substitution,
        np.minimum(profile.deletion * stutter, 0.5), np.minimum(profile.insertion * stutter, 0.5),
        np.minimum(profile.repeat * stutter, 0.5), float(profile.spread), float(profile.clipped),
        profile.hotspots * factor, profile.bursts * factor,
    )  # fmt: skip

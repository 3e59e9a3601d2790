"""Long single reads: HiFi and Nanopore.

The rates follow what is published; nothing was measured on reads:

- HiFi: reads are 99.8 % right; per read one homopolymer indel in 477 bp, one other indel in 9,669
  and one mismatch in 13,048 (Wenger et al. 2019, doi 10.1038/s41587-019-0217-9). The consensus of
  Revio has about 42 % fewer errors (Baid et al. 2023, doi 10.1038/s41587-022-01435-7) and its
  base qualities have seven values.
- Nanopore R10.4.1 with super-accurate calling: about 99 % right, slightly better than identities
  of 95 % on average and 99 % at most (Badread 0.3.0, release notes). Half of all errors lie in
  homopolymers and short repeats, most of them deletions (Delahaye and Nicolas 2021,
  doi 10.1371/journal.pone.0257521). Homopolymers up to about 10 bases come out right in
  consensus, longer ones too short (Sereika et al. 2022, doi 10.1038/s41592-022-01539-7). Errors
  come back at the same places, on one strand or both: those of homopolymers, and those next to
  modified bases (Chiou et al. 2023, doi 10.1038/s42003-023-05605-4). Substitution rates depend on
  context, which other simulators do not show (Taouk, Ingle and Wick, "Benchmarking long-read
  simulators against Oxford Nanopore whole-genome sequencing data"). Reads have short stretches of
  noise (Badread: one in 10 kb).

How large the differences between places are is not published in figures: `spread`, `short` and
the like are guesses. With them callers trained on such Nanopore reads had an indel recall of 69 %
and a precision of 82 % on others (95 and 93 % without `short`); DeepVariant 1.9 has 89 and 92 % on
real R10.4.1 reads (its docs/metrics.md).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.fragments import Fragments
from seqcnn.calling.simulate.long_errors import Bytes, Ints, sequence_all
from seqcnn.calling.simulate.pool import Pool


class LongProfile(NamedTuple):
    """What the reads of one platform are like; rates are those of a read of median quality."""

    median: float  # bp
    sigma: float  # of the log of the length
    quality: float  # Phred, median of reads
    quality_spread: float  # Phred, standard deviation between reads
    highest: float  # quality of a base at most
    binned: bool  # base qualities have Revio's seven values
    substitution: float  # a base
    deletion: float
    insertion: float
    tract: float  # a homopolymer of n bases errs at tract * (n - 3) ** steepness
    steepness: float
    repeat: float  # n copies of a unit of u bases at repeat * (n - 2) ** 2 / (u - 1)
    losses: float  # share of the errors of tracts that lose copies, at the median place
    spread: float  # standard deviation of the log of a rate between places, outside of tracts
    tract_spread: float  # the same in tracts
    shared: float  # share of that variance that both strands share
    short: float  # copies that homopolymers lose for each base beyond 9, in all reads alike
    hotspots: float  # share of the places of a strand that 5 to 80 % of its reads misread
    stretches: float  # stretches of noise a base, about 40 bases long


LONG_PROFILES = {
    "hifi": LongProfile(
        median=15_000, sigma=0.25, quality=30.0, quality_spread=4.0, highest=40, binned=True,
        substitution=8e-5, deletion=8e-5, insertion=6e-5, tract=4e-4, steepness=2.2,
        repeat=8e-5, losses=0.55, spread=1.0, tract_spread=0.8, shared=0.7, short=0.0,
        hotspots=2e-5, stretches=2e-6,
    ),
    "ont": LongProfile(
        median=9_000, sigma=0.8, quality=20.0, quality_spread=3.0, highest=50, binned=False,
        substitution=3e-3, deletion=1.8e-3, insertion=1.2e-3, tract=2.5e-3, steepness=2.0,
        repeat=4e-4, losses=0.65, spread=1.2, tract_spread=0.9, shared=0.4, short=0.15,
        hotspots=4e-4, stretches=1e-4,
    ),
}  # fmt: skip
LONGEST = 60_000
ROOM = 1.2  # times the fragment: insertions


def length_percentiles(profile: LongProfile) -> npt.NDArray[np.float64]:
    """Percentiles (101,) of the lengths, cut at 200 bp and 60 kb."""
    from scipy.stats import norm

    z = norm.ppf(np.clip(np.arange(101) / 100, 0.002, 0.998))
    return np.clip(profile.median * np.exp(profile.sigma * z), 200, LONGEST)


def at_level(
    profile: LongProfile, *, errors: float = 1.0, stutter: float = 1.0, hotspots: float = 1.0
) -> LongProfile:
    """The profile with its rates outside of tracts, in tracts and of bad places times these."""
    return profile._replace(
        substitution=profile.substitution * errors,
        deletion=profile.deletion * errors,
        insertion=profile.insertion * errors,
        tract=profile.tract * stutter,
        repeat=profile.repeat * stutter,
        hotspots=profile.hotspots * hotspots,
    )


def sequence_long(
    pool: Pool, profile: LongProfile, fragments: Fragments, seed: int, places: int = 0
) -> tuple[Bytes, Bytes, Ints]:
    """Codes and qualities of all reads end to end, and where each begins (F + 1,).

    Args:
        pool: what the fragments are of.
        profile: errors and qualities.
        fragments: F fragments, read from end to end.
        seed: of everything drawn for a read.
        places: seed of what belongs to places, the same for all reads of a run.
    """
    room = (fragments.length * ROOM).astype(np.int64) + 100
    begin = np.concatenate([[0], np.cumsum(room)])
    bases, qualities = np.empty(begin[-1], np.uint8), np.empty(begin[-1], np.uint8)
    sizes = sequence_all(
        pool, profile, fragments, np.uint64(seed), np.uint64(places), begin, bases, qualities
    )
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    # Row by row: the first `sizes` places of its room.
    keep = np.arange(starts[-1]) + np.repeat(begin[:-1] - starts[:-1], sizes)
    return bases[keep], qualities[keep], starts

"""The error profile of the held-out simulated samples, which no training sample has."""

import numpy as np

from seqcnn.calling.simulate.profile import Array, Profile, built_in_profile


def held_out_profile() -> Profile:
    """hiseqx, changed in everything that reads are made from.

    Fragments a quarter longer; other quality values, lower ones more often; a third more errors at
    each of them and twice as many C>A and G>T; worse differences between reads; more positions that
    one strand misreads; indels of the mean of hiseqx and hiseq, half as many again.
    """
    base, other = built_in_profile("hiseqx"), built_in_profile("hiseq")
    shares = np.diff(base.substitution, axis=1, prepend=0.0)
    shares[1, 0] *= 2
    shares[2, 3] *= 2
    shares /= shares.sum(1, keepdims=True)
    # A cumulative table raised to less than 1 moves weight to its first, lowest qualities.
    return base._replace(
        name="held out",
        read_length=150,
        fragment_lengths=base.fragment_lengths * 1.25,
        qualities=np.array([12, 21, 26, 32, 36, 41], np.uint8),
        first_quality=base.first_quality**0.9,
        next_quality=base.next_quality**0.9,
        mismatch=np.minimum(base.mismatch * 1.33, 0.75),
        substitution=np.cumsum(shares, axis=1),
        deletion=_between(base.deletion, other.deletion),
        insertion=_between(base.insertion, other.insertion),
        duplicates=0.05,
        chimeras=base.chimeras * 1.5,
        spread=1.5,
        hotspots=base.hotspots * [1.5, 1.0, 1.2],
        bursts=base.bursts * [1.5, 1.0, 1.0],
    )


def _between(one: Array, other: Array) -> Array:
    return np.minimum((one + other) / 2 * 1.5, 0.5)

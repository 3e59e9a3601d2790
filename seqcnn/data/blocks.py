"""Splits of positions: whole contigs where they are named, else blocks of 100 kb."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seqcnn.data.pileups import BLOCK
from seqcnn.data.splits import check_shares, split_by_contig
from seqcnn.errors import InputError


def split_positions(
    contig: npt.NDArray[np.str_],
    pos: npt.NDArray[np.int64],
    lengths: Mapping[str, int],
    *,
    val: Sequence[str] = (),
    test: Sequence[str] = (),
    shares: tuple[float, float] = (0.1, 0.1),
    gap: int = 0,
    seed: int = 0,
) -> npt.NDArray[np.str_]:
    """The split (N,) of 0-based positions: "train", "val", "test".

    `val` and `test` name contigs (see `split_by_contig`). A split without names gets its share of
    the blocks of the other contigs that hold positions, chosen by `seed`; the same block of a
    contig is in the same split in every file. Positions within `gap` bp of a block of another
    split get "".

    Raises:
        InputError: as `split_by_contig`, or there are fewer blocks than splits.
    """
    check_shares(shares)
    whole = split_by_contig(lengths, val=val, test=test, shares=(0.0, 0.0))
    block = pos // BLOCK
    goals = {
        split: share
        for split, share, named in (("val", shares[0], val), ("test", shares[1], test))
        if not named
    }
    free = sorted(
        {
            (str(name), int(number))
            for name, number in zip(contig, block, strict=True)
            if whole[str(name)] == "train"
        }
    )
    if len(free) <= len(goals):
        raise InputError(
            f"{len(free)} blocks of {BLOCK:,} bp with sites are left for train"
            f"{''.join(', ' + split for split in goals)}; give more regions, or name contigs with "
            "--val-contigs and --test-contigs"
        )
    order = np.random.default_rng(seed).permutation(len(free))
    dealt: dict[tuple[str, int], str] = {}
    first = 0
    for split, share in goals.items():
        number = max(1, round(share * len(free)))
        dealt |= {free[index]: split for index in order[first : first + number]}
        first += number

    def of(name: str, number: int) -> str:
        return dealt.get((name, number), whole[name])

    found = np.empty(len(pos), "<U5")
    for name, number in {(str(a), int(b)) for a, b in zip(contig, block, strict=True)}:
        here = (contig == name) & (block == number)
        mine = of(name, number)
        at = pos[here] - number * BLOCK
        near = ((at < gap) & (of(name, number - 1) != mine) & (number > 0)) | (
            (at >= BLOCK - gap)
            & (of(name, number + 1) != mine)
            & ((number + 1) * BLOCK < lengths[name])
        )
        found[here] = np.where(near, "", mine)
    return found

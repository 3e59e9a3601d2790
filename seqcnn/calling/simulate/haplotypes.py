"""Haplotypes: the reference with one side of the phased variants put in."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.simulate.variants import Codes, Phased, edits


class Sequence(NamedTuple):
    """Bases that fragments are taken from, with the reference position of each.

    An inserted base has the position of the base before it; -1 is no position.
    """

    codes: Codes  # (L,)
    position: npt.NDArray[np.int64]  # (L,)


def build_haplotype(codes: Codes, offset: int, variants: list[Phased], haplotype: int) -> Sequence:
    """The reference `codes`, which begin at `offset`, as haplotype 0 or 1 has them.

    Args:
        codes: (L,) of the reference.
        offset: 0-based position of codes[0].
        variants: sorted, without conflicts; those not wholly inside are left out.
        haplotype: 0 or 1.
    """
    end_of_all = offset + len(codes)
    pieces: list[Codes] = []
    positions: list[npt.NDArray[np.int64]] = []
    here = offset
    for start, end, text in edits(variants, haplotype):
        if start < here or end > end_of_all:
            continue
        pieces += [codes[here - offset : start - offset], text]
        positions.append(np.arange(here, start))
        before = max(start - 1, offset)
        # Substituted bases keep their own positions; inserted ones take that of the base before.
        same = min(len(text), end - start)
        own = np.full(len(text), before if end == start else end - 1)
        own[:same] = np.arange(start, start + same)
        positions.append(own)
        here = end
    pieces.append(codes[here - offset :])
    positions.append(np.arange(here, end_of_all))
    return Sequence(np.concatenate(pieces), np.concatenate(positions).astype(np.int64))

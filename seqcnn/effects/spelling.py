"""One spelling for every variant, so that equal changes of a sequence get equal scores."""

import numpy as np

from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import N_CODE, decode, encode

_FIRST_LOOK = 64  # bp to the left of an indel; four times more as long as all of it is a repeat


def normalised(genome: Genome, contig: int, pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Position and alleles without the bases that both share, an indel as far left as it goes.

    Shared bases go from the end first, then from the start; unlike in a VCF no base is kept to
    stand on, so that `ref` of an insertion and `alt` of a deletion are empty. `contig` is an index
    into the genome's names, `pos` 0-based.
    """
    pos, ref, alt = _trimmed(pos, ref, alt)
    if bool(ref) == bool(alt):
        return pos, ref, alt
    pos, moved = _left_aligned(genome, contig, pos, ref or alt)
    return (pos, moved, "") if ref else (pos, "", moved)


def _trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    shorter = min(len(ref), len(alt))
    end = 0
    while end < shorter and ref[-1 - end] == alt[-1 - end]:
        end += 1
    start = 0
    while start < shorter - end and ref[start] == alt[start]:
        start += 1
    return pos + start, ref[start : len(ref) - end], alt[start : len(alt) - end]


def _left_aligned(genome: Genome, contig: int, pos: int, bases: str) -> tuple[int, str]:
    """Where the `bases` that come in or go at `pos` may begin earliest, and how they then read."""
    index = np.array([contig])
    width = _FIRST_LOOK
    while True:
        before = genome.windows(index, np.array([pos - width]), width)[0]
        whole = np.concatenate([before, encode(bases)])
        same = (whole[:width] == whole[len(bases) :]) & (before < N_CODE)
        steps = width if same.all() else int(np.argmin(same[::-1]))
        if steps < width or width > pos:
            first = width - steps
            return pos - steps, decode(whole[first : first + len(bases)])
        width *= 4

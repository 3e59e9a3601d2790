"""One spelling for every variant, so that equal changes of a sequence get equal scores."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import N_CODE, decode, encode

_BASES = frozenset("ACGT")
_FIRST_LOOK = 64  # bp to the left of an indel; four times more as long as all of it is a repeat


Spelling = tuple[int, str, str]


def all_normalised(
    genome: Genome,
    contig: npt.NDArray[np.int64],
    pos: Sequence[int],
    refs: Sequence[str],
    alts: Sequence[str],
) -> list[Spelling]:
    """`normalised` of many, whose surroundings are read from the genome at once."""
    found = [_trimmed(*each) for each in zip(pos, refs, alts, strict=True)]
    indels = [row for row, (_, ref, alt) in enumerate(found) if bool(ref) != bool(alt)]
    if not indels:
        return found
    start = np.array([found[row][0] for row in indels], np.int64) - _FIRST_LOOK
    text = decode(genome.windows(contig[indels], start, _FIRST_LOOK).reshape(-1))
    for i, row in enumerate(indels):
        place, ref, alt = found[row]
        whole = text[i * _FIRST_LOOK : (i + 1) * _FIRST_LOOK] + (ref or alt)
        steps, size = 0, len(ref or alt)
        while steps < _FIRST_LOOK:
            letter = whole[_FIRST_LOOK - 1 - steps]
            if letter != whole[-1 - steps] or letter not in _BASES:
                break
            steps += 1
        if steps == _FIRST_LOOK:
            found[row] = normalised(genome, int(contig[row]), place, ref, alt)
            continue
        moved = whole[_FIRST_LOOK - steps :][:size]
        found[row] = (place - steps, moved, "") if ref else (place - steps, "", moved)
    return found


def normalised(genome: Genome, contig: int, pos: int, ref: str, alt: str) -> Spelling:
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

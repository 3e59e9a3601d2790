"""What the reads of a file are like, from a few places of it, before anything is called."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.read_profile import sum_reads
from seqcnn.data.alignments import Alignments, AlignmentsSpec, CorruptRegion
from seqcnn.data.reads import TooManyReads
from seqcnn.encoders.reads import Reads

PLACES, WIDTH = 32, 4000  # looked at, and bp of each
FEWEST = PLACES // 4  # places with reads; with fewer, the file is a piece of a genome
BIN = 100  # bp over which depth is averaged
WHOLE = 0.8  # share of the bins of a place that have reads, unless they are strays beside targets


class SampledReads(NamedTuple):
    """Median bp of a read, mean base quality, and median depth (None: reads lie here and there)."""

    read_length: float
    base_quality: float
    coverage: float | None


def sample_reads(spec: AlignmentsSpec) -> SampledReads | None:
    """The reads at places spread evenly over the contigs that have some; None without reads.

    It depends on the file alone, not on what is called of it. Places that are damaged, or too
    deep for memory, are passed over.
    """
    with spec.open() as alignments:
        found = _look(alignments, _spread(alignments))
        if len(found) < FEWEST:
            found = _look(alignments, _from_first_reads(alignments)) or found
    lengths = np.concatenate([one[0] for one in found]) if found else np.zeros(0, np.int64)
    if not len(lengths):
        return None
    quality = sum(one[1] for one in found) / max(int(lengths.sum()), 1)
    whole = [one[2] for one in found if (one[2] > 0).mean() >= WHOLE]
    known = len(whole) > 1 and 2 * len(whole) >= len(found)
    coverage = float(np.median(np.concatenate(whole))) if known else None
    return SampledReads(float(np.median(lengths)), quality, coverage)


def _spread(alignments: Alignments) -> list[tuple[str, int]]:
    names = alignments.contigs_with_reads()
    ends = np.cumsum([alignments.length_of[name] for name in names])
    if not len(ends):
        return []
    at = (np.arange(PLACES) + 0.5) * ends[-1] / PLACES
    contig = np.searchsorted(ends, at, side="right")
    first = np.concatenate([[0], ends[:-1]])
    return [(names[c], int(one - first[c])) for c, one in zip(contig, at, strict=True)]


def _from_first_reads(alignments: Alignments) -> list[tuple[str, int]]:
    """Places one after the other from the first read of each contig: a slice of a genome."""
    names = alignments.contigs_with_reads()[:PLACES]
    places = []
    for name in names:
        try:
            first = next(alignments.segments(name, 0, alignments.length_of[name]), None)
        except CorruptRegion:
            continue
        if first is not None:
            each = -(-PLACES // len(names))
            places += [(name, first.reference_start + number * WIDTH) for number in range(each)]
    return places


def _look(
    alignments: Alignments, places: list[tuple[str, int]]
) -> list[tuple[npt.NDArray[np.int64], int, npt.NDArray[np.float64]]]:
    """Of each place with reads: their lengths, the sum of their qualities, and depth by bin."""
    found = []
    for contig, start in places:
        end = min(start + WIDTH, alignments.length_of[contig])
        if start >= end:
            continue
        try:
            reads = alignments.reads(contig, start, end, bounded=True)
        except (CorruptRegion, TooManyReads):
            continue
        if len(reads.start):
            sums = sum_reads(reads, start, end)
            found.append((sums.lengths, sums.quality, _depth(reads, start, end)))
    return found


def _depth(reads: Reads, start: int, end: int) -> npt.NDArray[np.float64]:
    steps = np.zeros(end - start + 1, np.int64)
    np.add.at(steps, np.clip(reads.start - start, 0, end - start), 1)
    np.add.at(steps, np.clip(reads.end - start, 0, end - start), -1)
    depth = np.cumsum(steps)[:-1]
    firsts = np.arange(0, len(depth), BIN)
    return np.add.reduceat(depth, firsts) / np.diff(np.append(firsts, len(depth)))

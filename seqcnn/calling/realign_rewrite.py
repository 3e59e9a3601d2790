"""Reads with some of their alignments replaced, again sorted by start."""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_scan import Integers
from seqcnn.encoders.reads import DELETION, MATCH, SKIP, Reads


def rewrite(
    reads: Reads,
    changed: Integers,
    start: Integers,
    count: Integers,
    cigar: npt.NDArray[np.uint32],
) -> Reads:
    """The reads, of which those in `changed` (ascending) get a new start and operations.

    `cigar` holds `count[k]` operations of each, one after another. Reads that now start at one
    position keep their order.
    """
    starts, ends = reads.start.copy(), reads.end.copy()
    starts[changed] = start
    sizes = np.diff(reads.cigar_start)
    sizes[changed] = count
    source = reads.cigar_start[:-1].copy()
    source[changed] = -1 - np.concatenate(([0], np.cumsum(count)[:-1]))
    order = np.argsort(starts, kind="stable")
    moved = bool((order[1:] < order[:-1]).any())
    cigar_start = np.concatenate(([0], np.cumsum(sizes[order]))).astype(np.int64)
    written = np.empty(cigar_start[-1], np.uint32)
    _copy_cigars(reads.cigar, cigar, source, sizes, order, starts, ends, written)
    reads = reads._replace(start=starts, end=ends)
    if moved:
        lengths = np.diff(reads.base_start)[order]
        base_start = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        bases, qualities = np.empty_like(reads.bases), np.empty_like(reads.qualities)
        _copy_bases(reads, order, base_start, bases, qualities)
        reads = reads._replace(
            start=reads.start[order],
            end=reads.end[order],
            flag=reads.flag[order],
            mapping_quality=reads.mapping_quality[order],
            template_length=reads.template_length[order],
            fragment=reads.fragment[order],
            haplotype=reads.haplotype[order],
            base_start=base_start,
            bases=bases,
            qualities=qualities,
        )
    return reads._replace(cigar_start=cigar_start, cigar=written)


@njit(cache=True, nogil=True)
def _copy_cigars(
    old: npt.NDArray[np.uint32],
    new: npt.NDArray[np.uint32],
    source: Integers,
    sizes: Integers,
    order: Integers,
    starts: Integers,
    ends: Integers,
    written: npt.NDArray[np.uint32],
) -> None:
    """Copy operations in `order`; where `source` is under 0 they are new, and so is the end."""
    at = 0
    for i in order:
        size = sizes[i]
        if source[i] >= 0:
            for k in range(size):
                written[at + k] = old[source[i] + k]
        else:
            end = starts[i]
            for k in range(size):
                word = new[-1 - source[i] + k]
                written[at + k] = word
                if word & 15 in (MATCH, DELETION, SKIP):
                    end += np.int64(word >> 4)
            ends[i] = end
        at += size


@njit(cache=True, nogil=True)
def _copy_bases(
    reads: Reads,
    order: Integers,
    base_start: Integers,
    bases: npt.NDArray[np.uint8],
    qualities: npt.NDArray[np.uint8],
) -> None:
    """Copy in `order`, in one piece as many neighbours as stay together."""
    k = 0
    while k < len(order):
        together = k + 1
        while together < len(order) and order[together] == order[together - 1] + 1:
            together += 1
        low, high = reads.base_start[order[k]], reads.base_start[order[together - 1] + 1]
        to = base_start[k]
        bases[to : to + high - low] = reads.bases[low:high]
        qualities[to : to + high - low] = reads.qualities[low:high]
        k = together

"""Candidate gaps: the insertions and deletions that a read near them may have instead."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.realign_scan import Codes, Integers, Scan
from seqcnn.encoders.reads import Reads

# What a gap costs a read, in Phred: how rare it is, where enough fragments have it.
LEAST, MOST, UNSUPPORTED = 3, 15, 45
SHARES = np.array([10 ** -((cost + 0.5) / 10) for cost in range(MOST - 1, LEAST - 1, -1)])
MIN_FRAGMENTS, MIN_SHARE = 2, 0.04


class ClipGaps(NamedTuple):
    """Gaps that soft clips suggest; as `CandidateGaps`, in any order."""

    anchor: Integers
    length: Integers
    sequence: npt.NDArray[np.uint64]
    fragments: Integers
    first: Integers
    inserted: Codes


class CandidateGaps(NamedTuple):
    """One row a gap, left-aligned, sorted by anchor, length and sequence."""

    anchor: Integers  # (K,) index in the reference of the base before the gap
    length: Integers  # (K,) bases more than the reference: deletions under 0
    cost: npt.NDArray[np.int32]  # (K,)
    fragments: Integers  # (K,) that show it
    first: Integers  # (K,) where its bases begin in `inserted`
    inserted: Codes


def candidate_gaps(scan: Scan, reads: Reads, clips: ClipGaps) -> tuple[CandidateGaps, Integers]:
    """All gaps of the reads and of clips, and the row of each gap of `scan`."""
    anchor, length, read, query, turn = scan.gap
    gaps = len(anchor)
    everything = (
        np.concatenate([anchor, clips.anchor]),
        np.concatenate([length, clips.length]),
        np.concatenate([scan.gap_sequence, clips.sequence]),
        np.concatenate([reads.fragment[read], np.zeros(len(clips.anchor), np.uint64)]),
    )
    order = np.lexsort(everything[::-1])
    anchor, length, sequence, fragment = (field[order] for field in everything)
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(anchor) != 0) | (np.diff(length) != 0) | (sequence[1:] != sequence[:-1])
    weight = np.concatenate([np.ones(gaps, np.int64), clips.fragments])[order]
    again = np.zeros(len(order), np.bool_)
    again[1:] = ~new[1:] & (fragment[1:] == fragment[:-1])  # the mate
    by_clips = order >= gaps
    again[by_clips] = False
    again[1:][by_clips[:-1]] = False
    weight[again] = 0
    row = np.cumsum(new) - 1
    head = np.flatnonzero(new)
    fragments = np.add.reduceat(weight, head) if len(head) else np.empty(0, np.int64)
    row_of = np.empty(len(order), np.int64)
    row_of[order] = row
    source = order[head]
    sizes = np.maximum(length[head], 0)
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    inserted = np.empty(first[-1], np.uint8)
    for k in np.flatnonzero(sizes):
        s, n = int(source[k]), int(sizes[k])
        if s < gaps:
            bases = np.roll(reads.bases[query[s] : query[s] + n], turn[s])
        else:
            at = clips.first[s - gaps]
            bases = clips.inserted[at : at + n]
        inserted[first[k] : first[k] + n] = bases
    cost = _costs(fragments, scan.depth[anchor[head]])
    table = CandidateGaps(anchor[head], length[head], cost, fragments, first[:-1], inserted)
    return table, row_of[:gaps]


def _costs(fragments: Integers, depth: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    share = fragments / np.maximum(np.maximum(depth, fragments), 1)
    # By comparison: a logarithm may round differently at different places of an array.
    cost = MOST - np.searchsorted(SHARES, share, side="right")
    enough = (fragments >= MIN_FRAGMENTS) & (share >= MIN_SHARE)
    return np.where(enough, cost, UNSUPPORTED).astype(np.int32)

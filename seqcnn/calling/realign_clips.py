"""Candidate gaps from soft clips: indels too long for the aligner to open a gap for them.

Clips that several fragments share at one edge vote for what comes after it. That continues on the
reference further on (a deletion) or further back (a tandem duplication), comes back to the edge
(an insertion within the clips), or overlaps what clips on the other side of the edge show (an
insertion longer than they are).
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_consensus import LEFT, LONGEST, RIGHT, SHORTEST, consensus, jump, varied
from seqcnn.calling.realign_gaps import ClipGaps
from seqcnn.calling.realign_scan import Codes, Integers, Scan
from seqcnn.encoders.evidence import hash_insertion, shift_deletion, shift_insertion
from seqcnn.encoders.reads import Reads

FARTHEST_APART = 40  # edges of the two sides of one insertion: it repeats so many bases


def gaps_from_clips(scan: Scan, reads: Reads, reference: Codes) -> ClipGaps:
    """Gaps that explain clips which at least two fragments share; left-aligned."""
    edge, side, read, length = scan.clip
    fragment = reads.fragment[read]
    order = np.lexsort((read, fragment, side, edge))
    edge, side, read, length = (field[order] for field in scan.clip)
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(edge) != 0) | (np.diff(side) != 0)
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = new[1:] | (fragment[order][1:] != fragment[order][:-1])
    head = np.flatnonzero(new)
    if not len(head):
        return _table([], [], [], [], np.empty(0, np.uint8))
    fragments = np.add.reduceat(fresh.astype(np.int64), head)
    good = (fragments >= 2) & (np.maximum.reduceat(length, head) >= SHORTEST)
    tail = np.append(head[1:], len(order))
    head, tail, fragments = head[good], tail[good], fragments[good]
    clusters = len(head)
    found = np.zeros((4, clusters), np.int64)
    inserted = np.empty((clusters, 2 * LONGEST), np.uint8)
    _explain(
        reads, reference, edge, side, read, length, head, tail, fragments, found, inserted
    )  # fmt: skip
    rows = np.flatnonzero(found[1])
    anchor, size, counted, sequence = found[:, rows]
    bases = [inserted[row, : max(0, n)] for row, n in zip(rows, size, strict=True)]
    flat = np.concatenate(bases) if bases else np.empty(0, np.uint8)
    return _table(anchor, size, sequence, counted, flat)


def _table(
    anchor: npt.ArrayLike,
    length: npt.ArrayLike,
    sequence: npt.ArrayLike,
    fragments: npt.ArrayLike,
    inserted: Codes,
) -> ClipGaps:
    sizes = np.maximum(np.asarray(length, np.int64), 0)
    return ClipGaps(
        np.asarray(anchor, np.int64),
        np.asarray(length, np.int64),
        np.asarray(sequence, np.int64).view(np.uint64),
        np.asarray(fragments, np.int64),
        (np.cumsum(sizes) - sizes).astype(np.int64),
        inserted,
    )


@njit(cache=True, nogil=True)
def _explain(
    reads: Reads,
    reference: Codes,
    edge: Integers,
    side: Integers,
    read: Integers,
    length: Integers,
    head: Integers,
    tail: Integers,
    fragments: Integers,
    found: Integers,
    inserted: Codes,
) -> None:
    """Fill anchor, length, fragments and hash of the gap of each cluster; length 0 is none."""
    clusters = len(head)
    agreed = np.zeros(clusters, np.int64)
    outward = np.empty((clusters, LONGEST), np.uint8)
    for k in range(clusters):
        first, last = head[k], tail[k]
        agreed[k] = consensus(reads, side, read, length, first, last, outward[k])
        bases = outward[k, : agreed[k]]
        if not varied(bases):
            agreed[k] = 0
            continue
        gap = jump(bases, reference, edge[first], side[first])
        if gap != 0:
            _note(bases, reference, edge[first], side[first], gap, fragments[k], k, found, inserted)
            agreed[k] = 0
    for k in range(clusters):
        if agreed[k] == 0 or side[head[k]] != RIGHT:
            continue
        for other in range(max(0, k - 40), min(clusters, k + 40)):
            apart = edge[head[k]] - edge[head[other]]
            if agreed[other] == 0 or side[head[other]] != LEFT or not 0 <= apart <= FARTHEST_APART:
                continue
            size = _join(
                outward[k, : agreed[k]], outward[other, : agreed[other]], reference,
                edge[head[other]], edge[head[k]], inserted[k],
            )  # fmt: skip
            if size > 0:
                _left_align(
                    reference, edge[head[k]] - 1, size, fragments[k] + fragments[other], k,
                    found, inserted,
                )  # fmt: skip
                break


@njit(cache=True, nogil=True)
def _note(
    bases: Codes,
    reference: Codes,
    edge: int,
    side: int,
    gap: int,
    fragments: int,
    row: int,
    found: Integers,
    inserted: Codes,
) -> None:
    anchor = edge - 1
    if gap < 0 and side == LEFT:
        anchor += gap
    for j in range(max(0, gap)):
        # Beyond the clip the insertion repeats the reference: a tandem duplication.
        if j < len(bases):
            base = bases[j]
        else:
            base = reference[edge - gap + j] if side == RIGHT else reference[edge - 1 + gap - j]
        inserted[row, j if side == RIGHT else gap - 1 - j] = base
    _left_align(reference, anchor, gap, fragments, row, found, inserted)


@njit(cache=True, nogil=True)
def _join(right: Codes, left: Codes, reference: Codes, low: int, high: int, inserted: Codes) -> int:
    """Join clips of both sides into one insertion before `high`; its length, or 0.

    `right` are the bases after `high`, `left` those before `low`, outwards (so from right to left).
    """
    size = len(left) + high - low
    whole = np.empty(size, np.uint8)
    for j in range(len(left)):
        whole[len(left) - 1 - j] = left[j]
    whole[len(left) :] = reference[low:high]
    best = SHORTEST - 1
    length = 0
    at = 0
    for offset in range(1 - size, len(right)):
        n = offset + size
        overlap = min(n, len(right)) - max(0, offset)
        if n < 1 or n > len(inserted) or overlap <= best:
            continue
        if _joined(right, whole, reference, high, offset):
            best, length, at = overlap, n, offset
    for j in range(length):
        inserted[j] = right[j] if j < len(right) else whole[j - at]
    return length


@njit(cache=True, nogil=True)
def _joined(right: Codes, whole: Codes, reference: Codes, high: int, offset: int) -> bool:
    """Whether both agree when `whole` begins at base `offset` of the insertion.

    What either has beyond the insertion's ends must be the reference.
    """
    n = offset + len(whole)
    wrong = 0
    for j in range(offset, len(right)):
        there = high + j if j < 0 else high + j - n
        if j < 0:
            wrong += 0 <= there < len(reference) and whole[j - offset] != reference[there]
        elif j < n:
            wrong += right[j] != whole[j - offset]
        else:
            wrong += there < len(reference) and right[j] != reference[there]
        if 15 * wrong > len(right) - offset:
            return False
    return True


@njit(cache=True, nogil=True)
def _left_align(
    reference: Codes,
    anchor: int,
    gap: int,
    fragments: int,
    row: int,
    found: Integers,
    inserted: Codes,
) -> None:
    hashed = np.uint64(0)
    if gap < 0:
        turn = shift_deletion(reference, anchor, -gap)
    else:
        bases = inserted[row, :gap].copy()
        turn = shift_insertion(reference, anchor, bases)
        hashed = hash_insertion(bases, turn)
        for j in range(gap):
            inserted[row, j] = bases[(j - turn) % gap]
        if bases.max() > 3:
            gap = 0
    found[0, row] = anchor - turn
    found[1, row] = gap
    found[2, row] = fragments
    found[3, row] = np.int64(hashed)

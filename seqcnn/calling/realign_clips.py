"""Candidate gaps from soft clips: indels too long for the aligner to open a gap for them.

Clips that several fragments share at one edge vote for what comes after it. That continues on the
reference further on (a deletion) or further back (a tandem duplication), comes back to the edge
(an insertion within the clips), or overlaps what clips on the other side of the edge show (an
insertion longer than they are).
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign_gaps import ClipGaps
from seqcnn.calling.realign_scan import LONGEST_GAP, Codes, Integers, Scan
from seqcnn.encoders.evidence import hash_insertion, shift_deletion, shift_insertion
from seqcnn.encoders.reads import Reads

LEFT, RIGHT = 0, 1  # the side of the read that is clipped
LONGEST = 300  # bases of a clip that are looked at
SHORTEST = 12  # bases that must agree
VARIED = 5  # neighbours that differ among them, else they may be from anywhere
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
        agreed[k] = _consensus(reads, side, read, length, first, last, outward[k])
        bases = outward[k, : agreed[k]]
        if not _varied(bases):
            agreed[k] = 0
            continue
        gap = _jump(bases, reference, edge[first], side[first])
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
def _consensus(
    reads: Reads,
    side: Integers,
    read: Integers,
    length: Integers,
    first: int,
    last: int,
    outward: Codes,
) -> int:
    """Vote, by quality, for the clipped bases from the edge outwards; 0 where reads disagree."""
    longest = 0
    for row in range(first, last):
        longest = max(longest, min(length[row], LONGEST))
    votes = np.zeros((longest, 4), np.int64)
    for row in range(first, last):
        for j in range(min(length[row], longest)):
            at = _clipped_base(reads, read[row], side[row], length[row], j)
            if reads.bases[at] <= 3:
                votes[j, reads.bases[at]] += reads.qualities[at]
    for j in range(longest):
        outward[j] = np.argmax(votes[j])
    for row in range(first, last):
        wrong = 0
        for j in range(min(length[row], longest)):
            at = _clipped_base(reads, read[row], side[row], length[row], j)
            wrong += reads.bases[at] != outward[j] and reads.qualities[at] >= 15
        if 10 * wrong > min(length[row], longest):
            return 0
    return longest


@njit(cache=True, nogil=True)
def _clipped_base(reads: Reads, i: int, side: int, length: int, j: int) -> int:
    if side == RIGHT:
        return reads.base_start[i + 1] - length + j
    return reads.base_start[i] + length - 1 - j


@njit(cache=True, nogil=True)
def _varied(bases: Codes) -> bool:
    changes = 0
    for j in range(1, len(bases)):
        changes += bases[j] != bases[j - 1]
    return len(bases) >= SHORTEST and changes >= VARIED


@njit(cache=True, nogil=True)
def _agreement(
    bases: Codes, from_base: int, reference: Codes, edge: int, side: int, offset: int
) -> int:
    """Bases (from one on) that match the reference from `offset` beyond the edge, in its direction.

    0 where fewer than SHORTEST do or more than a tenth differ.
    """
    size = len(bases) - from_base
    wrong = 0
    for j in range(size):
        there = edge + offset + j if side == RIGHT else edge - 1 - offset - j
        if not 0 <= there < len(reference):
            return 0
        wrong += reference[there] != bases[from_base + j]
        if 10 * wrong > size:
            return 0
    return size - 4 * wrong if size >= SHORTEST else 0


@njit(cache=True, nogil=True)
def _jump(bases: Codes, reference: Codes, edge: int, side: int) -> int:
    """The gap after which the bases match best: length of an insertion, less that of a deletion."""
    best = 0
    gap = 0
    for n in range(1, LONGEST_GAP + 1):
        deleted = _agreement(bases, 0, reference, edge, side, n)
        doubled = _agreement(bases, 0, reference, edge, side, -n)
        new = _agreement(bases, n, reference, edge, side, 0)
        if deleted > best:
            best, gap = deleted, -n
        if max(doubled, new) > best:
            best, gap = max(doubled, new), n
    return gap


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
def _join(
    right: Codes, left: Codes, reference: Codes, low: int, high: int, inserted: Codes
) -> int:
    """Join clips of both sides into one insertion before `high`; its length, or 0.

    `right` are the bases after `high`, `left` those before `low`, outwards (so from right to left).
    """
    size = len(left) + high - low
    whole = np.empty(size, np.uint8)
    for j in range(len(left)):
        whole[len(left) - 1 - j] = left[j]
    whole[len(left) :] = reference[low:high]
    for overlap in range(min(len(right), size), SHORTEST - 1, -1):
        wrong = 0
        for j in range(overlap):
            wrong += right[len(right) - overlap + j] != whole[j]
        if 15 * wrong <= overlap and len(right) + size - overlap <= len(inserted):
            inserted[: len(right)] = right
            inserted[len(right) : len(right) + size - overlap] = whole[overlap:]
            return len(right) + size - overlap
    return 0


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

"""Minimizers: a sample of a sequence's k-mers that similar sequences share.

Of every 10 consecutive 15-mers the one with the least hash is kept (Roberts et al. 2004); a k-mer
and its reverse complement count as one, so that the strand does not matter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.data.examples import Examples
from seqcnn.encoders.dna import Codes

K = 15
WINDOW = 10
CHUNK = 8192  # sequences at a time
# Beyond so many, only minimizers with a hash divisible by 2, 4, … are kept, in all sets alike.
MOST = 30_000_000

Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Minimizers:
    """Distinct minimizers by sequence: those of row i are values[begin[i]:begin[i + 1]]."""

    values: npt.NDArray[np.uint32]
    begin: Integers

    def __len__(self) -> int:
        return len(self.begin) - 1


@dataclass(frozen=True)
class Shared:
    """For each query sequence, its best match among the others.

    Attributes:
        share: (n,) of its informative minimizers that one single other sequence has.
        partner: (n,) that sequence, -1 where none shares any.
        informative: (n,) bool; False where too few minimizers are left to judge by.
        common: distinct minimizers ignored because too many sequences have them.
    """

    share: npt.NDArray[np.float64]
    partner: Integers
    informative: npt.NDArray[np.bool_]
    common: int


def thinning(sequences: int, length: int) -> int:
    """Power of two by which minimizers are thinned, so that a set of this size fits in memory."""
    expected = sequences * max(length - K + 1, 0) * 2 / (WINDOW + 1)
    return max(0, int(np.ceil(np.log2(expected / MOST)))) if expected > MOST else 0


def minimizers(examples: Examples, *, thinned: int = 0) -> Minimizers:
    """The distinct minimizers of every sequence; k-mers with a letter other than ACGT have none.

    With `thinned` t, about one in 2**t of them.
    """
    parts: list[npt.NDArray[np.uint32]] = []
    counts: list[Integers] = []
    scratch = np.empty(CHUNK * max(examples.length - K + 1, 1), np.uint32)
    for first in range(0, len(examples), CHUNK):
        rows = np.arange(first, min(first + CHUNK, len(examples)))
        count = np.zeros(len(rows), np.int64)
        used = _collect(examples.take(rows), np.uint64((1 << thinned) - 1), scratch, count)
        parts.append(scratch[:used].copy())
        counts.append(count)
    values = np.concatenate(parts) if parts else np.empty(0, np.uint32)
    return Minimizers(values, np.concatenate([[0], *counts]).cumsum())


def best_shared(query: Minimizers, others: Minimizers, *, most: int, fewest: int) -> Shared:
    """For each query sequence the largest share of its minimizers found in one other sequence.

    Args:
        query: sequences to look for.
        others: sequences to look in.
        most: a minimizer of more than so many of the others (a repeat) is ignored.
        fewest: minimizers that must be left for a sequence to be judged.
    """
    value, rows = _sorted(others.values, np.repeat(np.arange(len(others)), np.diff(others.begin)))
    starts = np.ones(len(value), np.bool_)
    starts[1:] = value[1:] != value[:-1]
    distinct = value[starts]
    bounds = np.append(np.flatnonzero(starts), len(value))
    # Looked up in order, neighbours lie in the cache; at random each would miss it.
    wanted, position = _sorted(query.values, np.arange(len(query.values)))
    place = np.empty(len(wanted), np.int64)
    place[position] = np.searchsorted(distinct, wanted)
    share = np.zeros(len(query))
    partner = np.full(len(query), -1, np.int64)
    informative = np.zeros(len(query), np.bool_)
    tally = np.zeros(len(others), np.int32)
    _tally(
        query.values, query.begin, distinct, bounds, rows, place, most, fewest, tally,
        share, partner, informative,
    )  # fmt: skip
    return Shared(share, partner, informative, int((np.diff(bounds) > most).sum()))


def _sorted(values: npt.NDArray[np.uint32], labels: Integers) -> tuple[Any, Integers]:
    """Values in order, with their labels."""
    # One sort of both packed in a word is several times as fast as an argsort.
    packed = (values.astype(np.uint64) << np.uint64(32)) | labels.astype(np.uint64)
    packed.sort()
    ordered = (packed >> np.uint64(32)).astype(np.uint32)
    return ordered, (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)


@njit(cache=True, nogil=True)
def _hash(kmer: np.uint64) -> np.uint64:
    """An invertible mix of 30 bits, so that distinct k-mers keep distinct values."""
    mask = np.uint64((1 << 30) - 1)
    x = (kmer * np.uint64(0x2545F491)) & mask
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x1B873593)) & mask
    return x ^ (x >> np.uint64(13))


@njit(cache=True, nogil=True)
def _collect(codes: Codes, thin: np.uint64, out: npt.NDArray[np.uint32], count: Integers) -> int:
    """Append the distinct minimizers of each row to `out`; returns how many there are."""
    none = np.uint64(1 << 40)
    mask = np.uint64((1 << (2 * K)) - 1)
    top = np.uint64(2 * (K - 1))
    recent = np.empty(WINDOW, np.uint64)
    used = 0
    for row in range(codes.shape[0]):
        first = used
        forward = backward = np.uint64(0)
        letters = kmers = 0
        least = last = none
        least_slot = 0
        for i in range(codes.shape[1]):
            code = np.uint64(codes[row, i])
            if code > np.uint64(3):
                letters = kmers = 0
                continue
            forward = ((forward << np.uint64(2)) | code) & mask
            backward = (backward >> np.uint64(2)) | ((np.uint64(3) - code) << top)
            letters += 1
            if letters < K:
                continue
            value = _hash(min(forward, backward))
            slot = kmers % WINDOW
            recent[slot] = value
            kmers += 1
            # The least of the window changes only by a lesser newcomer or when it drops out.
            if kmers == 1 or value <= least:
                least, least_slot = value, slot
            elif slot == least_slot:
                least = value
                for j in range(min(kmers, WINDOW)):
                    if recent[j] < least:
                        least, least_slot = recent[j], j
            if kmers < WINDOW:
                continue
            if least != last and least & thin == np.uint64(0):
                out[used] = np.uint32(least)
                used += 1
            last = least
        values = np.sort(out[first:used])
        used = first
        for j in range(len(values)):
            if j == 0 or values[j] != values[j - 1]:
                out[used] = values[j]
                used += 1
        count[row] = used - first
    return used


@njit(cache=True, nogil=True)
def _tally(
    values: npt.NDArray[np.uint32],
    begin: Integers,
    distinct: npt.NDArray[np.uint32],
    bounds: Integers,
    rows: Integers,
    place: Integers,
    most: int,
    fewest: int,
    tally: npt.NDArray[np.int32],
    share: npt.NDArray[np.float64],
    partner: Integers,
    informative: npt.NDArray[np.bool_],
) -> None:
    for query in range(len(begin) - 1):
        left = 0
        best = 0
        for i in range(begin[query], begin[query + 1]):
            at = place[i]
            if at == len(distinct) or distinct[at] != values[i]:
                left += 1
            elif bounds[at + 1] - bounds[at] <= most:
                left += 1
                for j in range(bounds[at], bounds[at + 1]):
                    other = rows[j]
                    tally[other] += 1
                    if tally[other] > best:
                        best = tally[other]
                        partner[query] = other
        for i in range(begin[query], begin[query + 1]):
            at = place[i]
            if at < len(distinct) and distinct[at] == values[i]:
                if bounds[at + 1] - bounds[at] <= most:
                    for j in range(bounds[at], bounds[at + 1]):
                        tally[rows[j]] = 0
        if left >= fewest:
            informative[query] = True
            share[query] = best / left

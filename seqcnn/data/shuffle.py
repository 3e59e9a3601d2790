"""Shuffles of sequences that keep every dinucleotide count.

A sequence is a path that uses each of its dinucleotides once, so its shuffles are the Eulerian
paths of the graph with letters as nodes and dinucleotides as edges. Drawing a random tree of last
exits that leads to the last letter, then the order of all other exits, makes every such path
equally likely (Altschul and Erickson 1985; Kandel et al. 1996; the tree by Wilson 1996).
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.dna import LETTERS, Codes
from seqcnn.errors import InputError

SYMBOLS = len(LETTERS)


def dinucleotide_shuffle(codes: Codes, *, seed: int) -> Codes:
    """Codes (N, L), each row a random sequence with the dinucleotide counts of that row of `codes`.

    First and last letter stay; N and the other ambiguity codes are symbols like any other. All
    sequences with these counts are equally likely, the row itself among them. Row i depends on
    `seed`, i and the row, not on how many rows there are.

    Raises:
        InputError: a value is no code.
    """
    if codes.size and codes.max() >= SYMBOLS:
        raise InputError(f"value {codes.max()} is not a code; codes run from 0 to {SYMBOLS - 1}")
    codes = np.ascontiguousarray(codes)
    out = np.empty_like(codes)
    # SeedSequence spreads the user's seed; the kernel spreads the row number over it.
    base = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    _shuffle_rows(codes, base, out)
    return out


@njit(cache=True, nogil=True)
def _mix(state: np.uint64) -> np.uint64:
    """The output function of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def _below(state: npt.NDArray[np.uint64], bound: np.int64) -> np.int64:
    """A random integer in [0, bound); uneven by less than bound / 2**32."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return np.int64(((_mix(state[0]) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@njit(cache=True, nogil=True)
def _shuffle_rows(codes: Codes, base: np.uint64, out: Codes) -> None:
    length = codes.shape[1]
    exits = np.empty(length, np.uint8)  # the letters that follow each letter, grouped by it
    begin = np.empty(SYMBOLS + 1, np.int64)
    used = np.empty(SYMBOLS, np.int64)
    last_exit = np.empty(SYMBOLS, np.int64)
    in_tree = np.empty(SYMBOLS, np.bool_)
    state = np.empty(1, np.uint64)
    for row in range(codes.shape[0]):
        if length < 3:
            out[row] = codes[row]
            continue
        state[0] = _mix(base + np.uint64(row) * np.uint64(0xD1342543DE82EF95))
        _group_exits(codes[row], exits, begin, used)
        _draw_tree(exits, begin, np.int64(codes[row, length - 1]), state, last_exit, in_tree)
        _order_exits(exits, begin, last_exit, np.int64(codes[row, length - 1]), state)
        _walk(np.int64(codes[row, 0]), exits, begin, used, out[row])


@njit(cache=True, nogil=True)
def _group_exits(
    row: Codes, exits: Codes, begin: npt.NDArray[np.int64], used: npt.NDArray[np.int64]
) -> None:
    begin[:] = 0
    for i in range(row.size - 1):
        begin[np.int64(row[i]) + 1] += 1
    for symbol in range(SYMBOLS):
        begin[symbol + 1] += begin[symbol]
        used[symbol] = begin[symbol]
    for i in range(row.size - 1):
        letter = np.int64(row[i])
        exits[used[letter]] = row[i + 1]
        used[letter] += 1


@njit(cache=True, nogil=True)
def _draw_tree(
    exits: Codes,
    begin: npt.NDArray[np.int64],
    root: np.int64,
    state: npt.NDArray[np.uint64],
    last_exit: npt.NDArray[np.int64],
    in_tree: npt.NDArray[np.bool_],
) -> None:
    """Give every letter but `root` its last exit, so that all lead to `root`, by Wilson's walk.

    An exit is drawn among all of a letter's, so a tree is as likely as its choices of edges. The
    last exit on leaving a letter overwrites the ones before, which erases the walk's loops.
    """
    in_tree[:] = False
    in_tree[root] = True
    for symbol in range(SYMBOLS):
        if begin[symbol] == begin[symbol + 1]:
            continue
        at = np.int64(symbol)
        while not in_tree[at]:
            last_exit[at] = begin[at] + _below(state, begin[at + 1] - begin[at])
            at = np.int64(exits[last_exit[at]])
        at = np.int64(symbol)
        while not in_tree[at]:
            in_tree[at] = True
            at = np.int64(exits[last_exit[at]])


@njit(cache=True, nogil=True)
def _order_exits(
    exits: Codes,
    begin: npt.NDArray[np.int64],
    last_exit: npt.NDArray[np.int64],
    root: np.int64,
    state: npt.NDArray[np.uint64],
) -> None:
    """Shuffle each letter's exits (Fisher-Yates), the chosen one put last."""
    for symbol in range(SYMBOLS):
        first, end = begin[symbol], begin[symbol + 1]
        if first == end:
            continue
        if symbol != root:
            end -= 1
            chosen = last_exit[symbol]
            exits[chosen], exits[end] = exits[end], exits[chosen]
        for i in range(end - 1, first, -1):
            j = first + _below(state, i - first + 1)
            exits[i], exits[j] = exits[j], exits[i]


@njit(cache=True, nogil=True)
def _walk(
    first: np.int64,
    exits: Codes,
    begin: npt.NDArray[np.int64],
    used: npt.NDArray[np.int64],
    out: Codes,
) -> None:
    for symbol in range(SYMBOLS):
        used[symbol] = begin[symbol]
    at = first
    out[0] = at
    for i in range(1, out.size):
        code = exits[used[at]]
        used[at] += 1
        out[i] = code
        at = np.int64(code)

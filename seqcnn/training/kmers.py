"""k-mer counts of DNA codes."""

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix


def kmer_columns(k: int, canonical: bool = True) -> tuple[np.ndarray, int]:
    """Column of each of the 4**k k-mers (first letter most significant), and how many columns.

    Canonical: a k-mer and its reverse complement share the column, in the order of the smaller.
    """
    number = np.arange(4**k, dtype=np.int64)
    if not canonical:
        return number.astype(np.int32), 4**k
    reverse = np.zeros_like(number)
    rest = number.copy()
    for _ in range(k):
        reverse = reverse * 4 + (3 - rest % 4)
        rest //= 4
    smaller = np.minimum(number, reverse)
    kept, column = np.unique(smaller, return_inverse=True)
    return column.astype(np.int32), len(kept)


def kmer_counts(codes: np.ndarray, k: int = 6, canonical: bool = True) -> csr_matrix:
    """Counts float32 `(N, columns)`, sparse, of codes uint8 `(N, L)`; 0..3 = ACGT.

    A k-mer with any other code is not counted. 2,080 columns for canonical 6-mers, else 4**k.
    """
    column, columns = kmer_columns(k, canonical)
    codes = np.ascontiguousarray(codes, dtype=np.uint8)
    starts, index, count = _count(codes, k, column, columns)
    return csr_matrix((count, index, starts), shape=(len(codes), columns))


@njit(cache=True)
def _count(
    codes: np.ndarray, k: int, column: np.ndarray, columns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, length = codes.shape
    widest = min(max(length - k + 1, 0), columns)
    starts = np.zeros(rows + 1, np.int64)
    index = np.empty(rows * widest, np.int32)
    count = np.empty(rows * widest, np.float32)
    seen = np.zeros(columns, np.int32)
    mask = 4**k - 1
    filled = 0
    for row in range(rows):
        first = filled
        number = 0
        run = 0
        for i in range(length):
            code = codes[row, i]
            if code > 3:
                run = 0
                continue
            number = ((number << 2) | code) & mask
            run += 1
            if run >= k:
                at = column[number]
                if seen[at] == 0:
                    index[filled] = at
                    filled += 1
                seen[at] += 1
        for j in range(first, filled):
            count[j] = seen[index[j]]
            seen[index[j]] = 0
        starts[row + 1] = filled
    return starts, index[:filled].copy(), count[:filled].copy()

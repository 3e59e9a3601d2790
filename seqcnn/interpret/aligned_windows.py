"""Windows of sequences brought into one register, and how much they have in common, in bits.

Pooling hides where in its step a motif stands, and networks that read both strands find it on
either: windows are shifted by less than one step, and turned, to agree best with each other.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from seqcnn.encoders.dna import COMPLEMENT, N_CODE

ROUNDS = 10  # of alignment, at most; it most often settles in three
INFORMATIVE = 0.2  # bits of a column that says something, at least
UNLIKELY = (
    21.1  # of 2 n ln 2 bits, which chance passes once in 10,000 columns (3 degrees of freedom)
)


class Aligned(NamedTuple):
    """Windows in one register: `codes` (k, W), `counts` (4, W) of their letters, the `shift` (k,)
    of each in bp along its own strand, and whether it is `turned` (k,), its reverse complement."""

    codes: np.ndarray
    counts: np.ndarray
    shift: np.ndarray
    turned: np.ndarray


def cut(codes: np.ndarray, rows: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Codes (k, width) from `starts` (k,) on in the sequences `rows`; N beyond their ends."""
    places = np.asarray(starts)[:, None] + np.arange(width)
    inside = (places >= 0) & (places < codes.shape[1])
    found = codes[np.asarray(rows)[:, None], places.clip(0, codes.shape[1] - 1)]
    return np.where(inside, found, np.uint8(N_CODE))


def align(
    codes: np.ndarray,
    rows: np.ndarray,
    starts: np.ndarray,
    width: int,
    *,
    slack: int,
    both_strands: bool,
    background: np.ndarray,
) -> Aligned:
    """Windows of `width` bp, each moved by up to `slack` bp and turned so that they agree.

    In turns, a matrix is made of the windows and each window goes where the matrix likes it best;
    once from the windows as they are, once from the first of them, and the better end is kept.

    Args:
        codes: uint8 (N, L), the sequences; `rows`, `starts` (k,): where windows begin in them.
        background: (4,) shares of the letters in the sequences.
    """
    wide = cut(codes, rows, np.asarray(starts) - slack, width + 2 * slack)
    strands = [wide, COMPLEMENT[wide][:, ::-1]] if both_strands else [wide]
    # (strands, k, 4, width + 2 slack)
    held = torch.from_numpy(np.stack([one_hot(one) for one in strands]))
    found = [
        _settled(strands, held, first, width, slack, background)
        for first in (np.arange(len(wide)), np.arange(min(1, len(wide))))
    ]
    return max(found, key=lambda one: total_bits(one.counts, background))


def _settled(
    strands: list[np.ndarray],
    held: torch.Tensor,
    seed: np.ndarray,
    width: int,
    slack: int,
    background: np.ndarray,
) -> Aligned:
    shift = np.full(held.shape[1], slack)
    turned = np.zeros(held.shape[1], np.int64)
    codes = _taken(strands, shift, turned, width)
    counts = letter_counts(codes[seed])
    for _ in range(ROUNDS if slack or len(strands) > 1 else 0):
        matrix = torch.from_numpy(_log_odds(counts, background)).float()
        scores = torch.stack([functional.conv1d(one, matrix[None])[:, 0] for one in held])
        # The place that a window has already wins what is equal.
        scores[turned, np.arange(len(codes)), shift] += 1e-4
        best = scores.permute(1, 0, 2).flatten(1).argmax(1).numpy()
        turned, shift = np.divmod(best, scores.shape[2])
        before, codes = codes, _taken(strands, shift, turned, width)
        counts = letter_counts(codes)
        if np.array_equal(before, codes):
            break
    return Aligned(codes, letter_counts(codes), shift - slack, turned.astype(bool))


def _taken(
    strands: list[np.ndarray], shift: np.ndarray, turned: np.ndarray, width: int
) -> np.ndarray:
    rows = np.arange(len(shift))[:, None]
    return np.stack(strands)[turned[:, None], rows, shift[:, None] + np.arange(width)]


def letter_counts(codes: np.ndarray) -> np.ndarray:
    """How many of A C G T (4, W) stand in each column of codes (k, W); other letters count none."""
    return np.asarray((codes[None] == np.arange(4)[:, None, None]).sum(1), float)


def one_hot(codes: np.ndarray) -> np.ndarray:
    """Float32 (k, 4, W) of codes (k, W), zeros where a letter is not known."""
    return np.asarray(codes[:, None] == np.arange(4)[:, None], np.float32)


def column_bits(counts: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Relative entropy (W,) of each column's letters to the background (4,), in bits.

    Less what as few letters drawn from the background would show by chance, 3 / (2 n ln 2) bits
    (Miller 1955; Schneider et al. 1986), so that columns without a message are 0 on average.
    Columns that fewer than half of the windows reach are 0.
    """
    number = counts.sum(0)
    shares = counts / number.clip(1)
    ratio = np.where(shares > 0, shares / background[:, None], 1.0)
    bits = (shares * np.log2(ratio)).sum(0) - 3 / (2 * np.log(2) * number.clip(1))
    return np.where(number * 2 > number.max(initial=0), bits, 0.0)


def total_bits(counts: np.ndarray, background: np.ndarray) -> float:
    """Bits over all columns, 0 at least."""
    return max(0.0, float(column_bits(counts, background).sum()))


def informative_columns(counts: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Columns of 0.2 bits or more, and more than chance gives once in 10,000 columns.

    By the likelihood ratio test: 2 n ln 2 times the bits of n letters is chi-squared.
    """
    unlikely = (UNLIKELY - 3) / (2 * np.log(2) * counts.sum(0).clip(1))
    return np.flatnonzero(column_bits(counts, background) >= np.maximum(INFORMATIVE, unlikely))


def composition(codes: np.ndarray) -> np.ndarray:
    """Shares (4,) of A C G T in sequences (N, L), none of them 0."""
    counts = np.bincount(codes.ravel(), minlength=4)[:4] + 1.0
    return np.asarray(counts / counts.sum())


def mean_composition(counts: np.ndarray) -> np.ndarray:
    """Shares (4,) of A C G T over all columns (4, W), none of them 0."""
    number = counts.sum(0)
    used = counts[:, number > 0] / number[number > 0]
    whole = used.sum(1) + 1e-3
    return np.asarray(whole / whole.sum())


def relative_entropy(shares: np.ndarray, background: np.ndarray) -> float:
    """Bits by which shares (4,) differ from the background."""
    return float((shares * np.log2(shares / background)).sum())


def consensus(counts: np.ndarray, background: np.ndarray) -> str:
    """The most frequent letter of each column, small where it is not informative, trimmed."""
    telling = informative_columns(counts, background)
    if not len(telling):
        return ""
    letters = [
        "ACGT"[row] if column in telling else "acgt"[row]
        for column, row in enumerate(counts.argmax(0))
    ]
    return "".join(letters[telling[0] : telling[-1] + 1])


def _log_odds(counts: np.ndarray, background: np.ndarray) -> np.ndarray:
    shares = (counts + background[:, None]) / (counts.sum(0) + 1)
    return np.asarray(np.log2(shares / background[:, None]))

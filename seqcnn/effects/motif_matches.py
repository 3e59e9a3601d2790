"""Where sequences match motifs of allowed bases, on both strands."""

from collections.abc import Sequence

import numpy as np

from seqcnn.encoders.alphabet import BASES
from seqcnn.encoders.dna import Codes

# Bool (15, 4): the bases that each code may stand for.
STANDS_FOR = np.array([[base in bases for base in "ACGT"] for bases in BASES])


def both_strands(allowed: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The motifs, bool (4, w) each, and their reverse complements, palindromes once."""
    found: list[np.ndarray] = []
    for motif in allowed:
        for strand in (motif, motif[::-1, ::-1]):
            if not any(np.array_equal(strand, known) for known in found):
                found.append(strand)
    return found


def occurrences(codes: Codes, motifs: Sequence[np.ndarray]) -> np.ndarray:
    """How often any of the motifs, bool (4, w), lies in each row of codes (N, L): int64 (N,).

    An ambiguous base matches where all that it may stand for is allowed.
    """
    total = np.zeros(len(codes), np.int64)
    for allowed in motifs:
        width = allowed.shape[1]
        places = codes.shape[1] - width + 1
        if places < 1:
            continue
        # (w, 15): whether a code matches a column.
        matches = ~(STANDS_FOR[:, :, None] & ~allowed[None]).any(axis=1).T
        here = np.ones((len(codes), places), bool)
        for column in range(width):
            here &= matches[column][codes[:, column : column + places]]
        total += here.sum(axis=1)
    return total

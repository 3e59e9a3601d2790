"""Aligned reads as flat arrays: what the kernels that count, realign and draw walk over."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# CIGAR operations, as BAM numbers them. `Reads` have no others: = and X are read as M and joined
# with it, hard clips and padding are left out.
MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP = range(5)

# Codes of bases beside A C G T = 0..3: any other letter, and "=", the same as the reference.
NO_BASE, SAME_BASE = 4, 5

PAIRED, REVERSE, SECOND_IN_PAIR = 0x1, 0x10, 0x80


class Reads(NamedTuple):
    """N reads of one contig, sorted by start and, at one start, in the order of the file.

    Numba kernels take it whole; `len(reads.start)` is N. Positions are 0-based on the contig. Read
    i has the bases `bases[base_start[i]:base_start[i+1]]` (soft clips among them) and the
    operations `cigar[cigar_start[i]:cigar_start[i+1]]`.
    """

    start: npt.NDArray[np.int64]  # (N,) first reference position
    end: npt.NDArray[np.int64]  # (N,) one past the last reference position
    flag: npt.NDArray[np.uint16]  # (N,) as in BAM
    mapping_quality: npt.NDArray[np.uint8]  # (N,)
    template_length: npt.NDArray[np.int32]  # (N,) as in BAM: signed, 0 = unknown
    fragment: npt.NDArray[np.uint64]  # (N,) hash of the read's name: mates share it
    haplotype: npt.NDArray[np.uint8]  # (N,) HP tag, 0 = none
    base_start: npt.NDArray[np.int64]  # (N + 1,)
    bases: npt.NDArray[np.uint8]  # codes, A C G T = 0..3; see above
    qualities: npt.NDArray[np.uint8]  # Phred, one a base
    cigar_start: npt.NDArray[np.int64]  # (N + 1,)
    cigar: npt.NDArray[np.uint32]  # length << 4 | operation

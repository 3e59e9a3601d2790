"""The sequences that a network is shown of each variant, with the reference and the alternative.

Of the two alleles of a variant the shorter stands in the middle of its window: its middle base,
of index `length // 2` of its allele, at index `L // 2`. The longer allele is shown twice, once with
the same left flank, so that the surplus pushes bases off the right end, and once with the same
right flank. All flanks are the genome's. So no base is made up, neither side is favoured, the
variant stays in the middle, and exchanging reference and alternative changes the sign of the score
and nothing else. Alleles of one length share both flanks and need one window each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import CODE_OF_BYTE, N_CODE, Codes

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """Variants in one spelling: at `pos` (n,), 0-based, of contig (n,) `ref` gives way to `alt`.

    `contig` are indices into the genome's names. Where `written` (n,), the genome does not have
    `ref` at `pos` and the reference is shown with it all the same.
    """

    contig: Integers
    pos: Integers
    ref: Sequence[str]
    alt: Sequence[str]
    written: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ref)

    def subset(self, rows: Integers) -> "Changes":
        """The variants of `rows`, in that order."""
        refs, alts = ([bases[row] for row in rows.tolist()] for bases in (self.ref, self.alt))
        return Changes(self.contig[rows], self.pos[rows], refs, alts, self.written[rows])


@dataclass(frozen=True)
class Windows:
    """Different sequences uint8 (w, L), and which of them show each variant.

    `ref` and `alt` (n, shifts, 2) are rows of `codes`; the last axis has the same left and the
    same right flank, one row twice where these are one.
    """

    codes: Codes
    ref: Integers
    alt: Integers

    def unknown(self) -> npt.NDArray[np.float64]:
        """The largest share of N in any window of each variant (n,)."""
        if not len(self.ref) or self.codes.max() < N_CODE:
            return np.zeros(len(self.ref))
        share = (self.codes == N_CODE).mean(axis=1)
        rows = np.concatenate([self.ref, self.alt], axis=2).reshape(len(self.ref), -1)
        found: npt.NDArray[np.float64] = share[rows].max(axis=1)
        return found


def variant_windows(
    genome: Genome, changes: Changes, length: int, shifts: Sequence[int]
) -> Windows:
    """Windows of `length` bp around each variant, moved along the genome by each of `shifts` bp.

    Neighbours and alleles of one record that have a reference window in common share it.
    """
    ref_bases = np.array([len(bases) for bases in changes.ref], np.int64)
    alt_bases = np.array([len(bases) for bases in changes.alt], np.int64)
    shorter = np.minimum(ref_bases, alt_bases)
    # Index in the window at which the shorter allele begins, (n, shifts).
    first = (length // 2 - shorter // 2)[:, None] - np.asarray(shifts, np.int64)[None]

    def begins(bases: Integers) -> Integers:
        """Where alleles of so many bases begin in their windows, (n, shifts, 2)."""
        return np.stack([first, first + (shorter - bases)[:, None]], axis=2)

    plain = np.flatnonzero(~changes.written)
    start = changes.pos[:, None, None] - begins(ref_bases)
    codes, ref = _genome_windows(genome, changes.contig, start, plain, length)
    parts = [codes]
    made = len(codes)
    alt = np.zeros_like(ref)
    every = np.arange(len(changes))
    for alleles, bases, rows, place in (
        (changes.ref, ref_bases, np.flatnonzero(changes.written), ref),
        (changes.alt, alt_bases, every, alt),
    ):
        if not len(rows):
            continue
        surplus = bases - ref_bases
        codes, index = _haplotypes(
            genome, changes, alleles, bases, surplus, begins(bases), rows, length
        )
        place[rows] = index + made
        parts.append(codes)
        made += len(codes)
    return Windows(np.concatenate(parts), ref, alt)


def _genome_windows(
    genome: Genome, contig: Integers, start: Integers, rows: Integers, length: int
) -> tuple[Codes, Integers]:
    """Windows of the genome at the starts (n, shifts, 2) of `rows`, none twice, and their index."""
    index = np.zeros(start.shape, np.int64)
    wanted = start[rows]
    # One number for contig and start; starts are off the contig by less than 2**39 bp.
    key = (np.broadcast_to(contig[rows, None, None], wanted.shape) << 40) + wanted + (1 << 39)
    unique, inverse = np.unique(key.reshape(-1), return_inverse=True)
    index[rows] = inverse.reshape(wanted.shape)
    starts = (unique & ((1 << 40) - 1)) - (1 << 39)
    return genome.windows(unique >> 40, starts, length), index


def _haplotypes(
    genome: Genome,
    changes: Changes,
    alleles: Sequence[str],
    bases: Integers,
    surplus: Integers,
    begin: Integers,
    rows: Integers,
    length: int,
) -> tuple[Codes, Integers]:
    """Windows of `rows` with their allele at `begin` (n, shifts, 2) in place of the genome's.

    The alleles have `bases` (n,), `surplus` (n,) more than the genome's.
    """
    one = begin[rows].reshape(-1)
    number = np.repeat(rows, begin.shape[1] * 2)
    # The second anchoring is a window of its own only where it differs.
    twin = np.zeros(begin[rows].shape, bool)
    twin[:, :, 1] = begin[rows][:, :, 1] == begin[rows][:, :, 0]
    own = ~twin.reshape(-1)
    index = np.cumsum(own).reshape(twin.shape) - 1
    one, number = one[own], number[own]
    left = changes.pos[number] - one
    codes = genome.windows(changes.contig[number], left, length)
    more = surplus[number]
    uneven = np.flatnonzero(more)
    if len(uneven):
        right = genome.windows(changes.contig[number[uneven]], (left - more)[uneven], length)
        end = (one + bases[number])[uneven]
        after = np.arange(length)[None] >= end[:, None]
        codes[uneven] = np.where(after, right, codes[uneven])
    _write_alleles(codes, alleles, bases, one, number)
    return codes, index


def _write_alleles(
    codes: Codes, alleles: Sequence[str], bases: Integers, begin: Integers, number: Integers
) -> None:
    """Write allele `number` into each row of `codes` from `begin` on, as far as it fits."""
    text = CODE_OF_BYTE[np.frombuffer("".join(alleles).encode(), np.uint8)]
    offset = np.cumsum(bases) - bases
    width = bases[number]
    row = np.repeat(np.arange(len(number)), width)
    place = np.arange(len(row)) - np.repeat(np.cumsum(width) - width, width)
    column = np.repeat(begin, width) + place
    inside = (column >= 0) & (column < codes.shape[1])
    source = np.repeat(offset[number], width) + place
    codes[row[inside], column[inside]] = text[source[inside]]

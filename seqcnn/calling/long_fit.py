"""Which allele a long read fits best whose own gap is none of the alleles.

Long reads get the lengths of repeats wrong: a read with a deletion of five bases, where other reads
show one of six, is one of these with an error rather than a kind of its own.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.calling.realign import RealignSettings
from seqcnn.encoders.observations import OTHER, UNKNOWN, Alleles, Observations
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SKIP, Reads

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


def are_long(reads: Reads) -> npt.NDArray[np.bool_]:
    """Which reads are too long to be realigned whole."""
    long: npt.NDArray[np.bool_] = np.diff(reads.base_start) > RealignSettings().longest_read
    return long


def fit_long_reads(
    reads: Reads,
    observations: Observations,
    alleles: Alleles,
    inserted: list[Codes],
    kept: npt.NDArray[np.bool_],
) -> Observations:
    """The same, but for long reads at sites of insertions and deletions alone.

    The gaps of a read anywhere between a site's anchor and the last place to which its alleles
    could be moved count, whatever the qualities of their bases, for the nearest of the reference
    and the `kept` alleles (A,), by the number of bases to add, to cut or to change; for none of
    them where two are as near, or the nearest is farther than a base and a quarter of its length.
    `inserted` are the bases of each allele's insertion.
    """
    long = are_long(reads)[observations.read]
    sizes = np.array([len(bases) for bases in inserted], np.int64)
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    letters = np.concatenate([*inserted, np.empty(0, np.uint8)])
    allele = observations.allele.copy()
    _fit(reads, observations, alleles, first, letters, kept, long, allele)
    same = observations.counted == observations.allele
    return observations._replace(
        allele=allele, counted=np.where(same, allele, observations.counted)
    )


@njit(cache=True, nogil=True)
def _fit(
    reads: Reads,
    observations: Observations,
    alleles: Alleles,
    first_letter: Integers,
    letters: Codes,
    kept: npt.NDArray[np.bool_],
    long: npt.NDArray[np.bool_],
    allele: npt.NDArray[np.int16],
) -> None:
    for site in range(len(alleles.position)):
        low, high = alleles.first[site], alleles.first[site + 1]
        gaps_only = True
        reach = np.int64(-1)
        for a in range(low, high):
            if kept[a]:
                gaps_only = gaps_only and alleles.base[a] < 0
                reach = max(reach, alleles.reach[a])
        if reach < 0 or not gaps_only:
            continue
        for o in range(observations.first[site], observations.first[site + 1]):
            c, i, code = observations.operation[o], observations.read[o], allele[o]
            if not long[o] or reads.cigar[c] & 15 != MATCH or reads.end[i] <= reach:
                continue
            if code > 0 and code != OTHER and kept[low + code - 1]:
                continue
            gaps, length, moved, query = _gaps_of(
                reads, observations, o, alleles, kept, site, reach
            )
            if gaps:
                allele[o] = _nearest(
                    reads, alleles, first_letter, letters, kept, low, high, length, moved, query
                )
            elif code == UNKNOWN:
                # Only the base at the anchor is in doubt, which is nothing to a gap.
                allele[o] = 0


@njit(cache=True, nogil=True)
def _gaps_of(
    reads: Reads,
    observations: Observations,
    o: int,
    alleles: Alleles,
    kept: npt.NDArray[np.bool_],
    site: int,
    reach: int,
) -> tuple[int, np.int64, np.int64, np.int64]:
    """The gaps of a read from the anchor to `reach`, but for the alleles of other sites.

    Returns how many, their sum (deletions under 0) and, of a lone insertion, how far right of the
    anchor it is and its first base (-1 for anything else).
    """
    i = observations.read[o]
    gaps, total, moved, first = 0, np.int64(0), np.int64(0), np.int64(-1)
    position = alleles.position[site] - observations.offset[o]
    query = observations.query[o] - observations.offset[o]
    for c in range(observations.operation[o], reads.cigar_start[i + 1] - 1):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation == SKIP or position > reach:
            break
        if operation == INSERTION or operation == DELETION:
            signed = length if operation == INSERTION else -length
            if not _is_allele(alleles, kept, site, position - 1, signed):
                gaps += 1
                total += signed
                moved = position - 1 - alleles.position[site]
                first = query if operation == INSERTION and gaps == 1 else np.int64(-1)
        if operation != INSERTION:
            position += length
        if operation != DELETION:
            query += length
    return gaps, total, moved, first


@njit(cache=True, nogil=True)
def _is_allele(
    alleles: Alleles, kept: npt.NDArray[np.bool_], site: int, anchor: int, length: int
) -> bool:
    """Whether a gap is a kept allele of another site than `site`."""
    other = np.searchsorted(alleles.position, anchor)
    if other == site or other == len(alleles.position) or alleles.position[other] != anchor:
        return False
    for a in range(alleles.first[other], alleles.first[other + 1]):
        if kept[a] and alleles.length[a] == length:
            return True
    return False


@njit(cache=True, nogil=True)
def _nearest(
    reads: Reads,
    alleles: Alleles,
    first_letter: Integers,
    letters: Codes,
    kept: npt.NDArray[np.bool_],
    low: int,
    high: int,
    length: int,
    moved: int,
    query: int,
) -> int:
    best, code, tied = np.abs(length), 0, False
    tolerated = np.int64(1)
    for a in range(low, high):
        if not kept[a]:
            continue
        size = alleles.length[a]
        distance = np.abs(size - length)
        if size > 0 and query >= 0:
            ours = letters[first_letter[a] : first_letter[a + 1]]
            distance += _changed(ours, reads.bases[query : query + length], moved)
        if distance == best:
            tied = True
        elif distance < best:
            best, code, tied = distance, a - low + 1, False
            tolerated = 1 + np.abs(size) // 4
    return OTHER if tied or best > tolerated else code


@njit(cache=True, nogil=True)
def _changed(one: Codes, two: Codes, moved: int) -> int:
    """Bases that differ, counted from the left or from the right, whichever are fewer.

    `two` lies `moved` positions further right than `one`, which turns what is inserted.
    """
    size = min(len(one), len(two))
    left, right = 0, 0
    for k in range(size):
        left += one[(k + moved) % len(one)] != two[k]
        right += one[(len(one) - 1 - k + moved) % len(one)] != two[len(two) - 1 - k]
    return min(left, right)

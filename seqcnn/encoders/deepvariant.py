"""DeepVariant's pileup image: 100 x 221 pixels, 6 or 7 channels, one row a read.

Poplin et al. 2018 (doi:10.1038/nbt.4235), as DeepVariant 1.5 to 1.9 draw it for short reads.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.observations import OTHER, Observations
from seqcnn.encoders.reads import (
    DELETION,
    INSERTION,
    MATCH,
    PAIRED,
    REVERSE,
    SECOND_IN_PAIR,
    SKIP,
    SOFT_CLIP,
    Reads,
)

HEIGHT, WIDTH = 100, 221
REFERENCE_ROWS = 5
SEED = 2101079370
MARGIN = 5  # a read this near to the variant is drawn
MATE_UNMAPPED = 0x8

CHANNELS = (
    *("read base", "base quality", "mapping quality", "strand", "supports variant"),
    *("differs from reference", "insert size"),
)
BASE, QUALITY, MAPPING, STRAND, SUPPORT, DIFFERENCE, INSERT = range(len(CHANNELS))

BASES = np.array([250, 30, 180, 100, 0, 0], np.uint8)  # A C G T, other letters
FORWARD, BACKWARD = 70, 240
SUPPORTS, SUPPORTS_NOT = 254, 152
SAME, DIFFERENT = 50, 254
MOST = 254  # a channel's value at its cap
QUALITY_CAP, MAPPING_CAP, INSERT_CAP = 40, 60, 1000

Codes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


def draw_deepvariant(
    reads: Reads,
    reference: Codes,
    reference_start: int,
    positions: Integers,
    ends: Integers,
    observations: Observations,
    site: Integers,
    shown: Integers,
    *,
    height: int = HEIGHT,
    width: int = WIDTH,
    channels: int = len(CHANNELS),
    min_base_quality: int = 10,
    min_mapping_quality: int = 5,
    supports_other: int = SUPPORTS_NOT,
    seed: int = SEED,
) -> Codes:
    """Images (n, height, width, channels); the variant's first base is in column `width // 2`.

    Five rows show the reference, each other row a read, by start and then in the order of `reads`
    (DeepVariant 1.5; 1.9 orders by name there). A read is drawn that lies within 5 bases of the
    variant, whose mate is on the same contig, and whose base at the variant's start, if it has one,
    is of `min_base_quality`. Inserted, deleted, skipped and clipped stretches are one pixel without
    a base in the column before them. A read of which the site has no observation supports nothing.
    Where more reads than rows are near, those of the smallest hashes of name and `seed` are drawn
    (DeepVariant shuffles: another fair choice). Columns beyond the contig are 0 (DeepVariant draws
    no such site).

    Args:
        reads: the reads that `observations` speak of, sorted by start.
        reference: codes from `reference_start` on.
        positions: (S,) 0-based starts of the sites' reference alleles.
        ends: (S,) their ends, exclusive.
        site: (n,) the site of each image.
        shown: (n, 2) alternative alleles of each image, counted from 1; 0 = none.
        channels: 6, or 7 with the insert size.
        supports_other: channel 5 of reads of alternative alleles that the image does not show: 152
            as is DeepVariant's default, 76 with its `add_supporting_other_alt_color`.
    """
    images = np.zeros((len(site), height, width, channels), np.uint8)
    _draw_all(
        reads, mates_elsewhere(reads), reference, reference_start, positions, ends,
        observations.first, observations.read, observations.allele, site, shown,
        min_base_quality, min_mapping_quality, supports_other, np.uint64(seed), images,
    )  # fmt: skip
    return images


def mates_elsewhere(reads: Reads) -> npt.NDArray[np.bool_]:
    """(N,) whether a read's mate is mapped to another contig: its template has no length.

    All False where no pair has a template length, as of aligners that do not write any.
    """
    pair = (reads.flag & PAIRED != 0) & (reads.flag & MATE_UNMAPPED == 0)
    elsewhere: npt.NDArray[np.bool_] = pair & (reads.template_length == 0)
    return elsewhere & bool((elsewhere != pair).any())


@njit(cache=True, nogil=True)
def _draw_all(
    reads: Reads,
    left_out: npt.NDArray[np.bool_],
    reference: Codes,
    reference_start: int,
    positions: Integers,
    ends: Integers,
    first: Integers,
    observed: Integers,
    allele: npt.NDArray[np.int16],
    site: Integers,
    shown: Integers,
    min_base_quality: int,
    min_mapping_quality: int,
    supports_other: int,
    seed: np.uint64,
    images: npt.NDArray[np.uint8],
) -> None:
    reach = reads.end.copy()  # the farthest end of this read and those before
    for i in range(1, len(reach)):
        reach[i] = max(reach[i], reach[i - 1])
    for n in range(len(site)):
        s = site[n]
        position = positions[s]
        _draw_reference(reference, reference_start, position, images[n])
        low = np.searchsorted(reach, position - MARGIN, side="right")
        high = np.searchsorted(reads.start, ends[s] + MARGIN, side="left")
        near = _near(reads, left_out, low, high, position, min_base_quality, min_mapping_quality)
        near = _sample(reads, near, images.shape[1] - REFERENCE_ROWS, seed)
        o = first[s]
        for row in range(len(near)):
            i = near[row]
            while o < first[s + 1] and observed[o] < i:
                o += 1
            code = 0
            if o < first[s + 1] and observed[o] == i:
                code = allele[o]
            support = SUPPORTS_NOT
            if code > 0 and (code == shown[n, 0] or code == shown[n, 1]):
                support = SUPPORTS
            elif code > 0 and code != OTHER:
                support = supports_other
            _draw_read(
                reads, i, reference, reference_start, position, support,
                images[n, REFERENCE_ROWS + row],
            )  # fmt: skip


@njit(cache=True, nogil=True)
def _near(
    reads: Reads,
    left_out: npt.NDArray[np.bool_],
    low: int,
    high: int,
    position: int,
    min_base_quality: int,
    min_mapping_quality: int,
) -> Integers:
    """Reads to draw: of `[low, high)` those that end behind the margin, of sufficient quality."""
    near = np.empty(max(high - low, 0), np.int64)
    n = 0
    for i in range(low, high):
        if left_out[i] or reads.end[i] <= position - MARGIN:
            continue
        if reads.mapping_quality[i] < min_mapping_quality:
            continue
        if _least_quality(reads, i, position) >= min_base_quality:
            near[n] = i
            n += 1
    return near[:n]


@njit(cache=True, nogil=True)
def _sample(reads: Reads, near: Integers, rows: int, seed: np.uint64) -> Integers:
    """The reads of the smallest hashes, in their order, where there are more than rows."""
    if len(near) <= rows:
        return near
    keys = np.empty(len(near), np.uint64)
    for k in range(len(near)):
        second = np.uint64(reads.flag[near[k]] & SECOND_IN_PAIR)
        key = (reads.fragment[near[k]] ^ seed) + second
        # Names of one run begin alike: the last bits of their hash are mixed into all.
        key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        keys[k] = key ^ (key >> np.uint64(33))
    return near[np.sort(np.argsort(keys, kind="mergesort")[:rows])]


@njit(cache=True, nogil=True)
def _least_quality(reads: Reads, i: int, position: int) -> int:
    """The least quality of a read's pixels in one column; 255 where it has none there."""
    at = reads.start[i]
    query = reads.base_start[i]
    least = 255
    for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation == MATCH:
            if at <= position < at + length:
                least = min(least, np.int64(reads.qualities[query + position - at]))
        elif at - 1 == position:
            q = _anchor(reads, i, operation, query)
            least = min(least, np.int64(reads.qualities[q]))
        if at > position + 1:
            break
        if operation != INSERTION and operation != SOFT_CLIP:
            at += length
        if operation != DELETION and operation != SKIP:
            query += length
    return least


@njit(cache=True, nogil=True)
def _anchor(reads: Reads, i: int, operation: int, query: int) -> int:
    """The base whose quality a gap shows: the first inserted one, the last before a deletion."""
    if operation == DELETION or operation == SKIP:
        return max(query - 1, reads.base_start[i])
    return query


@njit(cache=True, nogil=True)
def _draw_reference(
    reference: Codes, reference_start: int, position: int, image: npt.NDArray[np.uint8]
) -> None:
    left = position - image.shape[1] // 2 - reference_start
    for column in range(image.shape[1]):
        there = left + column
        if there < 0 or there >= len(reference):
            continue
        for row in range(REFERENCE_ROWS):
            pixel = image[row, column]
            pixel[BASE] = BASES[min(reference[there], 4)]
            pixel[QUALITY] = MOST
            pixel[MAPPING] = MOST
            pixel[STRAND] = FORWARD
            pixel[SUPPORT] = SUPPORTS_NOT
            pixel[DIFFERENCE] = SAME
            if len(pixel) > INSERT:
                pixel[INSERT] = MOST


@njit(cache=True, nogil=True)
def _draw_read(
    reads: Reads,
    i: int,
    reference: Codes,
    reference_start: int,
    position: int,
    support: int,
    row: npt.NDArray[np.uint8],
) -> None:
    width = row.shape[0]
    left = position - width // 2
    mapping = MOST * min(np.int64(reads.mapping_quality[i]), MAPPING_CAP) // MAPPING_CAP
    strand = BACKWARD if reads.flag[i] & REVERSE else FORWARD
    insert = MOST * min(abs(np.int64(reads.template_length[i])), INSERT_CAP) // INSERT_CAP
    at = reads.start[i]
    query = reads.base_start[i]
    for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        gap = operation != MATCH
        low, high = (at - 1, at) if gap else (at, at + length)
        for there in range(max(low, left), min(high, left + width)):
            q = _anchor(reads, i, operation, query) if gap else query + there - at
            same = False
            if not gap and 0 <= there - reference_start < len(reference):
                same = reads.bases[q] == reference[there - reference_start]
            pixel = row[there - left]
            pixel[BASE] = 0 if gap else BASES[min(reads.bases[q], 4)]
            pixel[QUALITY] = MOST * min(np.int64(reads.qualities[q]), QUALITY_CAP) // QUALITY_CAP
            pixel[MAPPING] = mapping
            pixel[STRAND] = strand
            pixel[SUPPORT] = support
            pixel[DIFFERENCE] = SAME if same else DIFFERENT
            if len(pixel) > INSERT:
                pixel[INSERT] = insert
        if operation != INSERTION and operation != SOFT_CLIP:
            at += length
        if operation != DELETION and operation != SKIP:
            query += length
        if at > left + width:
            break

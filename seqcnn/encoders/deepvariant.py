"""DeepVariant's pileup image: 100 x 221 pixels, 6 or 7 channels, one row a read.

Poplin et al. 2018 (doi:10.1038/nbt.4235), as DeepVariant 1.5 to 1.9 draw it for short reads.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.deepvariant_rows import (
    MARGIN,
    mates_elsewhere,
    near_reads,
    quality_of_gap,
    sample,
)
from seqcnn.encoders.observations import OTHER, Observations
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, REVERSE, SKIP, SOFT_CLIP, Reads

HEIGHT, WIDTH = 100, 221
REFERENCE_ROWS = 5
SEED = 2101079370

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
MAPPING_CAP, INSERT_CAP = 60, 1000
QUALITIES = (MOST * np.minimum(np.arange(256), 40) // 40).astype(np.uint8)

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
    is of `min_base_quality`. Inserted, deleted and skipped stretches are one pixel without a base
    in the column before them; soft clips are not drawn. A read of which the site has no observation
    supports nothing. Where more reads than rows are near, those of the smallest hashes of name and
    `seed` are drawn (DeepVariant shuffles: another fair choice). Columns beyond the contig are 0
    (DeepVariant draws no such site).

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
        near = near_reads(
            reads, left_out, low, high, position, min_base_quality, min_mapping_quality
        )
        near = sample(reads, near, images.shape[1] - REFERENCE_ROWS, seed)
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
def _draw_reference(
    reference: Codes, reference_start: int, position: int, image: npt.NDArray[np.uint8]
) -> None:
    left = position - image.shape[1] // 2 - reference_start
    for row in range(REFERENCE_ROWS):
        for column in range(max(0, -left), min(image.shape[1], len(reference) - left)):
            image[row, column, BASE] = BASES[min(int(reference[left + column]), 4)]
            image[row, column, QUALITY] = MOST
            image[row, column, MAPPING] = MOST
            image[row, column, STRAND] = FORWARD
            image[row, column, SUPPORT] = SUPPORTS_NOT
            image[row, column, DIFFERENCE] = SAME
            if image.shape[2] > INSERT:
                image[row, column, INSERT] = MOST


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
    at = reads.start[i]
    query = reads.base_start[i]
    for c in range(reads.cigar_start[i], reads.cigar_start[i + 1]):
        operation = reads.cigar[c] & 15
        length = np.int64(reads.cigar[c] >> 4)
        if operation == MATCH:
            for there in range(max(at, left), min(at + length, left + width)):
                base = reads.bases[query + there - at]
                same = False
                if 0 <= there - reference_start < len(reference):
                    same = base == reference[there - reference_start]
                row[there - left, BASE] = BASES[min(int(base), 4)]
                row[there - left, QUALITY] = QUALITIES[reads.qualities[query + there - at]]
                row[there - left, DIFFERENCE] = SAME if same else DIFFERENT
        elif operation != SOFT_CLIP and left <= at - 1 < left + width:
            quality = reads.qualities[quality_of_gap(reads, i, operation, query)]
            row[at - 1 - left, BASE] = 0
            row[at - 1 - left, QUALITY] = QUALITIES[quality]
            row[at - 1 - left, DIFFERENCE] = DIFFERENT
        if operation != INSERTION and operation != SOFT_CLIP:
            at += length
        if operation != DELETION and operation != SKIP:
            query += length
        if at > left + width:
            break
    _fill_row(reads, i, support, row)


@njit(cache=True, nogil=True)
def _fill_row(reads: Reads, i: int, support: int, row: npt.NDArray[np.uint8]) -> None:
    """Write the channels that are one value a read where the others are drawn."""
    mapping = MOST * min(int(reads.mapping_quality[i]), MAPPING_CAP) // MAPPING_CAP
    strand = BACKWARD if reads.flag[i] & REVERSE else FORWARD
    insert = MOST * min(abs(int(reads.template_length[i])), INSERT_CAP) // INSERT_CAP
    for column in range(row.shape[0]):
        if row[column, DIFFERENCE]:
            row[column, MAPPING] = mapping
            row[column, STRAND] = strand
            row[column, SUPPORT] = support
            if row.shape[1] > INSERT:
                row[column, INSERT] = insert

"""Search for the alignments of reads that rows of DeepVariant's images are pictures of."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from golden import Image, Near, draw, in_order, rows_with_place
from tfrecord import Example

from seqcnn.encoders.deepvariant import BASE, INSERT, MAPPING, REFERENCE_ROWS, STRAND, SUPPORT
from seqcnn.encoders.reads import DELETION, INSERTION, MATCH, SOFT_CLIP, Reads

MOST_GAPS = 12  # of the alignments that are tried
FARTHEST = 120  # a realigned read is looked for this far from where it was
BASE_PIXELS = np.array([250, 30, 180, 100, 0], np.uint8)

Alignment = tuple[int, list[int]]  # start; CIGAR as in `Reads`


def as_theirs(example: Example, near: Near, found: Counter[str]) -> Near:
    """The reads of their rows in alignments of which these are the pictures; counts of these.

    First come rows of reads as they are; other rows are looked for among the alignments of the
    reads that are left.
    """
    left = example.pos - example.image.shape[1] // 2
    ends = [example.pos - 2 * FARTHEST, example.pos + FARTHEST]
    single = {
        int(i): in_order(near.reads, np.array([i]))
        for i in np.arange(*np.searchsorted(near.reads.start, ends))
    }
    rows = dict(rows_with_place(example.image))
    chosen: dict[int, Reads] = {}
    for i, read in single.items():
        place = next((at for at, row in rows.items() if row == alone(example, near, read)), None)
        if place is not None:
            rows.pop(place)
            chosen[i] = read
    found["rows of reads as they are in the BAM"] += len(chosen)
    for place, row in rows.items():
        kind = "rows not found"
        tried = (
            (i, aligned_as(read, start, cigar))
            for i, read in single.items()
            if i not in chosen and alike(example.image[place], read)
            for start, cigar in alignments(example.image[place], BASE_PIXELS[read.bases], left)
        )
        for i, read in tried:
            if alone(example, near, read) == row:
                chosen[i] = read
                gaps = int(np.isin(read.cigar & 15, (INSERTION, DELETION)).sum())
                kind = f"rows of reads realigned, with {gaps if gaps < 2 else '2 or more'} gaps"
                break
        found[kind] += 1
    order = sorted(chosen, key=lambda i: (int(chosen[i].start[0]), i))
    return near._replace(reads=joined([chosen[i] for i in order]))


def alone(example: Example, near: Near, read: Reads) -> bytes:
    """The row of one read."""
    image = draw(example, near._replace(reads=read), {}, min_base_quality=0)
    return np.delete(image[REFERENCE_ROWS], SUPPORT, axis=1).tobytes()


def joined(reads: list[Reads]) -> Reads:
    """Single reads as one."""
    together = Reads(*(np.concatenate(fields) for fields in zip(*reads, strict=True)))
    bases = [len(read.bases) for read in reads]
    operations = [len(read.cigar) for read in reads]
    return together._replace(
        base_start=np.cumsum([0, *bases]), cigar_start=np.cumsum([0, *operations])
    )


def alike(row: Image, read: Reads) -> bool:
    """Whether the row's values that are one a read can be those of this read."""
    pixel = row[np.flatnonzero(row[:, SUPPORT])[0]]
    insert = 254 * min(abs(int(read.template_length[0])), 1000) // 1000
    return bool(
        pixel[MAPPING] == 254 * min(int(read.mapping_quality[0]), 60) // 60
        and pixel[STRAND] == (240 if read.flag[0] & 16 else 70)
        and (len(pixel) <= INSERT or pixel[INSERT] == insert)
    )


def alignments(row: Image, bases: npt.NDArray[np.uint8], left: int) -> Iterator[Alignment]:
    """The alignments of a read of which a row can be the picture, its bases taken."""
    drawn = np.flatnonzero(row[:, SUPPORT])
    first, end = int(drawn[0]), int(drawn[-1]) + 1
    pixels = row[:, BASE].tolist()
    here = row[:, SUPPORT] > 0
    if (here & (row[:, BASE] == 0)).sum() > (bases == 0).sum() + MOST_GAPS:
        return
    inserted = []
    if first and not pixels[first]:  # the read begins with an insertion
        for before in range(1, len(bases)):
            for cigar in walk(pixels, here, end, bases, first + 1, before):
                inserted.append((before, cigar))
                yield left + first + 1, [before << 4 | INSERTION, *cigar]
    for before in range(len(bases)):
        # What lies before the window may be aligned in any way.
        start = [before << 4 | SOFT_CLIP] if before else []
        for cigar in walk(pixels, here, end, bases, first, before):
            yield left + first, [*start, *cigar]
            if first and before:  # a deletion goes over the edge
                gap = (first + 1) << 4 | DELETION
                yield left - before - 1, [before << 4 | MATCH, gap, *cigar]
    for before, cigar in inserted:
        for clip in range(1, before):
            start = [clip << 4 | SOFT_CLIP, (before - clip) << 4 | INSERTION]
            yield left + first + 1, [*start, *cigar]


def walk(
    pixels: list[int],
    here: npt.NDArray[np.bool_],
    end: int,
    bases: npt.NDArray[np.uint8],
    column: int,
    query: int,
    gaps: int = MOST_GAPS,
) -> Iterator[list[int]]:
    """The operations from a column and a base on that agree with the pixels' bases."""
    began = query
    while column < end and query < len(bases):
        if not here[column] or (pixels[column] and pixels[column] != bases[query]):
            return
        if not pixels[column] and bases[query]:
            if not gaps:
                return
            matched = (query + 1 - began) << 4 | MATCH
            after = column + 1
            while after < end and not here[after]:
                after += 1
            if after == end:  # the read ends in an insertion, or in a deletion over the edge
                yield [matched, (len(bases) - query - 1) << 4 | INSERTION]
                yield [matched, FARTHEST * 2 << 4 | DELETION, 1 << 4 | MATCH]
            elif after > column + 1:
                gap = (after - column - 1) << 4 | DELETION
                for rest in walk(pixels, here, end, bases, after, query + 1, gaps - 1):
                    yield [matched, gap, *rest]
                return
            else:
                for length in range(1, len(bases) - query - 1):
                    past = query + 1 + length
                    for rest in walk(pixels, here, end, bases, after, past, gaps - 1):
                        yield [matched, length << 4 | INSERTION, *rest]
            return
        column, query = column + 1, query + 1
    if column == end:
        clipped = len(bases) - query
        yield [(query - began) << 4 | MATCH] + [clipped << 4 | SOFT_CLIP] * bool(clipped)


def aligned_as(read: Reads, start: int, cigar: list[int]) -> Reads:
    """One read in another alignment."""
    return read._replace(
        start=np.array([start]),
        end=np.array([start + sum(word >> 4 for word in cigar)]),
        cigar_start=np.array([0, len(cigar)]),
        cigar=np.array(cigar, np.uint32),
    )

"""DeepVariant's own pileup images beside ours, drawn from the reads that theirs were made of."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
from tfrecord import Candidate, Example, candidates, examples

from seqcnn.data.reads import decode_reads
from seqcnn.encoders.deepvariant import REFERENCE_ROWS, SUPPORT, draw_deepvariant
from seqcnn.encoders.dna import encode
from seqcnn.encoders.observations import Observations
from seqcnn.encoders.reads import SECOND_IN_PAIR, Reads

VERSIONS = {"1.5": "v1.5*training", "1.9": "v1.9*calling_examples"}
AROUND = 1500  # positions to either side of a site of which reads are loaded
DROPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800

Image = npt.NDArray[np.uint8]
Mate = tuple[int, bool]  # hash of the read's name; whether it is the second of its pair


class Near(NamedTuple):
    """Reads and reference around a site."""

    reads: Reads
    reference: npt.NDArray[np.uint8]
    start: int  # position of the first code of `reference`
    names: dict[Mate, str]


class Golden:
    """The examples of a folder and the BAM and reference that they were made of."""

    def __init__(self, folder: Path, bam: Path, reference: Path) -> None:
        self.folder = folder
        self.bam = pysam.AlignmentFile(str(bam))
        self.genome = pysam.FastaFile(str(reference))
        (calls,) = folder.glob("*candidates.tfrecord.gz")
        self.candidates: dict[int, Candidate] = {call.pos: call for call in candidates(calls)}

    def examples(self, name: str) -> list[Example]:
        """Those of the one file whose name has this in it."""
        (path,) = self.folder.glob(f"*{name}*.tfrecord.gz")
        return list(examples(path))

    def near(self, example: Example) -> Near:
        """What there is around an example."""
        low, high = example.pos - AROUND, example.pos + AROUND
        reads = decode_reads(self.bam, example.contig, low, high).reads
        fetched = self.bam.fetch(example.contig, low, high)
        names = [str(read.query_name) for read in fetched if not read.flag & DROPPED]
        if len(names) != len(reads.start):
            raise ValueError(f"{len(names)} names of {len(reads.start)} reads")
        codes = encode(self.genome.fetch(example.contig, low - 500, high + 500).upper())
        return Near(reads, codes, low - 500, dict(zip(mates(reads), names, strict=True)))

    def supporters(self, example: Example, near: Near) -> dict[Mate, int]:
        """The allele, counted from 1, of the reads that DeepVariant counted for it."""
        hashes = {
            f"{name}/{int(second)}": (code, second) for (code, second), name in near.names.items()
        }
        support = self.candidates[example.pos].support
        return {
            hashes[name]: 1 + example.alts.index(alt)
            for alt, names in support.items()
            for name in names
            if alt in example.alts and name in hashes
        }


def mates(reads: Reads) -> list[Mate]:
    """What tells each read from the others, mates among them."""
    second = reads.flag & SECOND_IN_PAIR != 0
    return list(zip(map(int, reads.fragment), map(bool, second), strict=True))


def in_order(reads: Reads, order: npt.NDArray[np.int64]) -> Reads:
    """The same reads in another order."""

    def pieces(starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        ranges = [np.arange(starts[i], starts[i + 1]) for i in order]
        return np.concatenate([*ranges, np.empty(0, np.int64)])

    def starts(old: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.concatenate(([0], np.cumsum(np.diff(old)[order])))

    bases, cigar = pieces(reads.base_start), pieces(reads.cigar_start)
    one_each = Reads(
        *(field[order] if len(field) == len(reads.start) else field for field in reads)
    )
    return one_each._replace(
        base_start=starts(reads.base_start),
        bases=reads.bases[bases],
        qualities=reads.qualities[bases],
        cigar_start=starts(reads.cigar_start),
        cigar=reads.cigar[cigar],
    )


def by_name(near: Near) -> Near:
    """Reads of one start sorted by name, as DeepVariant 1.9 does, not in the order of the file."""
    names = np.array([near.names[mate] for mate in mates(near.reads)])
    return near._replace(reads=in_order(near.reads, np.lexsort((names, near.reads.start))))


def draw(
    example: Example, near: Near, allele: dict[Mate, int], *, min_base_quality: int = 10
) -> Image:
    """Our image of an example, as large as theirs, with reads of these alleles."""
    count = len(near.reads.start)
    none = np.zeros(count, np.int64)
    codes = np.array([allele.get(mate, 0) for mate in mates(near.reads)], np.int16)
    observed = Observations(np.array([0, count]), np.arange(count), none, none, none, codes, codes)
    shown = [alt + 1 for alt in example.shown] + [0]
    (image,) = draw_deepvariant(
        near.reads,
        near.reference,
        near.start,
        np.array([example.pos]),
        np.array([example.pos + len(example.ref)]),
        observed,
        np.array([0]),
        np.array([shown[:2]]),
        height=example.image.shape[0],
        channels=example.image.shape[2],
        min_base_quality=min_base_quality,
    )
    return image


def rows_with_place(image: Image) -> list[tuple[int, bytes]]:
    """The rows of reads, without their channel of support."""
    rows = np.delete(image, SUPPORT, axis=2)
    return [
        (place, rows[place].tobytes())
        for place in range(REFERENCE_ROWS, len(rows))
        if rows[place].any()
    ]


def same_pixels(pairs: Iterable[tuple[Image, Image]]) -> npt.NDArray[np.float64]:
    """(images, channels) share of pixels that are the same in both."""
    return np.array([(one == other).mean((0, 1)) for one, other in pairs])

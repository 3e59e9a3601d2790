"""From the reads of a region to its candidate sites and their images."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from seqcnn.calling.candidates import Candidates, Thresholds, Wanted, find_candidates
from seqcnn.calling.images import Drawn, PileupImages
from seqcnn.calling.long_alleles import realign_long
from seqcnn.calling.realign import realign
from seqcnn.data.alignments import Alignments
from seqcnn.data.reads import TooManyReads
from seqcnn.data.references import Reference
from seqcnn.encoders.left_align import left_align, write_same_bases
from seqcnn.encoders.reads import Reads

# Reads this far beyond a region are loaded too. What is done with a read depends on reads and
# reference within less than this, so that the cut into regions cannot be seen in the results.
MARGIN = 2000
MOST_BYTES = 128 << 20  # of images at once


@dataclass(frozen=True)
class ExamineSettings:
    """What decides on candidates and images; a bundle keeps it, so that all its users agree."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    images: PileupImages = field(default_factory=PileupImages)
    realign: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; TypeError or KeyError where it is not one."""
        thresholds, images = Thresholds(**saved["thresholds"]), PileupImages(**saved["images"])
        return cls(thresholds, images, saved["realign"])


class Prepared(NamedTuple):
    """Reads of a region and its surroundings, with gaps where they are counted and drawn."""

    reads: Reads
    reference: npt.NDArray[np.uint8]  # codes from `reference_start` on
    reference_start: int


class Examined(NamedTuple):
    """What a region holds."""

    prepared: Prepared
    candidates: Candidates
    drawn: Drawn


def prepare(
    alignments: Alignments,
    reference: Reference,
    contig: str,
    start: int,
    end: int,
    settings: ExamineSettings,
    *,
    bounded: bool = False,
) -> Prepared:
    """Load, left-align and realign the reads that matter to `[start, end)`, 0-based."""
    low, high = max(start - MARGIN, 0), min(end + MARGIN, reference.length_of[contig])
    reads = alignments.reads(contig, low, high, counted=(start, end), bounded=bounded)
    codes = reference.fetch(contig, low, high)
    reads = left_align(write_same_bases(reads, codes, low), codes, low)
    if settings.realign:
        reads = realign_long(realign(reads, codes, low), codes, low)
    return Prepared(reads, codes, low)


def examine(
    alignments: Alignments,
    reference: Reference,
    contig: str,
    start: int,
    end: int,
    settings: ExamineSettings,
    wanted: Sequence[Wanted] = (),
    *,
    bounded: bool = False,
    draw: bool = True,
) -> Examined:
    """Candidates of `[start, end)`, and `wanted` alleles there, with their images if `draw`.

    Raises:
        CorruptRegion: the file is damaged here.
        TooManyReads: with `bounded`, more reads or images than fit well into memory; take a
            smaller region.
    """
    prepared = prepare(alignments, reference, contig, start, end, settings, bounded=bounded)
    candidates = find_candidates(*prepared, contig, start, end, settings.thresholds, wanted)
    if bounded and len(candidates.sites) * settings.images.bytes > MOST_BYTES:
        raise TooManyReads
    only = None if draw else np.empty(0, np.int64)
    return Examined(prepared, candidates, settings.images.draw(*prepared, candidates, only=only))


def with_thresholds(settings: ExamineSettings, **given: Any) -> ExamineSettings:
    """The settings with those thresholds that were given (not None) in place of their own."""
    told = {name: value for name, value in given.items() if value is not None}
    return replace(settings, thresholds=replace(settings.thresholds, **told))

"""How many bases of the reads differ from a reference: are they of the same genome at all?"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import pysam

from seqcnn.data.alignments import Alignments, CorruptRegion
from seqcnn.data.call_regions import Region
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.references import FastaReference, Reference
from seqcnn.encoders.alphabet import CODE_OF_BYTE
from seqcnn.errors import InputError

LISTED = 3  # notes
PLACES = 48  # where reads are compared, shared out over the regions
READS = 10  # a place
SEEN = 1000  # reads looked at in a place for that many good ones
GOOD_MAPPING = 20
ENOUGH = 1000  # bases; fewer say nothing
# Measured shares of differing bases against the right reference: HiFi .001, Illumina .003 to .006,
# Nanopore R10 .006; another reference .6 to .75.
FAR = 0.10  # more than the reads' own NM tags say
IMPLAUSIBLE = 0.25  # where the reads have no NM tags
OTHER_VERSION = 0.002  # more than NM says, where M5 already differs
ALIGNED = {0, 7, 8}


class Difference(NamedTuple):
    """How many bases of a contig's reads were compared, and how many differ.

    `told` is the number that the reads' own NM tags give for the same reads, None where any of
    them has none.
    """

    compared: int
    differing: int
    told: int | None

    @property
    def share(self) -> float:
        return self.differing / max(self.compared, 1)

    @property
    def told_share(self) -> float | None:
        return None if self.told is None else self.told / max(self.compared, 1)

    def exceeds(self, excess: float) -> bool:
        """Whether more bases differ, by this share, than NM says; without NM, implausibly many."""
        limit = IMPLAUSIBLE if self.told_share is None else self.told_share + excess
        return self.compared >= ENOUGH and self.share > limit


def mismatch_check(
    alignments: Alignments,
    reference: FastaReference | RebuiltReference,
    regions: Sequence[Region] | None,
) -> list[str]:
    """Compare reads with the reference in up to 48 places of the regions; notes.

    Without regions, the first reads of the file are compared, and no index is used.

    Raises:
        InputError: far more bases differ than the reads' NM tags say, or than any reads would.
    """
    if isinstance(reference, RebuiltReference):
        return []
    notes = []
    if regions is None:
        found = measure_first(alignments, reference)
    else:
        found = measure(alignments, reference, regions)
    for contig in sorted(found, key=lambda name: -found[name].share):
        one = found[contig]
        told = "" if one.told_share is None else f", where their NM tags say {one.told_share:.1%}"
        if one.exceeds(FAR):
            raise InputError(
                f"{alignments.path}: the reads do not match this reference: on '{contig}' of "
                f"{reference.source} {one.share:.0%} of their bases differ{told}; the header of "
                "the file is wrong, or give the reference they were aligned to"
            )
        if one.told is not None and one.exceeds(OTHER_VERSION):
            notes.append(
                f"on '{contig}' {one.share:.1%} of bases differ from {reference.source}{told}; "
                "it may be another version of the reference"
            )
    return notes[:LISTED]


def measure(
    alignments: Alignments, reference: Reference, regions: Sequence[Region]
) -> dict[str, Difference]:
    """Compare well-mapped reads with the reference, by contig; damaged places are passed over."""
    reads: dict[str, list[tuple[int, int, int | None]]] = {}
    for contig, start, end in _places(regions):
        try:
            seen = islice(alignments.segments(contig, start, end), SEEN)
            good = (read for read in seen if read.mapping_quality >= GOOD_MAPPING)
            found = [_compare(read, reference) for read in islice(good, READS)]
        except CorruptRegion:
            continue
        reads.setdefault(contig, []).extend(found)
    return {contig: _sum(found) for contig, found in reads.items()}


def measure_first(alignments: Alignments, reference: Reference) -> dict[str, Difference]:
    """Compare the first well-mapped reads of the file with the reference, by contig."""
    reads: dict[str, list[tuple[int, int, int | None]]] = {}
    for read in islice(alignments.segments_in_order(), SEEN):
        contig = str(read.reference_name)
        if read.mapping_quality >= GOOD_MAPPING and contig in reference.length_of:
            reads.setdefault(contig, []).append(_compare(read, reference))
    return {contig: _sum(found) for contig, found in reads.items()}


def _places(regions: Sequence[Region]) -> list[Region]:
    """Up to 48 stretches, evenly taken, each to the end of its region."""
    ends = np.cumsum([region.end - region.start for region in regions])
    if not len(ends):
        return []
    marks = np.unique(np.linspace(0, ends[-1], PLACES, endpoint=False).astype(np.int64))
    rows = np.searchsorted(ends, marks, side="right")
    places = []
    for row, mark in zip(rows.tolist(), marks.tolist(), strict=True):
        region = regions[row]
        places.append(region._replace(start=region.end - (int(ends[row]) - mark)))
    return places


def _compare(read: pysam.AlignedSegment, reference: Reference) -> tuple[int, int, int | None]:
    """Bases compared, those that differ, and substitutions by NM."""
    letters = np.frombuffer((read.query_sequence or "").encode("ascii"), np.uint8)
    ours = CODE_OF_BYTE[letters]
    first = read.reference_start
    theirs = reference.fetch(str(read.reference_name), first, read.reference_end or first)
    at = place = compared = differing = gaps = 0
    for operation, length in read.cigartuples or []:
        if operation in ALIGNED:
            pair = ours[at : at + length], theirs[place : place + length]
            both = (pair[0] < 4) & (pair[1] < 4)
            compared += int(both.sum())
            differing += int((both & (pair[0] != pair[1])).sum())
        elif operation in (1, 2):
            gaps += length
        at += length if operation in ALIGNED or operation in (1, 4) else 0
        place += length if operation in ALIGNED or operation in (2, 3) else 0
    told = max(int(read.get_tag("NM")) - gaps, 0) if read.has_tag("NM") else None
    return compared, differing, told


def _sum(found: Sequence[tuple[int, int, int | None]]) -> Difference:
    tags = [told for _, _, told in found if told is not None]
    return Difference(
        sum(compared for compared, _, _ in found),
        sum(differing for _, differing, _ in found),
        sum(tags) if len(tags) == len(found) else None,
    )

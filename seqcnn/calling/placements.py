"""Where else a variant could be placed: an insertion or deletion moves along its repeat."""

from collections.abc import Sequence

import numpy as np

from seqcnn.calling.events import Bases, called, change_of, letters
from seqcnn.calling.haplotypes import Change
from seqcnn.data.variants import Variant

LONGEST_SHIFT = 1000  # bp that a repeat is followed for


def placements(variant: Variant, reference: Bases) -> list[tuple[int, int]]:
    """For each alternative allele of the genotype, the span of all its equivalent placements.

    0-based and half-open; of insertions and deletions with one base more on either side, as their
    records have an anchor there.
    """
    spans = []
    for index in sorted(set(called(variant) or ()) - {0}):
        change = change_of(variant.pos, variant.ref, variant.alleles[index])
        if change is not None:
            spans.append(_span(change, reference, variant.contig))
    return spans


def _span(change: Change, reference: Bases, contig: str) -> tuple[int, int]:
    start, end, text = change
    if text and end > start:
        return start, end
    unit = text or letters(reference, contig, start, end)
    before = letters(reference, contig, max(0, start - LONGEST_SHIFT), start)
    after = letters(reference, contig, end, end + LONGEST_SHIFT)
    # Moved by one base, an indel writes the same where the base it leaves equals that it takes.
    left = _shared((before + unit)[::-1], before[::-1])
    right = _shared(unit + after, after)
    return start - left - 1, end + right + 1


def _shared(first: bytes, second: bytes) -> int:
    """How many bases both begin with."""
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )


class Spans:
    """Which stretches share a base with any of `spans` (0-based, half-open) of one contig."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._start = np.array([start for start, _ in ordered], np.int64)
        self._end = np.maximum.accumulate(np.array([end for _, end in ordered], np.int64))

    def overlap(self, start: int, end: int) -> bool:
        """Whether [start, end) does."""
        first = np.searchsorted(self._end, start, side="right")
        return bool(np.searchsorted(self._start, end, side="left") > first)

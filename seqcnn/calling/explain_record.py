"""The records around a position, as the calling of the whole contig makes them."""

from typing import NamedTuple

from seqcnn.calling.caller import Caller
from seqcnn.calling.examine import Examined, ExamineSettings, examine
from seqcnn.calling.genotype import Call
from seqcnn.calling.overlaps import changed_span, resolve
from seqcnn.data.alignments import Alignments
from seqcnn.data.references import Reference
from seqcnn.encoders.evidence import LONGEST

NEAR = 10  # positions; candidates so near are told of
SIDE, WIDEST = 1000, 32_000  # examined on either side, and where overlapping calls go on


class Around(NamedTuple):
    """A stretch around a position with its calls, one a site, before and after `resolve`."""

    start: int
    end: int
    examined: Examined
    alone: list[Call]
    resolved: list[Call]


def call_around(
    alignments: Alignments,
    reference: Reference,
    caller: Caller,
    settings: ExamineSettings,
    contig: str,
    pos: int,
    min_quality: float,
) -> Around:
    """Call around `pos`, as far as calls overlap each other, so that all fit as in a whole run."""
    side, length = SIDE, reference.length_of[contig]
    while True:
        start, end = max(pos - side, 0), min(pos + side, length)
        examined = examine(alignments, reference, contig, start, end, settings)
        alone = caller.calls(examined, min_quality=min_quality)
        order = sorted(range(len(alone)), key=lambda i: (alone[i].pos, alone[i].ref, alone[i].alts))
        in_order = [alone[i] for i in order]
        if side >= WIDEST or _is_whole(in_order, pos, start, end, length):
            break
        side *= 2
    resolved = dict(zip(order, resolve(in_order, min_quality=min_quality), strict=True))
    return Around(start, end, examined, alone, [resolved[i] for i in range(len(alone))])


def _is_whole(calls: list[Call], pos: int, start: int, end: int, length: int) -> bool:
    """Whether no call beyond the edges can overlap, over others, one near `pos`."""
    spans = sorted(
        (min(first for first, _ in changes), max(last for _, last in changes))
        for call in calls
        if call.is_variant
        for changes in [[changed_span(call.pos, call.ref, alt) for alt in call.alts]]
    )
    # In the units of `changed_span`: two a base. A call before `start` ends before this.
    reach = 2 * (start + LONGEST + 2) if start else 0
    for first, last in spans:
        if first >= reach:
            break
        reach = max(reach, last)
    if reach > 2 * (pos - NEAR - 2) and start:
        return False
    reach = 2 * (pos + NEAR + 2)
    for first, last in spans:
        if first < reach:
            reach = max(reach, last)
    return end == length or reach <= 2 * end

"""Parts of regions: what of them lies in others, and what does not."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from seqcnn.data.call_regions import Region


def overlap(one: Region, other: Region) -> bool:
    """Whether two regions share a position."""
    return one.contig == other.contig and one.start < other.end and other.start < one.end


def within(regions: Sequence[Region], limits: Sequence[Region]) -> list[Region]:
    """The parts of `regions` that lie in `limits`; both are merged and in genome order."""
    return [
        region._replace(start=max(region.start, limit.start), end=min(region.end, limit.end))
        for region, limits_here in _met(regions, limits)
        for limit in limits_here
    ]


def without(regions: Sequence[Region], others: Sequence[Region]) -> list[Region]:
    """The parts of `regions` that are in none of `others`; both merged and in genome order."""
    found = []
    for region, others_here in _met(regions, others):
        start = region.start
        for other in others_here:
            if other.start > start:
                found.append(region._replace(start=start, end=other.start))
            start = other.end
        if start < region.end:
            found.append(region._replace(start=start))
    return found


def _met(
    regions: Sequence[Region], others: Sequence[Region]
) -> Iterator[tuple[Region, list[Region]]]:
    """Each region with those of `others` that it overlaps."""
    by_contig: dict[str, list[Region]] = {}
    for other in others:
        by_contig.setdefault(other.contig, []).append(other)
    for region in regions:
        here = by_contig.get(region.contig, [])
        low = bisect_right(here, region.start, key=lambda one: one.end)
        high = bisect_left(here, region.end, key=lambda one: one.start)
        yield region, here[low:high]

"""Overlapping calls are resolved together: what they say must fit on two haplotypes.

A deletion called homozygous and a SNP called inside it contradict each other. Of all genotypes of
a group of overlapping calls, those that fit on two haplotypes are kept, and the most probable of
these combinations is called; GQ, QUAL and PL become those of each call's marginal distribution
over them.

An allele occupies what it changes, not its anchor base: a deletion the bases it removes and what
is inserted between them, an insertion only the point between two bases. Calls come by position,
so a combination fits exactly if, walking over them, each allele finds a haplotype whose last
allele has ended: two ends are all that has to be remembered. That makes the sum over all
combinations exact for groups of any number of calls. Two calls at one position, and alleles that
share more than one base with the reference before they change it (records of other tools), are
taken to occupy more than they do: a combination that fits may then be passed over, but one that
contradicts itself is never called.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.alleles import alleles_in, genotypes_of, simplify
from seqcnn.calling.genotype import (
    MIN_GQ_REFERENCE,
    MIN_QUALITY,
    Call,
    judge,
    qualities,
)

# Where the last alleles of the two haplotypes end, the lesser first; 0 = long ago.
_Ends = tuple[int, int]


class _Step(NamedTuple):
    """One call of a group: for each state before it, where each genotype leads (None = nowhere)."""

    call: Call
    leads: dict[_Ends, list[_Ends | None]]


def resolve(
    calls: Iterable[Call],
    *,
    min_quality: float = MIN_QUALITY,
    min_gq_reference: int = MIN_GQ_REFERENCE,
) -> Iterator[Call]:
    """Yield the calls in their order, those that overlap resolved together.

    `calls` are sorted by contig and position. Only variant calls are changed or looked at:
    leaving the reference genotype never helps another call to fit. A variant call can become
    RefCall, so reference calls are to be filtered out after this, not before. Only the open group
    is held in memory.
    """
    held: list[Call] = []
    contig, reach = "", 0
    for call in calls:
        if call.contig != contig or _first_change(call) >= reach:
            yield from _resolve_group(held, min_quality, min_gq_reference)
            held, contig, reach = [], call.contig, 0
        if call.is_variant:
            reach = max(reach, *(end for _, end in _changes(call)))
        if reach:
            held.append(call)
        else:
            yield call
    yield from _resolve_group(held, min_quality, min_gq_reference)


def changed_span(pos: int, ref: str, alt: str) -> tuple[int, int]:
    """What an allele changes: half-open, base x being 2x + 1 and the point before it 2x.

    Two alleles fit on one haplotype if these spans do not meet.
    """
    start, ref, (alt,) = simplify(pos, ref, (alt,))
    if ref[0] != alt[0]:
        return 2 * start + 1, 2 * (start + len(ref))
    # One of the two is the anchor alone.
    if len(ref) == 1:
        return 2 * start + 2, 2 * start + 3
    return 2 * start + 3, 2 * (start + len(ref))


@lru_cache(maxsize=1024)
def _spans(pos: int, ref: str, alts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    spans = (changed_span(pos, ref, alt) for alt in alts)
    # Alleles of anchored sites begin here at the latest; a longer shared part, as in records of
    # other tools, counts as changed, so that starts are sorted over calls.
    return tuple((min(start, 2 * pos + 3), end) for start, end in spans)


def _changes(call: Call) -> tuple[tuple[int, int], ...]:
    return _spans(call.pos, call.ref, call.alts)


def _first_change(call: Call) -> int:
    """Nothing before this is changed by this call, nor by any that follows it."""
    if not call.is_variant:
        return 2 * call.pos + 1
    return min(start for start, _ in _changes(call))


def _resolve_group(group: list[Call], min_quality: float, min_gq_reference: int) -> Iterator[Call]:
    variants = [call for call in group if call.is_variant]
    if len(variants) < 2:
        yield from group
        return
    steps = _walk(variants)
    chosen = _most_probable(steps)
    resolved = {}
    for step, best, marginal in zip(steps, chosen, _marginals(steps), strict=True):
        found = qualities(marginal, best)
        genotype, verdict = judge(
            genotypes_of(len(step.call.alts) + 1)[best], found, min_quality, min_gq_reference
        )
        resolved[id(step.call)] = step.call._replace(
            genotype=genotype, gq=found.gq, quality=found.quality,
            likelihoods=found.likelihoods, filter=verdict,
        )  # fmt: skip
    for call in group:
        yield resolved.get(id(call), call)


def _walk(calls: list[Call]) -> list[_Step]:
    steps = []
    states: list[_Ends] = [(0, 0)]
    for place, call in enumerate(calls):
        following = 2 * calls[place + 1].pos + 1 if place + 1 < len(calls) else inf
        leads = {ends: _leads(call, ends, following) for ends in states}
        steps.append(_Step(call, leads))
        states = sorted({end for ends in leads.values() for end in ends if end is not None})
    return steps


def _leads(call: Call, ends: _Ends, following: float) -> list[_Ends | None]:
    """The state after each genotype; alleles that end before the next call no longer matter."""
    changes = _changes(call)
    found: list[_Ends | None] = []
    for pair in genotypes_of(alleles_in(len(call.likelihoods))):
        after = _place(ends, sorted(changes[allele - 1] for allele in pair if allele))
        if after is not None:
            low, high = sorted(end if end > following else 0 for end in after)
            after = low, high
        found.append(after)
    return found


def _place(ends: _Ends, spans: list[tuple[int, int]]) -> _Ends | None:
    """Put up to two alleles of one call on different haplotypes, if they fit."""
    low, high = ends
    if not spans:
        return ends
    if len(spans) == 1:
        start, end = spans[0]
        if low > start:
            return None
        # The haplotype that is taken longer, if free, is free in the same way as the other.
        return (low, end) if high <= start else (end, high)
    (first, first_end), (second, second_end) = spans
    # The haplotype that is free earlier takes the allele that starts earlier.
    return (first_end, second_end) if low <= first and high <= second else None


def _most_probable(steps: list[_Step]) -> list[int]:
    """The genotypes with the least sum of PL; of equal ones those first in VCF order."""
    costs: list[dict[_Ends, tuple[int, int]]] = []
    ahead: dict[_Ends, tuple[int, int]] | None = None
    for step in reversed(steps):
        here: dict[_Ends, tuple[int, int]] = {}
        for ends, leads in step.leads.items():
            here[ends] = min(
                (step.call.likelihoods[genotype] + (ahead[after][0] if ahead else 0), genotype)
                for genotype, after in enumerate(leads)
                if after is not None
            )
        costs.append(here)
        ahead = here
    chosen = []
    state: _Ends = (0, 0)
    for step, here in zip(steps, reversed(costs), strict=True):
        genotype = here[state][1]
        chosen.append(genotype)
        state = step.leads[state][genotype] or (0, 0)
    return chosen


def _marginals(steps: list[_Step]) -> list[npt.NDArray[np.float64]]:
    """Each call's genotype probabilities over all combinations that fit."""
    weights = [[10 ** (-value / 10) for value in step.call.likelihoods] for step in steps]
    behind: list[dict[_Ends, float]] = [{(0, 0): 1.0}]
    for step, weight in zip(steps, weights, strict=True):
        after: dict[_Ends, float] = {}
        for ends, leads in step.leads.items():
            for genotype, end in enumerate(leads):
                if end is not None:
                    after[end] = after.get(end, 0.0) + behind[-1][ends] * weight[genotype]
        behind.append(_scaled(after))
    ahead = dict.fromkeys(behind[-1], 1.0)
    marginals = []
    for step, weight, before in zip(
        reversed(steps), reversed(weights), reversed(behind[:-1]), strict=True
    ):
        sums = np.zeros(len(weight))
        here = dict.fromkeys(step.leads, 0.0)
        for ends, leads in step.leads.items():
            for genotype, end in enumerate(leads):
                if end is not None:
                    onward = weight[genotype] * ahead[end]
                    here[ends] += onward
                    sums[genotype] += before[ends] * onward
        marginals.append(sums / sums.sum())
        ahead = _scaled(here)
    return marginals[::-1]


def _scaled(values: dict[_Ends, float]) -> dict[_Ends, float]:
    # Long groups of contradictions would otherwise run below the least float.
    largest = max(values.values())
    return {key: value / largest for key, value in values.items()}

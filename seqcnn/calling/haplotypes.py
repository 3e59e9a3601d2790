"""Search for subsets of two lists of variants that make the same haplotypes of a reference.

Both lists are replayed onto the reference side by side, base after base. A state of the search is,
for each haplotype, how far along the reference each list has come and what one of them has written
that the other has not yet; a state whose lists wrote different bases is dropped at once. States
with equal futures are merged, the better score kept, so the search is exact and, outside of long
repeats, never has more than a handful of states. The question is vcfeval's (Cleary et al. 2015,
bioRxiv 023754); the search is our own.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_STATES = 4000  # beyond this the worst-scored states are dropped, and the place is reported


class Change(NamedTuple):
    """`bases` in place of the reference at [start, end): one allele on one haplotype."""

    start: int
    end: int
    bases: bytes


class Option(NamedTuple):
    """One way to use a record: a change for each haplotype, None where it is left alone."""

    changes: tuple[Change | None, ...]
    score: int
    tag: Any = None


class Event(NamedTuple):
    """A record of one list: what using it may mean; not using it is always possible.

    `start` is the first reference position that any option touches. Events of one list are sorted
    by (start, end).
    """

    start: int
    end: int
    options: tuple[Option, ...]


class Match(NamedTuple):
    """What was chosen.

    `first` and `second` give, for each event of the two lists, the tag of its chosen option, or
    None. `first_stretch` and `second_stretch` number the stretch between two places where both
    haplotypes agree, -1 where not chosen: the chosen events of one stretch explain each other.
    `cut` has the positions where states were dropped for their number, so that the result there
    may not be the best.
    """

    first: list[Any]
    second: list[Any]
    first_stretch: list[int]
    second_stretch: list[int]
    cut: list[int]


# One haplotype: reference positions that the two lists have come to, and what each has written
# beyond the other (one of the two is empty). None: both are at the place of the search, and equal.
_Haplotype = tuple[int, int, bytes, bytes]
_Key = tuple[_Haplotype | None, ...]
# Whether the stretch since the last agreement uses events of the first and of the second list.
_Used = tuple[bool, bool]
# Score, and the chosen (list, event, tag) as a chain; list 2 marks an agreement.
_Chain = tuple[int, int, Any, Any] | None
_States = dict[tuple[_Key, _Used], tuple[int, _Chain]]


def best_match(
    first: Sequence[Event],
    second: Sequence[Event],
    reference: bytes,
    *,
    offset: int = 0,
    haplotypes: int = 2,
    most_states: int = MOST_STATES,
) -> Match:
    """The choice of options of both lists with the highest sum of scores and equal haplotypes.

    A stretch that uses events of one list only (they cancel out) is never chosen. Which haplotype
    is which does not matter: an option may be given in one order and in the other.

    Args:
        first: events sorted by (start, end), 0-based positions on the contig.
        second: likewise.
        reference: bases of the contig from `offset` on, in the letters of the changes; haplotypes
            must agree at its end at the latest.
        offset: contig position of its first base.
        haplotypes: changes in each option.
        most_states: bound on states; see `Match.cut`.
    """
    search = _Search(reference, offset, haplotypes, most_states)
    order = [(event.start, event.end, 0, i) for i, event in enumerate(first)]
    order += [(event.start, event.end, 1, i) for i, event in enumerate(second)]
    # Of one list, an insertion comes before what replaces the base after it.
    order.sort()
    lists = (first, second)
    match = Match(
        [None] * len(first), [None] * len(second), [-1] * len(first), [-1] * len(second), []
    )
    for start, _, side, index in order:
        search.advance(start)
        if len(search.states) == 1:
            search.settle(match)
        search.expand(side, index, lists[side][index])
        if len(search.states) > most_states:
            search.trim()
            match.cut.append(start)
    search.advance(offset + len(reference))
    search.settle(match)
    return match


class _Search:
    def __init__(self, reference: bytes, offset: int, haplotypes: int, most_states: int) -> None:
        self.reference = reference
        self.offset = offset
        self.most_states = most_states
        self.equal: _Key = (None,) * haplotypes
        self.place = offset
        self.stretch = 0
        self.states: _States = {(self.equal, (False, False)): (0, None)}

    def advance(self, place: int) -> None:
        """Write the reference up to `place`, where states stand and those that differ end."""
        if place == self.place and len(self.states) == 1:
            return
        self.place = place
        states: _States = {}
        for (key, used), (score, chain) in self.states.items():
            moved = key if key == self.equal else self._advanced(key)
            if moved is None:
                continue
            if any(used) and all(_agree(one) for one in moved):
                if not all(used):
                    continue
                used, chain = (False, False), (2, 0, None, chain)
            _keep(states, (moved, used), score, chain)
        self.states = states

    def _advanced(self, key: _Key) -> _Key | None:
        moved: list[_Haplotype | None] = []
        place, reference, offset = self.place, self.reference, self.offset
        for one in key:
            if one is None:
                moved.append(None)
                continue
            ours, theirs, mine, yours = one
            if ours < place:
                mine += reference[ours - offset : place - offset]
            if theirs < place:
                yours += reference[theirs - offset : place - offset]
            now = _compared(max(ours, place), max(theirs, place), mine, yours)
            if now is None:
                return None
            moved.append(None if now == (place, place, b"", b"") else now)
        return _canonical(moved)

    def expand(self, side: int, index: int, event: Event) -> None:
        """Add, to each state, what becomes of it by each option of the event."""
        states = dict(self.states)
        for (key, used), (score, chain) in self.states.items():
            now = (True, used[1]) if side == 0 else (used[0], True)
            for option in event.options:
                changed = self._changed(key, side, option.changes)
                if changed is not None:
                    _keep(
                        states,
                        (changed, now),
                        score + option.score,
                        (side, index, option.tag, chain),
                    )
        self.states = states

    def _changed(self, key: _Key, side: int, changes: tuple[Change | None, ...]) -> _Key | None:
        changed: list[_Haplotype | None] = []
        place, reference, offset = self.place, self.reference, self.offset
        for one, change in zip(key, changes, strict=True):
            if change is None:
                changed.append(one)
                continue
            ours, theirs, mine, yours = one or (place, place, b"", b"")
            start, end, bases = change
            if side == 0:
                if start < ours:
                    return None
                mine += reference[ours - offset : start - offset] + bases
                ours = end
            else:
                if start < theirs:
                    return None
                yours += reference[theirs - offset : start - offset] + bases
                theirs = end
            now = _compared(ours, theirs, mine, yours)
            if now is None:
                return None
            changed.append(now)
        return _canonical(changed)

    def trim(self) -> None:
        """Keep the states of the highest scores, the one in agreement among them."""
        ranked = sorted(
            self.states.items(), key=lambda item: (item[0][0] != self.equal, -item[1][0])
        )
        self.states = dict(ranked[: self.most_states // 2])

    def settle(self, match: Match) -> None:
        """Write down the choices of the best state in which the haplotypes agree."""
        key = (self.equal, (False, False))
        chain = self.states[key][1]
        chosen = (match.first, match.second)
        stretches = (match.first_stretch, match.second_stretch)
        while chain is not None:
            side, index, tag, chain = chain
            if side == 2:
                self.stretch += 1
            else:
                chosen[side][index] = tag
                stretches[side][index] = self.stretch
        self.stretch += 1
        self.states = {key: (0, None)}


def _keep(states: _States, key: tuple[_Key, _Used], score: int, chain: _Chain) -> None:
    other = states.get(key)
    if other is None or score > other[0]:
        states[key] = (score, chain)


def _compared(ours: int, theirs: int, mine: bytes, yours: bytes) -> _Haplotype | None:
    """The haplotype without what both lists have written; None if they wrote different bases."""
    n = min(len(mine), len(yours))
    return (ours, theirs, mine[n:], yours[n:]) if mine[:n] == yours[:n] else None


def _agree(haplotype: _Haplotype | None) -> bool:
    if haplotype is None:
        return True
    ours, theirs, mine, yours = haplotype
    return ours == theirs and not mine and not yours


def _canonical(haplotypes: list[_Haplotype | None]) -> _Key:
    """Haplotypes have no names: of two states that differ by their order, one is enough."""
    if len(haplotypes) == 2:
        a, b = haplotypes
        if a is None or b is None:
            if a is not None:
                return (b, a)
        elif b < a:
            return (b, a)
    return tuple(haplotypes)

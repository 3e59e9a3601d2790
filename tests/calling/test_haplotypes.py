import random
from collections.abc import Iterator
from itertools import product

import pytest

from seqcnn.calling.haplotypes import Change, Event, Match, Option, best_match


def het(start: int, end: int, bases: str, reference: str) -> Event:
    new, old = Change(start, end, bases.encode()), Change(start, end, reference[start:end].encode())
    return Event(start, end, (Option((old, new), 1, "het"), Option((new, old), 1, "het")))


def hom(start: int, end: int, bases: str) -> Event:
    change = Change(start, end, bases.encode())
    return Event(start, end, (Option((change, change), 1, "hom"),))


def test_a_deletion_matches_the_same_deletion_further_right_in_its_repeat() -> None:
    match = best_match([hom(3, 5, "")], [hom(7, 9, "")], b"TTTCACACACGGG")
    assert match.first == match.second == ["hom"]


def test_a_deletion_does_not_match_one_outside_of_the_repeat() -> None:
    match = best_match([hom(3, 5, "")], [hom(10, 12, "")], b"TTTCACACACGGG")
    assert match.first == match.second == [None]


def test_two_substitutions_match_the_one_that_holds_both() -> None:
    match = best_match([hom(2, 3, "G"), hom(3, 4, "G")], [hom(2, 4, "GG")], b"AAAAAA")
    assert match.first == ["hom", "hom"]
    assert match.second == ["hom"]


def test_heterozygous_neighbours_match_whatever_their_phase() -> None:
    text = "AAAAAA"
    first = [het(1, 2, "C", text), het(3, 4, "G", text)]
    assert best_match(first, [het(1, 2, "C", text), het(3, 4, "G", text)], b"AAAAAA").second == [
        "het",
        "het",
    ]


def test_heterozygous_does_not_match_homozygous() -> None:
    match = best_match([het(2, 3, "C", "AAAAA")], [hom(2, 3, "C")], b"AAAAA")
    assert match.first == match.second == [None]


def test_events_that_cancel_out_without_a_partner_are_not_chosen() -> None:
    # An insertion of an A and a deletion of an A leave the reference as it was.
    match = best_match([], [hom(1, 1, "A"), hom(3, 4, "")], b"AAAAAAGG")
    assert match.second == [None, None]


def test_events_that_share_bases_are_not_chosen_together() -> None:
    match = best_match([hom(1, 4, ""), hom(2, 3, "C")], [hom(1, 4, ""), hom(2, 3, "C")], b"GATTACA")
    assert [tag is not None for tag in match.first].count(True) == 1


def test_matches_far_apart_belong_to_different_stretches() -> None:
    events = [hom(1, 2, "C"), hom(5, 6, "C")]
    match = best_match(events, events, b"AAAAAAAA")
    assert match.first_stretch == match.second_stretch
    assert len(set(match.first_stretch)) == 2


def test_too_many_states_are_cut_and_reported() -> None:
    # In a homopolymer, deletions of one base can stand for each other in all combinations.
    first = [het(i, i + 1, "", "A" * 60) for i in range(1, 25, 2)]
    match = best_match(first, first, b"G" + b"A" * 60 + b"G", most_states=50)
    assert match.cut
    whole = best_match(first, first, b"G" + b"A" * 60 + b"G")
    assert not whole.cut
    assert whole.first == ["het"] * 12


def test_positions_may_start_at_an_offset() -> None:
    match = best_match([hom(1003, 1005, "")], [hom(1007, 1009, "")], b"TTTCACACACGGG", offset=1000)
    assert match.first == match.second == ["hom"]


# An oracle that tries every subset in every phase, and knows nothing of states.


def random_events(rng: random.Random, text: str, copies: int) -> list[Event]:
    events = []
    for _ in range(rng.randint(0, 4)):
        start = rng.randrange(1, len(text) - 3)
        end = start + rng.choice([0, 1, 1, 2])
        old = text[start:end]
        new = "".join(rng.choice("AC") for _ in range(rng.choice([0, 1, 1, 2])))
        if new == old:
            continue
        a, b = (Change(start, end, bases.encode()) for bases in (old, new))
        if copies == 1:
            ways: list[tuple[Change, ...]] = [(b,)]
        else:
            ways = [(b, b)] if rng.random() < 0.4 else [(a, b), (b, a)]
        events.append(Event(start, end, tuple(Option(way, 1, True) for way in ways)))
    return sorted(events, key=lambda event: (event.start, event.end))


def replays(events: list[Event], text: str, copies: int) -> Iterator[tuple[str, ...]]:
    """The haplotypes that all the events together write, for every phase; none if they overlap."""
    for ways in product(*[[option.changes for option in event.options] for event in events]):
        written = []
        for copy in range(copies):
            place, bases = 0, ""
            for way in ways:
                change = way[copy]
                if change.start < place:
                    return
                bases += text[place : change.start] + change.bases.decode()
                place = change.end
            written.append(bases + text[place:])
        yield tuple(sorted(written))


def subsets(events: list[Event]) -> Iterator[list[Event]]:
    for chosen in product((False, True), repeat=len(events)):
        yield [event for event, use in zip(events, chosen, strict=True) if use]


def most_by_trying_all(
    first: list[Event], second: list[Event], text: str, copies: int
) -> int | None:
    """The most events that can be chosen; None where some cancel out by themselves."""
    plain = (text,) * copies
    for events in (first, second):
        if any(plain in replays(part, text, copies) for part in subsets(events) if part):
            return None
    written: dict[tuple[str, ...], int] = {}
    for part in subsets(first):
        for haplotypes in replays(part, text, copies):
            written[haplotypes] = max(written.get(haplotypes, 0), len(part))
    return max(
        written[haplotypes] + len(part)
        for part in subsets(second)
        for haplotypes in replays(part, text, copies)
        if haplotypes in written
    )


def chosen(events: list[Event], tags: list[object]) -> list[Event]:
    return [event for event, tag in zip(events, tags, strict=True) if tag is not None]


@pytest.mark.parametrize("copies", [1, 2])
def test_the_most_events_are_chosen_of_all_subsets_and_phases(copies: int) -> None:
    tried = matched = 0
    for seed in range(1500):
        rng = random.Random(seed)
        text = "".join(rng.choice("AC") for _ in range(rng.randint(6, 14)))
        first, second = (random_events(rng, text, copies) for _ in range(2))
        if seed % 2 and first:
            other = [event for event in second if event.start != first[0].start]
            second = sorted([first[0], *other], key=lambda event: (event.start, event.end))
        most = most_by_trying_all(first, second, text, copies)
        if most is None:
            continue
        match: Match = best_match(first, second, text.encode(), haplotypes=copies)
        mine, yours = chosen(first, match.first), chosen(second, match.second)
        assert len(mine) + len(yours) == most, seed
        assert set(replays(mine, text, copies)) & set(replays(yours, text, copies)), seed
        assert not match.cut
        tried += 1
        matched += most > 0
    assert tried > 700
    assert matched > 300

"""Blocks written by a thread: in order, and none after an error."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from seqcnn.api.score_variants_writer import BlockWriter


class Kept:
    """A part that keeps what it is given, and breaks at one text."""

    def __init__(self, bad: str = "") -> None:
        self.texts: list[str] = []
        self.counts: Counter[str] = Counter()
        self.bad = bad

    def write(self, text: str) -> None:
        if text == self.bad:
            raise OSError("disk full")
        self.texts.append(text)

    def finish_block(self, counts: Counter[str]) -> None:
        self.counts.update(counts)


def block(name: str) -> Any:
    return SimpleNamespace(
        name=name, block=SimpleNamespace(alleles=SimpleNamespace(status=["scored"]))
    )


def name_of(scored: Any) -> str:
    return str(scored.name)


def test_blocks_are_written_in_order_and_all_at_the_end() -> None:
    part: Any = Kept()
    with BlockWriter(part, name_of) as writer:
        for number in range(20):
            writer.add(block(str(number)))
    assert part.texts == [str(number) for number in range(20)]
    assert part.counts == {"scored": 20}


@pytest.mark.parametrize("bad", ["0", "7", "19"])
def test_nothing_is_written_after_an_error(bad: str) -> None:
    part: Any = Kept(bad)
    with pytest.raises(OSError, match="disk full"), BlockWriter(part, name_of) as writer:
        for number in range(20):
            writer.add(block(str(number)))
    assert part.texts == [str(number) for number in range(int(bad))]


def test_an_error_of_the_networks_is_not_hidden_and_waiting_blocks_are_written() -> None:
    part: Any = Kept()
    with pytest.raises(ValueError, match="network"), BlockWriter(part, name_of) as writer:
        writer.add(block("first"))
        raise ValueError("network")
    assert part.texts == ["first"]

"""Whether reads are like those that a model was trained on."""

from collections.abc import Sequence
from typing import Any

from seqcnn.calling.read_sample import SampledReads

FACTOR = 1.25  # of read length and coverage, below the least and above the most trained on
PHRED = 5.0  # of base quality


def drift(reads: SampledReads, trained: dict[str, Any], shares: Sequence[float] = ()) -> list[str]:
    """A sentence for each property of `reads` that lies far outside of what a card lists.

    `trained` is the card's entry "reads"; `shares` are those of the fragments that the model was
    trained on besides (`--downsample`). What the card does not list is not judged.
    """
    listed = [
        ("read length", reads.read_length, " bp", trained.get("read_length")),
        ("base quality", reads.base_quality, "", trained.get("base_quality")),
        ("coverage", reads.coverage, "x", _coverage(trained, shares)),
    ]
    return [
        f"{name} is {_number(value)}{unit}; the model was trained on {_number(known['least'])} to "
        f"{_number(known['most'])}{unit} (its card), and may be wrong more often here"
        for name, value, unit, known in listed
        if value is not None and known and _far(name, value, known["least"], known["most"])
    ]


def _coverage(trained: dict[str, Any], shares: Sequence[float]) -> dict[str, float] | None:
    """Least and most coverage of a sample: the median of its kilobases."""
    medians = [one["coverage"]["p50"] for one in trained.get("samples", [])]
    if not medians:
        return None
    return {"least": min(medians) * min([1.0, *shares]), "most": max(medians)}


def _far(name: str, value: float, least: float, most: float) -> bool:
    if name == "base quality":
        return not least - PHRED <= value <= most + PHRED
    return not least / FACTOR <= value <= most * FACTOR


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"

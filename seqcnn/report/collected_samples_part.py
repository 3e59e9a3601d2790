"""The section of samples on a page over many results: the table and the pictures."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqcnn.report import words
from seqcnn.report.collected_records import Sample
from seqcnn.report.collected_runs_part import Cell, Row
from seqcnn.report.collected_samples import (
    FEWEST,
    MEASURES,
    RULE,
    Measure,
    apart,
    sample_findings,
)
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.records import Finding
from seqcnn.report.sample_figures import accuracy_dots, boxes, strips

MOST_ROWS = 24  # samples of which a picture has a row each
KINDS = (("SNP", "SNPs"), ("INDEL", "Indels"))


class Samples(NamedTuple):
    """What the section shows; `rule` says when a number is marked, "" with too few samples.

    `calls` are rows of counts, `compared` rows of measures of the `kinds` of variants.
    """

    findings: list[Finding]
    rule: str
    called: bool
    kinds: list[str]
    calls: list[Row]
    compared: list[Row]
    pictures: list[tuple[Picture, int]]


def part(samples: Sequence[Sample]) -> Samples | None:
    """The section; None without samples."""
    if not samples:
        return None
    called = any(one.records is not None for one in samples)
    kinds = [(key, name) for key, name in KINDS if any(key in one.accuracy for one in samples)]
    sides = {measure.key: apart(samples, measure) for measure in MEASURES}
    calls = [
        Row(one.name, one.link, _counts(one, place, sides), "; ".join(one.notes))
        for place, one in enumerate(samples)
        if one.records is not None
    ]
    compared = [
        Row(one.name, one.link, [c for key, _ in kinds for c in _accuracy(one, key, place, sides)])
        for place, one in enumerate(samples)
        if one.accuracy
    ]
    return Samples(
        findings=sample_findings(samples),
        rule=RULE if len(samples) >= FEWEST else "",
        called=called,
        kinds=[name for _, name in kinds],
        calls=calls,
        compared=compared,
        pictures=_pictures(samples),
    )


def _counts(one: Sample, place: int, sides: dict[str, list[int]]) -> list[Cell]:
    cells = [Cell(words.whole(one.variants), sort=_number(one.variants))]
    below = {
        "depth": _reach(one.depth),
        "gq": _reach(one.quality),
        "ts_tv": _pair(one.transitions, one.transversions),
        "het_hom": _pair(one.het, one.hom),
    }
    for measure in MEASURES[:7]:
        cells.append(_cell(one, measure, sides[measure.key][place], below.get(measure.key, "")))
    return cells


def _cell(one: Sample, measure: Measure, side: int, below: str) -> Cell:
    value = measure.value(one)
    sign = {1: " ▲", -1: " ▼"}.get(side, "")
    sort = value if np.isfinite(value) else -9.0
    return Cell(measure.text(value) + sign, below, sort, "loss" if side else "")


def _accuracy(one: Sample, kind: str, place: int, sides: dict[str, list[int]]) -> list[Cell]:
    found = one.accuracy.get(kind)
    if found is None:
        return [Cell(words.DASH, sort=-9.0)] * 4
    measure = next(m for m in MEASURES if m.key == f"f1_{kind.lower()}")
    _, low, high = found.f1
    reach = f"{100 * low:.2f} to {100 * high:.2f}" if np.isfinite(low) else ""
    cells = [_cell(one, measure, sides[measure.key][place], reach)]
    for value in (found.recall[0], found.precision[0]):
        text = f"{100 * value:.2f}" if np.isfinite(value) else words.DASH
        cells.append(Cell(text, sort=value if np.isfinite(value) else -9.0, look="other"))
    truth = f"of {words.whole(found.tp_truth + found.fn)}"
    wrong = f"{words.whole(found.fn)} / {words.whole(found.fp)}"
    return [*cells, Cell(wrong, truth, found.fn + found.fp, "other")]


def _pictures(samples: Sequence[Sample]) -> list[tuple[Picture, int]]:
    compared = [one for one in samples if one.accuracy]
    if len(samples) > MOST_ROWS:
        shown = [m for m in MEASURES if np.isfinite([m.value(one) for one in samples]).any()]
        note = "a dot a sample, the line their median; those that stand apart in red and named"
        figure = strips(samples, shown)
        return [_drawn(figure, "All samples", note)]
    pictures = []
    if compared:
        pictures.append(
            _drawn(accuracy_dots(compared), "F1 beside the truth", "with 95 % intervals")
        )
    for what, name, title in (
        ("depth", "Depth of the called variants", "DP"),
        ("quality", "Genotype quality of the called variants", "GQ"),
    ):
        shown_samples = [one for one in samples if getattr(one, what)]
        if shown_samples:
            figure = boxes(shown_samples, what, title)
            pictures.append(_drawn(figure, name, "median, middle half and middle 90 %"))
    return pictures


def _drawn(figure: object, name: str, note: str) -> tuple[Picture, int]:
    width = round(96 * figure.get_figwidth())  # type: ignore[attr-defined]
    return Picture(image_uri(figure), name, note, name), width  # type: ignore[arg-type]


def _reach(quantiles: Sequence[float]) -> str:
    if not quantiles:
        return ""
    return f"{words.whole(quantiles[0])} to {words.whole(quantiles[4])}"


def _pair(first: int | None, second: int | None) -> str:
    return "" if first is None else f"{words.whole(first)} / {words.whole(second)}"


def _number(value: int | None) -> float:
    return -9.0 if value is None else float(value)

import html.parser
from pathlib import Path

import numpy as np
import pytest

from seqcnn.calling.compare import Comparison, compare
from seqcnn.calling.compare_counts import Row, count_rows
from seqcnn.calling.compare_roc import Roc, roc
from seqcnn.calling.strata import kinds
from seqcnn.data.variants import Variant
from seqcnn.report.comparison import comparison_html
from seqcnn.report.comparison_plots import precision_recall
from seqcnn.report.comparison_text import text_table
from seqcnn.settings.compare import CompareSettings


class Plain:
    """A contig of nothing but A."""

    length_of = {"chr1": 1000}  # noqa: RUF012

    def fetch(self, contig: str, start: int, end: int) -> np.ndarray:
        return np.zeros(end - start, np.uint8)


def snp(pos: int, alt: str, quality: float | None) -> Variant:
    return Variant("chr1", pos, "A", (alt,), (0, 1), quality, (), quality)


class Links(html.parser.HTMLParser):
    """Every address that the page would fetch or go to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attributes if name in ("src", "href")]


@pytest.fixture
def settings() -> CompareSettings:
    return CompareSettings(
        truth=Path("truth <1>.vcf"), calls=Path("calls.vcf"), reference=Path("r.fa")
    )


TRUTH = [snp(pos, "C", None) for pos in range(10, 200, 10)]


def counted(calls: list[Variant]) -> tuple[list[Row], list[Roc], Comparison]:
    found = compare(TRUTH, calls, Plain())
    named = [kinds(one, Plain(), np.ones(len(one), np.bool_)) for one in (TRUTH, calls)]
    curves = [curve for score in ("QUAL", "GQ") for curve in roc(found, *named, score)]
    return count_rows(found, *named), curves, found


def page(calls: list[Variant], settings: CompareSettings) -> tuple[str, Comparison]:
    rows, curves, found = counted(calls)
    text = text_table(rows, curves, found)
    assert "Jeffreys" in text
    return comparison_html(rows, curves, found, settings, "today", "1.0"), found


def test_the_page_asks_nothing_of_the_network(settings: CompareSettings) -> None:
    calls = [snp(pos, "C", float(pos)) for pos in range(10, 150, 10)] + [snp(155, "G", 3.0)]
    text, _ = page(calls, settings)
    links = Links()
    links.feed(text)
    assert {link.split(":")[0] for link in links.found if not link.startswith("#")} == {"data"}
    assert sum(link.startswith("data:image/svg") for link in links.found) == 6


def test_names_of_files_are_escaped(settings: CompareSettings) -> None:
    text, _ = page([snp(10, "C", 1.0)], settings)
    assert "truth &lt;1&gt;.vcf" in text
    assert "<1>" not in text


def test_without_calls_there_is_a_page(settings: CompareSettings) -> None:
    text, _ = page([], settings)
    assert "Thresholds</h2>" not in text
    assert "Results</h2>" in text


def test_the_same_comparison_makes_the_same_page(settings: CompareSettings) -> None:
    calls = [snp(10, "C", 5.0), snp(20, "G", 3.0)]
    assert page(calls, settings)[0] == page(calls, settings)[0]


def test_places_that_were_too_dense_are_named(settings: CompareSettings) -> None:
    _, found = page([snp(10, "C", 5.0)], settings)
    cut = found._replace(cut=[("chr1", 41)])
    named = [kinds(one, Plain(), np.ones(len(one), np.bool_)) for one in (cut.truth, cut.calls)]
    rows = count_rows(cut, *named)
    assert "chr1:42" in comparison_html(rows, [], cut, settings, "today", "1.0")
    assert "first: chr1:42" in text_table(rows, [], cut)


def drawn(calls: list[Variant]) -> list[float]:
    """Where the axes of recall and precision by QUAL begin and end."""
    curves = [curve for curve in counted(calls)[1] if curve.score == "QUAL"]
    axes = precision_recall(curves).axes[0]
    return [*axes.get_xlim(), *axes.get_ylim()]


def test_where_every_call_is_right_the_last_tenth_of_recall_and_precision_is_drawn() -> None:
    perfect = [snp(pos, "C", float(pos)) for pos in range(10, 200, 10)]
    assert drawn(perfect) == pytest.approx([0.899, 1.0021, 0.898, 1.0031])


def test_of_calls_that_err_the_chart_begins_a_little_before_the_best_point() -> None:
    # 18 of 19 found, and one of 19 calls false.
    calls = [snp(pos, "C", float(pos)) for pos in range(10, 190, 10)] + [snp(195, "G", 5.0)]
    left, right, bottom, top = drawn(calls)
    assert (left, bottom) == pytest.approx((1 - 1.01 * 2.2 / 19, 1 - 1.02 * 1.3 / 19))
    assert (right, top) == pytest.approx((1 + 0.02 * 2.2 / 19, 1 + 0.03 * 1.3 / 19), abs=2e-4)


def test_the_four_charts_of_thresholds_stand_two_by_two(settings: CompareSettings) -> None:
    text, _ = page([snp(pos, "C", float(pos)) for pos in range(10, 150, 10)], settings)
    section = text[text.index('<section id="thresholds">') : text.index('<section id="rules">')]
    # Two figures of this class fill a row.
    assert section.count('<figure class="wide">') == section.count("<figure") == 4

import html.parser
from pathlib import Path

import numpy as np
import pytest

from seqcnn.calling.compare import Comparison, compare
from seqcnn.calling.compare_counts import count_rows
from seqcnn.calling.compare_roc import roc
from seqcnn.calling.strata import kinds
from seqcnn.data.variants import Variant
from seqcnn.report.comparison import comparison_html
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


def page(calls: list[Variant], settings: CompareSettings) -> tuple[str, Comparison]:
    truth = [snp(pos, "C", None) for pos in range(10, 200, 10)]
    found = compare(truth, calls, Plain())
    named = [kinds(one, Plain(), np.ones(len(one), np.bool_)) for one in (truth, calls)]
    rows = count_rows(found, *named)
    curves = [curve for score in ("QUAL", "GQ") for curve in roc(found, *named, score)]
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

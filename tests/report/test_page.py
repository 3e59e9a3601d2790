import base64
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from seqcnn.errors import InputError
from seqcnn.report.page import ReportData, render_report, report_html
from seqcnn.report.records import Agreement, Curves, Finding, Track

VOID = {"meta", "img", "br", "link", "input"}
SECTIONS = {"tracks", "curves", "agreement", "calibration", "training", "data", "filters", "again"}


class Page(HTMLParser):
    """Elements of a page; tags that are not closed in order are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def ids(self) -> set[str | None]:
        return {value for name, value in self.attributes if name == "id"}


def bare(data: ReportData) -> ReportData:
    """The data without the parts that take long to draw."""
    return replace(data, members=[], curves=[], calibration=[], filters=[], negatives=None)


def minimal(make_report: Callable[..., ReportData]) -> ReportData:
    full = make_report(1)
    names = ("title", "task", "kind", "model", "model_description", "parameters", "created")
    kept = {name: getattr(full, name) for name in (*names, "command", "outputs")}
    return ReportData(**kept)


@pytest.mark.parametrize(
    ("tracks", "kind", "missing"),
    [
        (1, "binary", {"agreement"}),
        (10, "multilabel", {"agreement"}),
        (3, "multiclass", {"agreement"}),
        (10, "signal", {"curves", "calibration"}),
    ],
)
def test_sections_follow_the_data(
    make_report: Callable[..., ReportData], tracks: int, kind: str, missing: set[str]
) -> None:
    html = report_html(make_report(tracks, kind))
    assert Page(html).ids == SECTIONS - missing


def test_page_of_200_tracks_is_below_3_mb(make_report: Callable[..., ReportData]) -> None:
    html = report_html(make_report(200, members=5, count=64))
    assert html.count("Sequence logo of") == 24
    assert len(html) < 3_000_000


def test_page_without_results_has_only_its_command(make_report: Callable[..., ReportData]) -> None:
    page = Page(report_html(minimal(make_report)))
    assert page.ids == {"again"}
    assert "img" not in page.tags


def test_page_asks_nothing_of_the_network(make_report: Callable[..., ReportData]) -> None:
    page = Page(report_html(make_report(3)))
    addresses = [value or "" for name, value in page.attributes if name in ("src", "href")]
    assert addresses
    assert all(address.startswith(("data:image/svg+xml;base64,", "#")) for address in addresses)
    assert "link" not in page.tags


def test_figures_are_well_formed_and_hold_no_address(
    make_report: Callable[..., ReportData],
) -> None:
    html = report_html(make_report(2, "signal"))
    figures = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    assert len(figures) == 8
    for figure in figures:
        for element in ElementTree.fromstring(base64.b64decode(figure)).iter():
            values = [v for k, v in element.attrib.items() if k.endswith("href")]
            assert all(value.startswith(("#", "data:")) for value in values)


def test_names_are_text_never_markup(make_report: Callable[..., ReportData]) -> None:
    name = "<b>K562</b> & \"x\" $\\frac$ <script>alert('1')</script>"
    data = make_report(1)
    track = replace(data.tracks[0], name=name)
    curves = replace(data.curves[0], name=name)
    filters = [replace(data.filters[0], name=name)]
    data = replace(
        data, title=name, model=name, outputs=[name, name], tracks=[track, track], mean=track,
        curves=[curves], filters=filters, verdict=[Finding("bad", name)], command=name,
    )  # fmt: skip
    page = Page(report_html(data))
    assert page.tags.count("script") == 1
    assert page.text.count("<b>K562</b> & \"x\" $\\frac$ <script>alert('1')</script>") >= 9


def test_name_in_letters_the_font_lacks_is_drawn(make_report: Callable[..., ReportData]) -> None:
    data = bare(make_report(2))
    tracks = [replace(data.tracks[0], name="肝細胞"), replace(data.tracks[1], name="a\x01b\nc")]
    assert "肝細胞" in report_html(replace(data, tracks=tracks))


def test_metrics_that_cannot_be_had_are_dashes(make_report: Callable[..., ReportData]) -> None:
    nan = float("nan")
    empty = Track("empty", 10, 0, {"auprc": (nan, nan, nan)}, {"GC content": {}})
    data = replace(bare(make_report(2)), tracks=[empty, empty], mean=empty)
    text = Page(report_html(data)).text
    assert "nan" not in text
    assert "\N{EN DASH}" in text


def test_metric_of_all_classes_together_is_drawn_from_the_mean(
    make_report: Callable[..., ReportData],
) -> None:
    data = bare(make_report(3, "multiclass"))
    tracks = [replace(track, metrics={}, baselines={}) for track in data.tracks]
    html = report_html(replace(data, tracks=tracks, primary="mcc"))
    assert "Dots and intervals of MCC" in html
    assert "mean of tracks</dt>" not in html


def test_verdict_stands_before_the_numbers(make_report: Callable[..., ReportData]) -> None:
    html = report_html(bare(make_report(1)))
    assert 0 < html.index("does not beat the 6-mer baseline") < html.index('class="tiles"')


def test_agreement_of_many_tracks_is_cut_to_twelve(
    make_report: Callable[..., ReportData],
) -> None:
    data = make_report(1, "signal")
    one = data.agreement[0]
    many = [Agreement(f"t{i}", one.observed[:50], one.predicted[:50]) for i in range(20)]
    html = report_html(replace(bare(data), agreement=many))
    assert html.count("Density of predicted over observed signal") == 12


def test_curve_of_a_track_without_positives_is_drawn(
    make_report: Callable[..., ReportData],
) -> None:
    flat = Curves("none", *(np.array([0.0, 1.0]) for _ in range(4)), positive_share=0.0)
    assert "ROC" in report_html(replace(bare(make_report(1)), curves=[flat] * 8))


def test_report_is_written_to_its_path(
    make_report: Callable[..., ReportData], tmp_path: Path
) -> None:
    render_report(minimal(make_report), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_missing_folder_is_one_line(make_report: Callable[..., ReportData], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write here"):
        render_report(minimal(make_report), tmp_path / "none" / "report.html")

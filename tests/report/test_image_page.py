"""The page of images and their classes."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from seqcnn.report.page import ReportData, report_html
from seqcnn.report.track_table import track_table, whole_table

Make = Callable[..., ReportData]


def words(html: str) -> str:
    """The page's text without tags and embedded figures."""
    return re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL)


def images(html: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))) for text in found]


def ids(html: str) -> set[str]:
    return set(re.findall(r'<section id="(\w+)"', html))


def test_matrix_gallery_and_kernels_are_in_the_page(make_image_report: Make) -> None:
    html = report_html(make_image_report())
    assert {"confusion", "mistakes", "kernels"} <= ids(html)
    assert html.count("Image of class 0, called class 1") == 12
    assert "96 kernels of 11 x 11 pixels" in html


def test_gallery_holds_the_pixels_of_the_mistakes(make_image_report: Make) -> None:
    data = make_image_report(side=16)
    shown = images(report_html(data))
    np.testing.assert_array_equal(shown[0], data.mistakes[0].pixels)


def test_sections_without_data_are_left_out(make_image_report: Make) -> None:
    html = report_html(replace(make_image_report(), confusion=None, mistakes=[], kernels=None))
    assert ids(html) == {"tracks", "data", "again"}
    assert "image/png" not in html


def test_right_calls_alone_are_said_to_be_so(make_image_report: Make) -> None:
    html = report_html(replace(make_image_report(), confusion=np.diag([3] * 10)))
    assert "Every call is right." in html


def test_words_are_those_of_images(make_image_report: Make) -> None:
    text = words(report_html(make_image_report()))
    for word in ("equence", "rack", "ontig", "base composition"):
        assert word not in text


def test_cards_show_accuracy_and_errors_with_their_intervals(make_image_report: Make) -> None:
    text = " ".join(words(report_html(make_image_report())).split())
    assert "Accuracy .912 .902\N{EN DASH}.922" in text
    assert "Top-1 error 8.8 % 7.8\N{EN DASH}9.8 %" in text
    assert "Top-5 error 2.1 % 1.1\N{EN DASH}3.1 %" in text


def test_metrics_of_the_whole_are_no_columns_of_classes(make_image_report: Make) -> None:
    table = track_table(make_image_report())
    assert table.metrics == ["AUROC", "AUPRC", "F1"]
    assert not table.gains


def test_whole_table_has_what_classes_lack_the_primary_first(make_image_report: Make) -> None:
    table = whole_table(make_image_report())
    assert table is not None
    assert table.metrics == ["Accuracy", "MCC", "Top-1 error", "Top-5 error"]


def test_the_lowest_error_is_the_best(make_image_report: Make) -> None:
    table = whole_table(make_image_report())
    assert table is not None
    accuracy, _, top1, _ = table.rows[0].cells
    assert [cell.best for cell in accuracy] == [False, True]
    assert [cell.best for cell in top1] == [True, False]


def test_tracks_that_have_all_metrics_need_no_whole_table(make_report: Make) -> None:
    assert whole_table(make_report(3)) is None


@pytest.mark.parametrize(("classes", "drawn"), [(30, True), (31, False)])
def test_matrix_of_many_classes_gives_way_to_pairs(
    make_image_report: Make, classes: int, drawn: bool
) -> None:
    html = report_html(replace(make_image_report(classes), mistakes=[], kernels=None))
    assert ("Confusion matrix in counts" in html) == drawn
    assert "Most frequent wrong calls" in html


def test_of_a_thousand_classes_the_hardest_are_rows(make_image_report: Make) -> None:
    data = make_image_report(1000)
    lowest = sorted(track.metrics["f1"][0] for track in data.tracks)[:100]
    table = track_table(data)
    assert [row.track.metrics["f1"][0] for row in table.rows] == lowest
    assert table.hardest == "F1"


def test_page_of_a_thousand_classes_of_photographs_is_below_a_megabyte_and_a_half(
    make_image_report: Make,
) -> None:
    assert len(report_html(make_image_report(1000, side=256))) < 1_500_000


def test_large_images_are_smooth_and_small_ones_pixel_by_pixel(make_image_report: Make) -> None:
    small, large = (
        report_html(replace(make_image_report(side=side), kernels=None)) for side in (32, 112)
    )
    assert (small.count('class="crisp"'), large.count('class="crisp"')) == (12, 0)

"""The page of what the network has learned."""

import re

import pytest

from seqcnn.errors import InputError
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable, load_panels, panels_html, write_panels_page
from seqcnn.report.records import Finding
from seqcnn.report.style import panel as drawn
from seqcnn.report.style import styled


def example(verb: str, **more: object) -> Panel:
    return Panel(verb, f"About {verb}", "What is shown.", **more)  # type: ignore[arg-type]


def picture(width: float) -> Picture:
    with styled():
        figure, axes = drawn(width, 2.0)
        axes.plot([0, 1], [0, 1])
        return Picture(image_uri(figure), "Line", "", "a line")


def test_a_panel_comes_back_from_its_file_as_it_was(tmp_path):
    panel = example(
        "filters",
        tiles=[("filters", "12", "of 128")],
        findings=[Finding("good", "all found")],
        pictures=[picture(3.0)],
        tables=[PanelTable("Best", ["name", "sites"], [["a", 3]])],
        settings={"seed": 0},
    )
    panel.save(tmp_path)
    assert load_panels(tmp_path) == [panel]


def test_verbs_share_a_page_in_one_order(tmp_path):
    for verb in ("weaknesses", "filters", "mutagenesis"):
        example(verb).save(tmp_path)
    page = write_panels_page(tmp_path).read_text()
    assert re.findall(r'<section id="(\w+)"', page) == ["filters", "mutagenesis", "weaknesses"]


def test_a_broken_panel_is_named(tmp_path):
    (tmp_path / "filters.panel.json").write_text("{}")
    with pytest.raises(InputError, match=r"filters\.panel\.json: not a panel of this seqcnn"):
        load_panels(tmp_path)


def test_names_of_users_are_escaped():
    page = panels_html([example("filters", bundle="<script>", tiles=[("<b>", "1", "")])])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;" in page


def test_a_figure_keeps_the_width_it_was_drawn_for():
    page = panels_html([example("filters", pictures=[picture(3.0)])])
    assert "width: 288px" in page  # 3 inches of 96 pixels


def test_the_page_names_each_bundle_once_with_its_network():
    one = {"bundle": "duplex_seed0/model.safetensors", "network": "duplex"}
    other = {"bundle": "basset_seed0/model.safetensors", "network": "basset"}
    page = panels_html([example("filters", **one), example("activations", **one)])
    assert '<p class="subtitle"><b>duplex_seed0/model.safetensors</b> (duplex)' in page
    assert page.count("(duplex)") == 1
    page = panels_html([example("filters", **one), example("activations", **other)])
    assert "</b> (duplex), <b>basset_seed0/model.safetensors</b> (basset)" in page


def test_what_to_worry_about_stands_out_as_on_other_pages():
    lead = "What is <shown>. Worry when all are alike."
    page = panels_html([Panel("filters", "Filters", lead)])
    wanted = "What is &lt;shown&gt;. <b>Worry</b> when all are alike.</p>"
    assert f'<p class="lead">{wanted}' in page

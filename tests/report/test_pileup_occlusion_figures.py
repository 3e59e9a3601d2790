"""Figures of what a call rests on, of the released caller on the demo sample."""

from pathlib import Path

import pytest

import seqcnn
from seqcnn.api.explain import Explanation

DEMO = Path(__file__).parents[2] / "data" / "demo"
SETTLED, DOUBTFUL, INDEL = 692, 1240, 1285


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


def explained(position: int) -> Explanation:
    return seqcnn.explain(
        DEMO / "caller.bam", f"demo_caller:{position}", DEMO / "caller.fa.gz", occlusion=True
    )


def titles(figure) -> list[str]:
    found = [axes.get_title(loc=where) for axes in figure.axes for where in ("left", "right")]
    return [title for title in found if title]


def test_bars_stand_beside_the_rows_of_their_fragments():
    found = explained(DOUBTFUL)
    figure = found.occlusion_figure()
    assert titles(figure) == ["difference", "without the fragment", "without channels and counts"]
    bars = figure.axes[1].patches
    effects = {row: one.effect for one in found.bases[0].occlusion.fragments for row in one.rows}
    assert len(bars) == 29
    for bar in bars:
        row = round(bar.get_y() + bar.get_height() / 2)
        assert bar.get_width() == pytest.approx(effects[row])
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[0].get_xlim() == figure.axes[2].get_xlim()


def test_gradients_have_a_map_a_channel_on_one_scale():
    figure = explained(DOUBTFUL).gradients_figure()
    maps = [axes.images[0] for axes in figure.axes[:7]]
    assert len({image.norm.vmax for image in maps}) == 1
    assert titles(figure)[4].startswith("allele +") or titles(figure)[4].startswith("allele -")
    assert any(title.startswith("counts") for title in titles(figure))


def test_a_site_that_counts_settle_has_bars_of_counts_alone():
    found = explained(SETTLED)
    assert "without counts" in titles(found.occlusion_figure())
    assert not any(axes.images for axes in found.gradients_figure().axes)
    assert "by counts of fragments alone" in str(found)


def test_columns_of_inserted_bases_have_no_position():
    columns = explained(INDEL).to_dict()["rests_on"][0]["columns"]
    places = [one["position"] for one in columns]
    assert places[29:44] == [1284, 1285, *[None] * 12, 1286]

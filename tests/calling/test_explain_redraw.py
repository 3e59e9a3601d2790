"""Drawing a site without a fragment is drawing it as if the fragment were not in the file."""

import numpy as np
import pytest
from explained_sites import DOUBTFUL, SETTLED, examined_demo, site_at

from seqcnn.calling.explain_redraw import draw_without, fragments_of, shows
from seqcnn.calling.images import SIZES, PileupImages

ONE = np.array([1, 0])


def images_of(encoder: str) -> PileupImages:
    rows, columns = SIZES[encoder]
    scheme = "pairs" if encoder == "deepvariant" else "joint"
    return PileupImages(encoder=encoder, scheme=scheme, rows=rows, columns=columns)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


@pytest.mark.parametrize("encoder", ["compact", "combined", "deepvariant"])
def test_without_a_fragment_its_rows_are_gone_and_the_others_move_up(encoder):
    images = images_of(encoder)
    examined = examined_demo(images)
    site = site_at(examined, DOUBTFUL)
    fragments = fragments_of(examined.prepared, site, images, ONE)
    drawn = draw_without(
        examined.prepared, site, {"picture": images},
        [np.empty(0, np.uint64), *(np.array([one.key]) for one in fragments)],
    )["picture"][:, 0, : images.picture_rows]  # fmt: skip
    assert sum(len(one.rows) for one in fragments) >= 25
    for one, without in zip(fragments, drawn[1:], strict=True):
        left = np.delete(drawn[0], one.rows, axis=0)
        empty = np.zeros((len(one.rows), *left.shape[1:]), np.uint8)
        np.testing.assert_array_equal(without, np.concatenate([left, empty]))


def test_without_any_fragment_the_picture_and_the_depth_are_empty():
    images = images_of("combined")
    examined = examined_demo(images)
    site = site_at(examined, SETTLED)
    keys = np.array([one.key for one in fragments_of(examined.prepared, site, images, ONE)])
    drawn = draw_without(
        examined.prepared, site, {"picture": images, "counts": images_of("counts")}, [keys]
    )
    assert not drawn["picture"][0, 0, : images.picture_rows].any()
    depth = images_of("counts").channels.index("depth")
    assert drawn["counts"][0, 0, 0, 0, depth] == 0


def test_fragments_come_in_the_order_of_the_rows_with_what_they_show():
    images = images_of("compact")
    examined = examined_demo(images)
    site = site_at(examined, DOUBTFUL)
    fragments = fragments_of(examined.prepared, site, images, ONE)
    assert [one.rows for one in fragments] == [(row,) for row in range(29)]
    shown = [shows(site, one.observation) for one in fragments]
    assert shown == ["C>G"] * 23 + ["reference"] * 6


def test_every_read_of_a_fragment_goes_with_it():
    images = images_of("compact")
    examined = examined_demo(images)
    site = site_at(examined, SETTLED)
    reads = examined.prepared.reads
    over = np.unique(reads.fragment[site.observations.read])
    found = [int(one.key) for one in fragments_of(examined.prepared, site, images, ONE)]
    assert sorted(found) == over.tolist()
    assert len(found) == len(set(found))

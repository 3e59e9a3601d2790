"""What a verb of `seqcnn interpret` leaves behind."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqcnn import load
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.errors import InputError
from seqcnn.report.panels import Panel, load_panels
from seqcnn.report.style import panel, styled
from seqcnn.settings.interpret.base import InterpretSettings


@pytest.fixture
def reading() -> Reading:
    with styled():
        figure, axes = panel()
        axes.plot([0, 1], [0, 1])
    return Reading(
        "filters",
        pd.DataFrame({"filter": [1], "bits": [0.123456789]}),
        Panel("filters", "Filters", "Shown."),
        figures={"filters_best": figure},
        tables={"sites": pd.DataFrame({"site": ["ACGT"]})},
        arrays={"counts": np.arange(4)},
        text="1 filter",
    )


def test_everything_is_written_under_the_verbs_name(reading, tmp_path):
    paths = reading.write(tmp_path / "out")
    assert [path.name for path in paths] == [
        *("filters.tsv", "filters_sites.tsv", "filters_best.png", "filters.npz", "report.html"),
    ]
    assert (tmp_path / "out" / "filters.tsv").read_text() == "filter\tbits\n1\t0.123457\n"
    with np.load(tmp_path / "out" / "filters.npz") as arrays:
        assert arrays["counts"].tolist() == [0, 1, 2, 3]
    assert (tmp_path / "out" / "filters_best.png").read_bytes()[:4] == b"\x89PNG"


def test_files_of_an_earlier_run_that_are_not_written_again_go(reading, tmp_path):
    reading.write(tmp_path)
    (tmp_path / "mine.png").touch()
    replace(reading, figures={}).write(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert "filters_best.png" not in left
    assert {"mine.png", "filters.tsv", "report.html"} <= left


def test_a_file_in_place_of_the_folder_is_refused(reading, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file; name a folder with --out"):
        reading.write(tmp_path / "out")


def test_the_panel_says_which_bundle_and_settings_it_is_of(reading, trained, tmp_path):
    model = load(trained["peaks"] / "model.safetensors", device="cpu")
    settings = InterpretSettings(
        bundle=tmp_path / "seed0" / "model.safetensors", input=tmp_path / "a.bed",
        out=tmp_path / "out",
    )  # fmt: skip
    finished(reading, model, settings, write=True)
    (kept,) = load_panels(tmp_path / "out")
    assert (kept.bundle, kept.network) == ("seed0/model.safetensors", "deepbind")
    assert kept.settings["input"] == "a.bed"
    assert "genome" not in kept.settings


def test_nothing_is_written_unasked(reading, trained, tmp_path):
    model = load(trained["peaks"] / "model.safetensors", device="cpu")
    settings = InterpretSettings(bundle=tmp_path / "m.safetensors", out=tmp_path / "out")
    finished(reading, model, settings, write=False)
    assert not (tmp_path / "out").exists()


def test_a_bundle_named_without_its_folder_is_told_by_its_name(reading, trained, tmp_path):
    model = load(trained["peaks"] / "model.safetensors", device="cpu")
    settings = InterpretSettings(bundle="model.safetensors", out=tmp_path / "out")
    assert finished(reading, model, settings, write=False).panel.bundle == "model.safetensors"

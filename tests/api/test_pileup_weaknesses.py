"""`interpret weaknesses` of a caller, on the demo sample."""

from pathlib import Path

import pandas as pd
import pytest

from seqcnn.api.interpret.weaknesses import weaknesses
from seqcnn.errors import InputError

ROOT = Path(__file__).parents[2]
DEMO, RELEASED = ROOT / "data" / "demo", ROOT / "seqcnn" / "zoo" / "illumina.safetensors"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))


def test_a_callers_weaknesses_are_a_table_figures_and_a_panel(tmp_path):
    reading = weaknesses(
        RELEASED, DEMO / "caller.bam", genome=DEMO / "caller.fa.gz", number=3, max_edits=1,
        max_steps=2, out=tmp_path / "out",
    )  # fmt: skip
    assert len(reading.table) == 3
    assert (reading.table["probability"] >= 0.9).all()
    removed = reading.table["fragments_removed"].dropna()
    assert ((removed >= 1) & (removed <= reading.table["depth"][removed.index])).all()
    assert set(reading.tables["kinds"]["network"]) == {"picture", "counts"}
    assert len(reading.tables["evolved"]) == 3
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        *("weaknesses.tsv", "weaknesses_kinds.tsv", "weaknesses_evolved.tsv", "report.html"),
        *("weaknesses_changes.png", "weaknesses_kinds.png", "weaknesses_pictures.png"),
    } <= names
    assert all(finding.text in str(reading) for finding in reading.panel.findings)


def test_the_same_seed_gives_the_same_sites():
    flags = {"genome": DEMO / "caller.fa.gz", "number": 2, "max_edits": 1, "max_steps": 1}
    first, second = (weaknesses(RELEASED, DEMO / "caller.bam", **flags) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)


def test_a_caller_needs_reads():
    with pytest.raises(InputError, match="INPUT is needed: a sorted, indexed BAM"):
        weaknesses(RELEASED, None, genome=DEMO / "caller.fa.gz")

"""The whole site, built as CI builds it but for the notebooks' outputs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_site_builds_strictly_and_without_the_network(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs is absent: install seqcnn[docs]")
    pytest.importorskip("mkdocstrings", reason="mkdocstrings is absent: install seqcnn[docs]")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    outcome = subprocess.run(
        [*command, "--config-file", str(ROOT / "mkdocs.yml")],
        cwd=tmp_path,
        # A proxy that refuses everything: nothing may be fetched while it builds.
        env=os.environ
        | {"SEQCNN_DOCS_NOTEBOOKS": "0", "NO_MKDOCS_2_WARNING": "1"}
        | {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "--val-contigs" in (site / "reference" / "cli" / "train.html").read_text()
    assert "seqcnn.load" in (site / "reference" / "api" / "model.html").read_text()
    assert (site / "changelog.html").exists()
    assert (site / "workflows" / "train-caller.html").exists()

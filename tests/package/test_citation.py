"""CITATION.cff: whole by the format's rules (Citation File Format 1.2.0), and of this version."""

from pathlib import Path

import yaml

from seqcnn.version import __version__

ROOT = Path(__file__).parents[2]
REQUIRED = {"cff-version", "message", "title", "authors"}
KNOWN = REQUIRED | {"type", "version", "license", "abstract", "keywords", "repository-code", "doi"}


def test_the_citation_file_is_whole_and_of_this_version():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert found.keys() >= REQUIRED
    assert found.keys() <= KNOWN
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "software"
    assert found["version"] == __version__
    assert found["license"] == "MIT"
    assert all("name" in author or "family-names" in author for author in found["authors"])
    assert len(set(found["keywords"])) == len(found["keywords"])


def test_the_licence_is_that_of_the_citation():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")

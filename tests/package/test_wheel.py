"""What is published: the content of wheel and source, and a use of the wheel on its own (slow)."""

import re
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

from seqcnn.api.demo import FILES
from seqcnn.version import __version__

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "seqcnn"
MOST = 20e6  # bytes of a wheel
LINK = re.compile(r"\]\(([^)\s]+)\)")


def names_in(path: Path) -> set[str]:
    """The files of a wheel, or of a source distribution without its first folder."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    with tarfile.open(path) as archive:
        members = [member.name for member in archive.getmembers() if member.isfile()]
    return {str(PurePosixPath(*PurePosixPath(name).parts[1:])) for name in members}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def of_the_package() -> set[str]:
    """Every file below seqcnn/ that git would take."""
    files = (path for path in SOURCE.rglob("*") if path.is_file())
    kept = (path for path in files if "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in kept if path.suffix != ".pyc"}


def test_the_wheel_holds_the_package_the_demo_data_and_the_licence_and_nothing_else(wheel):
    names = names_in(wheel)
    about = {name for name in names if ".dist-info/" in name}
    demo = {f"seqcnn/demo/{name}" for name in FILES}
    assert names - about == of_the_package() | demo
    released = {"seqcnn/zoo/illumina.safetensors", "seqcnn/zoo/hifi.safetensors"}
    templates = {"seqcnn/report/templates/report.html.j2", "seqcnn/report/templates/style.css"}
    profiles = {"seqcnn/calling/simulate/profiles/novaseq.json"}
    assert released | templates | profiles | {"seqcnn/py.typed"} <= names
    assert f"seqcnn-{__version__}.dist-info/licenses/LICENSE" in about


def test_the_wheel_is_small_enough_for_any_index(wheel):
    assert wheel.stat().st_size < MOST


def test_the_source_holds_what_the_wheel_is_made_of_and_no_caches_or_tests(sdist):
    names = names_in(sdist)
    assert of_the_package() <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"} <= names
    assert {f"data/demo/{name}" for name in FILES} <= names
    first = {name.partition("/")[0] for name in names}
    assert first <= {
        "seqcnn", "data", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO",
        ".gitignore",
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".seqcnn", ".pyc"))]


def test_the_metadata_say_what_it_is_in_words_that_need_no_repository(wheel):
    found = metadata(wheel)
    assert (found["Name"], found["Version"]) == ("seqcnn", __version__)
    assert found["License-Expression"] == "MIT"
    assert set(found["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    assert found["Description-Content-Type"] == "text/markdown"
    description = str(found.get_payload())
    assert description.startswith("# seqcnn")
    relative = [link for link in LINK.findall(description) if "://" not in link and link[0] != "#"]
    assert relative == [], "links that lead nowhere on a package index"


def test_nothing_that_it_needs_is_missing_or_at_odds(run):
    assert "No broken requirements found" in run("python", "-m", "pip", "check").stdout


def test_doctor_finds_the_installed_version(run):
    assert re.search(rf"seqcnn +{re.escape(__version__)}", run("seqcnn", "doctor").stdout)


def test_it_imports_from_where_it_was_installed(run):
    shown = run("python", "-c", "import seqcnn; print(seqcnn.__file__)").stdout
    assert "site-packages" in shown and str(ROOT) not in shown


def test_training_on_the_demo_data_leaves_a_model_and_a_report(elsewhere):
    assert (elsewhere / "run" / "model.safetensors").stat().st_size > 1000
    assert "<html" in (elsewhere / "run" / "report.html").read_text()


def test_the_trained_model_predicts_for_regions(run, elsewhere):
    run(
        "seqcnn", "predict", "run/model.safetensors", "demo/factor.bed.gz",
        *("--genome", "demo/genome.fa.gz", "--out", "predicted.tsv"),
    )  # fmt: skip
    head, *rows = (elsewhere / "predicted.tsv").read_text().splitlines()
    assert head.split("\t")[-3:] == ["liver", "muscle", "blood"]
    assert len(rows) > 100


def test_the_trained_model_scores_variants(run, elsewhere):
    run(
        "seqcnn", "score-variants", "run/model.safetensors", "--genome", "demo/genome.fa.gz",
        *("--vcf", "demo/variants.vcf.gz", "--out", "scored.tsv"),
    )  # fmt: skip
    head, *rows = (elsewhere / "scored.tsv").read_text().splitlines()
    assert "difference" in head.split("\t")
    assert len({tuple(row.split("\t")[:2]) for row in rows}) == 240


def test_the_released_model_calls_the_demo_reads(run, elsewhere):
    run(
        "seqcnn", "call-variants", "demo/caller.bam", "--reference", "demo/caller.fa.gz",
        *("--out", "calls.vcf.gz"),
    )  # fmt: skip
    run(
        "seqcnn", "compare", "demo/caller_truth.vcf.gz", "calls.vcf.gz",
        *("--reference", "demo/caller.fa.gz", "--confident", "demo/caller_confident.bed"),
        *("--out", "compared"),
    )  # fmt: skip
    assert (elsewhere / "compared" / "report.html").exists()

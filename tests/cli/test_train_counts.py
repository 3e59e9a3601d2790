"""`--encoder counts` on the command line: a caller without pictures, and what it does not offer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from known_sample import KnownSample

from seqcnn.api.explain import explain
from seqcnn.cli import main
from seqcnn.training.bundle import read_card

Command = Callable[..., object]
TINY = (
    *("--encoder", "counts", "--max-steps", "60", "--validate-every", "30"),
    *("--warmup-steps", "5", "--batch-size", "16", "--threads", "1", "--precision", "32"),
    *("--ema-decay", "0.9"),
)


@pytest.fixture(scope="module")
def run(known_sample: KnownSample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "counts"
    with pytest.raises(SystemExit) as leaving:
        main(["train", *known_sample.flags(), *TINY, "--out", str(folder)])
    assert leaving.value.code in (0, None)
    return folder


def test_its_network_and_its_numbers_are_in_the_card(run):
    card = read_card(run / "model.safetensors")
    assert card["architecture"]["name"] == "counts"
    assert card["channels"][:2] == ["reference: share", "reference: fragments"]
    images = card["encoder"]["images"]
    assert (images["encoder"], images["rows"], images["columns"]) == ("counts", 1, 1)


def test_the_report_has_a_table_of_mistakes_and_no_pictures(run):
    page = (run / "report.html").read_text()
    assert "Worst mistakes" in page
    assert "four in a row" not in page


def test_it_calls_the_planted_variants(seqcnn, run, known_sample, tmp_path):
    out = tmp_path / "calls.vcf"
    done = seqcnn(
        "call-variants", known_sample.bam, "--reference", known_sample.reference, "--out", out,
        "--model", run / "model.safetensors", "--threads", "1",
    )  # fmt: skip
    assert done.code == 0
    text = out.read_text()
    assert "none: all fragments are counted" in text

    def places(vcf: str) -> set[tuple[str, ...]]:
        rows = [line.split("\t") for line in vcf.splitlines() if line[0] != "#"]
        return {(row[0], row[1], row[3], row[4]) for row in rows if row[6] in ("PASS", ".")}

    true, called = places(known_sample.truth.read_text()), places(text)
    assert len(true & called) > 0.8 * len(true)


def test_an_explanation_has_no_picture_and_says_so(run, known_sample, tmp_path):
    found = explain(
        known_sample.bam, "one:301", known_sample.reference, model=run / "model.safetensors",
        out=tmp_path / "why",
    )  # fmt: skip
    assert "the model reads counts of fragments, so there is no picture" in found.notes
    assert not found.has_figure
    with pytest.raises(ValueError, match="no picture to draw"):
        found.figure()
    left = sorted(path.name for path in (tmp_path / "why").iterdir())
    kinds = (".json", ".txt", "_gradients.png", "_occlusion.png")
    assert left == [f"one_301{kind}" for kind in kinds]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--thin", "0.5"), "--thin leaves out rows of pictures"),
        (("--rows", "9"), "draws no pictures, so it has no rows and columns"),
    ],
)
def test_what_needs_a_picture_is_refused(seqcnn, known_sample, tmp_path, flags, message):
    words = ("train", *known_sample.flags(), "--encoder", "counts", *flags, "--out", tmp_path / "x")
    refused = seqcnn(*words)
    assert refused.code == 2
    assert message in refused.err
    assert refused.err.count("\n") == 1

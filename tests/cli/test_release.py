"""`seqcnn release`: a run's bundle made ready for others; and cards without folders."""

import json
import shutil
from pathlib import Path

import pysam
import pytest

from seqcnn.api import release as release_module
from seqcnn.api.release import places
from seqcnn.training.bundle import load_bundle, read_card

BUNDLE = "model.safetensors"


@pytest.fixture(scope="module")
def comparison(known_sample, tmp_path_factory) -> Path:
    """Compared: the truth with GQ 30, without its first variant, and one false call of GQ 10."""
    from seqcnn.api.compare import compare

    folder = tmp_path_factory.mktemp("compared")
    with pysam.VariantFile(str(known_sample.truth)) as truth:
        records = list(truth)
        truth.header.formats.add("GQ", "1", "Integer", "quality")
        with pysam.VariantFile(str(folder / "x.vcf"), "w", header=truth.header) as out:
            for number, record in enumerate(records[1:], 1):
                record.translate(out.header)
                record.samples[0]["GQ"] = 30
                out.write(record)
                if number == 5:
                    record.pos += 20
                    record.alleles = ("N", "A")
                    record.samples[0]["GT"] = (0, 1)
                    record.samples[0]["GQ"] = 10
                    _set_reference(record, known_sample.reference)
                    out.write(record)
    compare(
        known_sample.truth, folder / "x.vcf", reference=known_sample.reference,
        confident=known_sample.confident, out=folder / "compared",
    )  # fmt: skip
    return folder / "compared"


def _set_reference(record: pysam.VariantRecord, fasta: Path) -> None:
    with pysam.FastaFile(str(fasta)) as file:
        base = file.fetch(record.chrom, record.pos - 1, record.pos)
    record.alleles = (base, "ACGT"[("ACGT".index(base) + 1) % 4])


def test_the_card_of_a_run_holds_names_and_run_yaml_the_paths(trained, data):
    card = read_card(trained["peaks"] / BUNDLE)
    settings = card["task"]["settings"]
    assert settings["genome"] == "genome.fa"
    assert settings["peaks"] == ["a.bed", "b.bed"]
    assert settings["out"] == "peaks"
    assert list(places(card)) == []
    assert f"genome: {data / 'genome.fa'}" in (trained["peaks"] / "run.yaml").read_text()


def test_a_bundle_away_from_its_run_asks_for_its_data(seqcnn, trained, data, tmp_path):
    moved = shutil.copy(trained["peaks"] / BUNDLE, tmp_path / "moved.safetensors")
    outcome = seqcnn("evaluate", moved, "--no-baselines")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "only the names of its training data (genome.fa, …)" in outcome.err
    assert "give --genome --peaks" in outcome.err
    saved = tmp_path / "numbers.json"
    outcome = seqcnn(
        "evaluate", moved, "--genome", data / "genome.fa", "--peaks", data / "a.bed",
        data / "b.bed", "--no-baselines", "--precision", "32", "--json-out", saved,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    first = json.loads((trained["peaks"] / "results.json").read_text())["CNN"]["mean"]["auroc"]
    assert json.loads(saved.read_text())["CNN"]["mean"]["auroc"] == pytest.approx(first)


def test_the_settings_of_another_run_beside_a_bundle_are_not_taken(seqcnn, trained, tmp_path):
    shutil.copy(trained["peaks"] / BUNDLE, tmp_path / BUNDLE)
    shutil.copy(trained["tables"] / "run.yaml", tmp_path / "run.yaml")
    outcome = seqcnn("evaluate", tmp_path / BUNDLE, "--no-baselines")
    assert outcome.code == 2
    assert "give --genome --peaks" in outcome.err


def test_a_release_tells_accuracy_calibration_and_limits(
    seqcnn, trained, comparison, tmp_path, known_sample
):
    out = tmp_path / "x.safetensors"
    outcome = seqcnn(
        "release", trained["peaks"], "--out", out, "--comparison", f"held out={comparison}",
        "--note", "A first one.", "--not-for", "tumours", "clinical decisions",
        "--source", "an invented genome", "--licence", "MIT",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    released, run = load_bundle(out), load_bundle(trained["peaks"] / BUNDLE)
    card = released.card
    assert (card["note"], card["licence"]) == ("A first one.", "MIT")
    assert card["not_for"] == ["tumours", "clinical decisions"]
    assert card["data"] == run.card["data"]
    (found,) = card["accuracy"]
    assert found["truth"] == known_sample.truth.name
    every = found["rows"][0]
    true = every["tp_truth"] + every["fn"]
    assert (every["type"], every["fn"], every["fp"], every["tp_calls"]) == ("all", 1, 1, true - 1)
    assert every["recall"][0] == pytest.approx((true - 1) / true)
    assert every["recall"][1] < every["recall"][0] < every["recall"][2]
    ten, thirty = found["calibration"]
    assert (ten["from"], ten["calls"], ten["errors"], ten["expected"]) == (10, 1, 1, 0.1)
    assert (thirty["from"], thirty["calls"], thirty["errors"]) == (30, true - 1, 0)
    assert thirty["expected"] == round((true - 1) * 0.001, 3)
    for name, tensor in run.states[0].items():
        assert (released.states[0][name] == tensor).all()
    for words in ("## x", "- tumours", "an invented genome", "held out", "| 10+ | 1 | 0.10 | 1 |"):
        assert words in outcome.out
    assert seqcnn("info", out, "--markdown").out == outcome.out


def test_a_page_of_a_run_tells_its_recipe(seqcnn, trained):
    page = seqcnn("info", trained["tables"] / BUNDLE, "--markdown").out
    assert "`--max-steps 6`" in page
    assert "| train.csv | " in page
    assert "### Calibration" not in page


# Refusals: exit code 2 and one line, and nothing is written


def refused(seqcnn, folder: Path, *words: object) -> str:
    outcome = seqcnn("release", *words)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1), outcome.err
    assert list(folder.iterdir()) == []
    return outcome.err


def test_a_place_on_this_machine_is_refused(seqcnn, trained, tmp_path):
    flags = (trained["peaks"], "--out", tmp_path / "x.safetensors")
    message = refused(seqcnn, tmp_path, *flags, "--source", "reads in /home/me/reads.bam")
    assert "the card's sources holds '/home/me/reads.bam'" in message


def test_a_large_bundle_is_refused(seqcnn, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(release_module, "MOST_BYTES", 5000)
    message = refused(seqcnn, tmp_path, trained["peaks"], "--out", tmp_path / "x.safetensors")
    assert "MB at most; train a smaller network" in message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compared", "--comparison: expected name=folder, got 'compared'"),
        ("mine=nowhere", "nowhere/summary.json cannot be read (No such file"),
    ],
)
def test_a_comparison_that_is_none_is_refused(seqcnn, trained, tmp_path, words, said):
    flags = (trained["peaks"], "--out", tmp_path / "x.safetensors", "--comparison", words)
    assert said in refused(seqcnn, tmp_path, *flags)


def test_other_json_is_no_comparison(seqcnn, trained, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "summary.json").write_text('{"rows": 3}')
    out = tmp_path / "out"
    out.mkdir()
    flags = ("--out", out / "x.safetensors", "--comparison", f"mine={tmp_path / 'other'}")
    assert "is not of `seqcnn compare`" in refused(seqcnn, out, trained["peaks"], *flags)


def test_a_folder_without_a_run_and_another_ending_are_refused(seqcnn, trained, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    message = refused(seqcnn, out, tmp_path, "--out", out / "x.safetensors")
    assert "no such bundle" in message
    message = refused(seqcnn, out, trained["peaks"], "--out", out / "x.pt")
    assert "a bundle's name ends in .safetensors" in message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/reads and docs/calling.md, and/or 1/2", []),
        ("made from ~/data/x.bam", ["~/data/x.bam"]),
        ("/a/b and (C:\\data)", ["/a/b", "C:\\data"]),
    ],
)
def test_what_counts_as_a_place(text, found):
    assert [path for _, path in places({"note": [text]})] == found

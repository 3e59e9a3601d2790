"""`--task variants` on the command line, from a BAM with known genotypes to a bundle."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from known_sample import KnownSample

from seqcnn.calling.caller import Caller, read_caller_card
from seqcnn.cli import main
from seqcnn.training.bundle import read_card

Command = Callable[..., object]
TINY = (
    *("--model-arguments", "width=0.25", "--max-steps", "150", "--validate-every", "50"),
    *("--warmup-steps", "5", "--batch-size", "16", "--threads", "1", "--precision", "32"),
    *("--rows", "24", "--columns", "21", "--thin", "0.3", "--ema-decay", "0.9"),
)


@pytest.fixture(scope="module")
def run(known_sample: KnownSample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "variants"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as leaving:
        patch.delenv("SEQCNN_CACHE", raising=False)  # images are kept in the folder
        main(["train", *known_sample.flags(), *TINY, "--out", str(folder)])
    assert leaving.value.code in (0, None)
    return folder


def test_genotypes_are_learnt_from_reads(run):
    found = json.loads((run / "results.json").read_text())
    assert found["CNN"]["mean"]["accuracy"][0] > 0.8  # 0.33 by chance
    assert list(found["baselines"]) == ["allele counts"]


def test_the_card_holds_what_a_caller_needs(run):
    card = read_card(run / "model.safetensors")
    assert card["outputs"] == ["0/0", "0/1", "1/1", "0/2", "1/2", "2/2"]
    encoder = card["encoder"]
    assert encoder.keys() >= {"kind", "thresholds", "images", "realign", "preset"}
    assert (encoder["kind"], encoder["preset"]) == ("pileup", "illumina")
    assert (encoder["images"]["rows"], encoder["images"]["columns"]) == (24, 21)
    reads = card["reads"]
    assert reads["read_length"] == {"least": 100.0, "most": 100.0, "mean": 100.0}
    assert reads["base_quality"]["mean"] == 40
    assert 20 < reads["coverage"]["mean"] < 28
    assert reads["fragment_length"] is None  # single reads
    snp = card["candidate_recall"]["snp"]
    assert 0.95 * snp["of"] < snp["found"] <= snp["of"]


def test_the_bundle_loads_as_a_caller(run):
    card = read_caller_card(run / "model.safetensors")
    assert card.settings.images.scheme == "joint"
    Caller(card)


def test_the_report_has_recall_kinds_and_qualities(run):
    html = (run / "report.html").read_text(encoding="utf-8")
    sections = set(re.findall(r'<section id="(\w+)"', html))
    assert sections >= {"recall", "sites", "gq", "qual", "confusion"}


def test_images_are_drawn_once(run, known_sample, seqcnn, tmp_path, monkeypatch):
    (images,) = (run / "pileups").glob("*.images")
    assert images.stat().st_size % (24 * 21 * 7) == 0
    flags = (*known_sample.flags(), *TINY, "--max-steps", "1", "--images-folder", run / "pileups")
    before = images.stat().st_mtime_ns
    monkeypatch.setattr("seqcnn.calling.labelled_parts.examine", None)
    assert seqcnn("train", *flags, "--out", tmp_path / "again").code == 0
    assert images.stat().st_mtime_ns == before


def test_a_bundle_is_a_start_with_its_output_layer(run, known_sample, seqcnn, tmp_path):
    outcome = seqcnn(
        "train", *known_sample.flags(), *TINY, "--max-steps", "1", "--lr", "1e-9",
        "--images-folder", run / "pileups", "--weights", run / "model.safetensors",
        "--out", tmp_path / "warm",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    warm, cold = (
        json.loads((folder / "results.json").read_text())["CNN"]["mean"]["accuracy"][0]
        for folder in (tmp_path / "warm", run)
    )
    assert warm == pytest.approx(cold, abs=0.03)


def test_pairs_mining_and_lower_depths_train_too(known_sample, seqcnn, tmp_path):
    outcome = seqcnn(
        "train", *known_sample.flags(), *TINY, "--scheme", "pairs", "--mine", "0.5",
        "--downsample", "0.5", "0.25", "--balance", "0", "--out", tmp_path / "run",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "mining:" in outcome.out
    assert read_card(tmp_path / "run" / "model.safetensors")["outputs"] == ["0/0", "0/1", "1/1"]


def test_images_as_deepvariant_draws_them_train_too(known_sample, seqcnn, tmp_path):
    flags = (*known_sample.flags(), *TINY, "--encoder", "deepvariant", "--max-steps", "2")
    outcome = seqcnn("train", *flags, "--scheme", "pairs", "--out", tmp_path / "run")
    assert outcome.code == 0, outcome.err
    assert "supports variant" in read_card(tmp_path / "run" / "model.safetensors")["channels"]
    message = refused(seqcnn, *flags, "--scheme", "joint", "--out", tmp_path / "other")
    assert "--encoder deepvariant" in message and "pass --scheme pairs" in message


# Refusals: exit code 2 and one line


def refused(seqcnn: Command, *words: object) -> str:
    outcome = seqcnn("train", *words)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    return outcome.err


def test_no_bam_says_what_is_needed(seqcnn, tmp_path):
    message = refused(seqcnn, "--task", "variants", "--out", tmp_path / "run")
    assert "--bam is needed" in message


def test_unequal_numbers_of_files_are_refused(seqcnn, known_sample, tmp_path):
    flags = (*known_sample.flags(), "--out", tmp_path / "run")
    message = refused(seqcnn, *flags, "--truth", known_sample.truth, known_sample.truth)
    assert "--truth: 3 files for 1 of --bam; give one for each" in message


def test_truth_of_other_contigs_is_refused(seqcnn, known_sample, tmp_path):
    other = tmp_path / "other.vcf"
    text = known_sample.truth.read_text()
    for name in ("one", "two", "three"):
        text = text.replace(f"{name}\t", f"chr{name}\t").replace(f"ID={name},", f"ID=chr{name},")
    other.write_text(text)
    flags = [str(other) if word == str(known_sample.truth) else word
             for word in known_sample.flags()]  # fmt: skip
    message = refused(seqcnn, *flags, "--out", tmp_path / "run")
    assert "other.vcf: has 'chrone', 'chrthree', 'chrtwo', but the reads of reads.bam" in message


def test_confident_regions_without_a_variant_are_refused(seqcnn, known_sample, tmp_path):
    empty = tmp_path / "empty.bed"
    empty.write_text("one\t0\t100\n")
    flags = [str(empty) if word == str(known_sample.confident) else word
             for word in known_sample.flags()]  # fmt: skip
    message = refused(seqcnn, *flags, "--out", tmp_path / "run")
    assert "no true variant lies in the regions of" in message


def test_a_missing_genotype_is_refused(seqcnn, known_sample, tmp_path):
    hom = tmp_path / "hom.vcf"
    lines = known_sample.truth.read_text().splitlines()
    hom.write_text("\n".join(line for line in lines if not line.endswith("0/1")) + "\n")
    flags = [str(hom) if word == str(known_sample.truth) else word
             for word in known_sample.flags()]  # fmt: skip
    message = refused(seqcnn, *flags, *TINY, "--out", tmp_path / "run")
    assert "no training image has genotype 0/1" in message


def test_an_unknown_contig_of_a_split_is_refused(seqcnn, known_sample, tmp_path):
    flags = (*known_sample.flags(), *TINY, "--test-contigs", "four", "--out", tmp_path / "run")
    assert "--test-contigs 'four' matches no contig" in refused(seqcnn, *flags)


def test_data_of_variants_are_not_those_of_other_tasks(seqcnn, known_sample, tmp_path):
    message = refused(seqcnn, "--task", "binding", "--bam", known_sample.bam)
    assert "--bam is data of --task variants, and this is --task binding" in message


def test_evaluate_measures_what_train_measured(run, seqcnn, tmp_path):
    saved = tmp_path / "again.json"
    outcome = seqcnn(
        "evaluate", run / "model.safetensors", "--json-out", saved, "--precision", "32",
        "--images-folder", run / "pileups",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    again, first = (
        json.loads(file.read_text())["CNN"]["mean"] for file in (saved, run / "results.json")
    )
    assert again["accuracy"] == first["accuracy"]
    assert again["auroc"] == pytest.approx(first["auroc"])


def test_predict_says_which_command_reads_such_a_model(run, seqcnn, known_sample, tmp_path):
    outcome = seqcnn(
        "predict", run / "model.safetensors", known_sample.confident,
        "--genome", known_sample.reference, "--out", tmp_path / "x.tsv",
    )  # fmt: skip
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "run seqcnn call-variants reads.bam --model with it" in outcome.err


def test_evaluate_refuses_data_drawn_in_another_way(run, seqcnn, known_sample):
    outcome = seqcnn("evaluate", run / "model.safetensors", "--rows", "32")
    assert outcome.code == 2
    assert "pass --encoder compact --scheme joint --rows 24 --columns 21" in outcome.err

"""The command line on tiny data, from files to files."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools
import pytest
import yaml
from safetensors.numpy import load_file

import seqcnn as package
from seqcnn.cli import gather_lists

SEQCNN = (sys.executable, "-m", "seqcnn")


def run(*words: object, **rest) -> subprocess.CompletedProcess:
    return subprocess.run([*SEQCNN, *map(str, words)], capture_output=True, text=True, **rest)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "model.safetensors")


def assert_same_weights(first: Path, second: Path) -> None:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


# Start-up


def test_help_comes_without_torch():
    code = (
        "import sys\nfrom seqcnn.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        "slow = {'torch', 'numpy', 'pandas', 'numba', 'matplotlib'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    for words in (["--help"], ["--version"], ["train", "--help"], []):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_help_names_every_command(seqcnn):
    outcome = seqcnn("--help")
    assert outcome.code == 0
    for name in ("train", "evaluate", "predict", "info", "doctor"):
        assert f" {name} " in outcome.out


# Train, evaluate, info, doctor


def test_run_leaves_bundle_report_numbers_and_settings(trained):
    found = {file.name for file in trained["peaks"].iterdir()}
    assert found == {
        *("model.safetensors", "report.html", "results.json", "run.yaml"),
        *("leakage.json", "metrics.csv", "checkpoint.safetensors"),
    }


def test_report_of_a_run_writes_the_validation_metric_as_people_do(trained):
    page = (trained["peaks"] / "report.html").read_text()
    assert "<b>Validation AUPRC</b>" in page


def test_evaluate_gives_the_numbers_of_training(seqcnn, trained, tmp_path):
    for folder in trained.values():
        outcome = seqcnn(
            "evaluate", folder / "model.safetensors", "--json-out", tmp_path / "numbers.json",
            "--no-baselines", "--precision", "32",
        )  # fmt: skip
        assert outcome.code == 0
        now = json.loads((tmp_path / "numbers.json").read_text())
        then = json.loads((folder / "results.json").read_text())
        assert now["CNN"]["mean"]["auroc"] == pytest.approx(then["CNN"]["mean"]["auroc"], abs=1e-6)
        assert now["CNN"]["tracks"] == then["CNN"]["tracks"]


def test_evaluate_measures_on_other_tables(seqcnn, trained, data, tmp_path):
    outcome = seqcnn(
        "evaluate", trained["tables"] / "model.safetensors", "--table", data / "train.csv",
        "--val-table", data / "val.csv", "--test-table", data / "val.csv", "--no-baselines",
    )  # fmt: skip
    assert outcome.code == 0
    assert "test: 32 examples" in outcome.out


def test_info_shows_task_network_outputs_and_metrics(seqcnn, trained):
    outcome = seqcnn("info", trained["peaks"] / "model.safetensors")
    assert outcome.code == 0
    for text in ("accessibility", "deepbind", "100 bp", "a, b", "auroc", "genome.fa"):
        assert text in outcome.out


def test_info_prints_the_card_as_json(seqcnn, trained):
    card = json.loads(seqcnn("info", trained["peaks"] / "model.safetensors", "--json").out)
    assert card["format"] == 1
    assert card["outputs"] == ["a", "b"]
    assert card["encoder"]["length"] == 100
    assert [file["name"] for file in card["data"]] == ["genome.fa", "a.bed", "b.bed"]


def test_doctor_prints_versions_and_rates_as_json(seqcnn):
    found = json.loads(seqcnn("doctor", "--json", "--seconds", "0.01").out)
    assert found["versions"]["seqcnn"] == package.__version__
    assert {rate["device"] for rate in found["rates"]} >= {"cpu"}
    assert all(rate["matrix"] > 0 and rate["convolution"] > 0 for rate in found["rates"])


def test_saved_settings_make_the_same_run_again(seqcnn, trained, tmp_path):
    outcome = seqcnn(
        "train", "--config", trained["tables"] / "run.yaml", "--out", tmp_path / "again"
    )
    assert outcome.code == 0
    assert_same_weights(trained["tables"], tmp_path / "again")


def test_flags_win_over_the_config_and_the_config_over_defaults(seqcnn, tables, tiny, tmp_path):
    config = tmp_path / "train.yaml"
    config.write_text("lr: 1e-4\nseed: 5\n")
    outcome = seqcnn(
        "train", *tables, *tiny, "--config", config, "--seed", "7", "--out", tmp_path / "out"
    )
    assert outcome.code == 0
    settings = yaml.safe_load((tmp_path / "out" / "run.yaml").read_text())
    assert (settings["lr"], settings["seed"], settings["momentum"]) == (1e-4, 7, 0.9)


def test_overwrite_removes_the_files_of_a_run_and_nothing_else(seqcnn, tables, tiny, tmp_path):
    out = tmp_path / "out"
    assert seqcnn("train", *tables, *tiny, "--out", out).code == 0
    (out / "notes.txt").write_text("mine")
    report = (out / "report.html").stat().st_mtime_ns
    assert seqcnn("train", *tables, *tiny, "--out", out, "--overwrite").code == 0
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "report.html").stat().st_mtime_ns > report


# Kinds of data


def card_of(seqcnn, tmp_path: Path, *flags: object) -> dict:
    outcome = seqcnn("train", *flags, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    return json.loads(seqcnn("info", tmp_path / "out" / "model.safetensors", "--json").out)


def test_table_of_three_classes_gives_three_outputs(seqcnn, tiny, data, tmp_path):
    card = card_of(seqcnn, tmp_path, *tiny, "--task", "binding", "--table", data / "classes.csv")
    assert card["outputs"] == ["0", "1", "2"]
    assert "accuracy" in card["metrics"]["test"]


def test_basset_hdf5_trains(seqcnn, tiny, data, tmp_path):
    card = card_of(seqcnn, tmp_path, *tiny, "--hdf5", data / "basset.h5")
    assert card["outputs"] == ["K562", "HepG2"]
    assert card["split"] == {"train": 64, "val": 32, "test": 32}


def test_fasta_pair_trains(seqcnn, tiny, data, tmp_path):
    card = card_of(
        seqcnn, tmp_path, *tiny, "--task", "binding",
        "--positives", data / "bound.fa", "--negatives", data / "unbound.fa",
    )  # fmt: skip
    assert sum(card["split"].values()) == 160
    assert card["outputs"] == ["bound"]


def test_positives_alone_get_shuffles_as_negatives(seqcnn, tiny, data, tmp_path):
    outcome = seqcnn(
        "train", *tiny, "--task", "binding", "--positives", data / "bound.fa",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0
    assert "dinucleotide shuffles" in outcome.out


def test_bed_positives_get_genomic_negatives_and_their_matching_is_said(
    seqcnn, tiny, data, tmp_path
):
    bed = tmp_path / "few.bed"
    bed.write_text("".join(f"chr{n}\t{at}\t{at + 60}\n" for n in range(1, 7) for at in (50, 150)))
    outcome = seqcnn(
        "train", *tiny, "--task", "binding", "--genome", data / "genome.fa",
        "--positives", bed, "--window", "60", "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "GC" in outcome.out


def test_no_room_for_negatives_is_said(seqcnn, tiny, data, tmp_path):
    outcome = seqcnn(
        "train", *tiny, "--task", "binding", "--genome", data / "genome.fa",
        "--positives", data / "a.bed", "--window", "60", "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 2
    assert "split got no negatives" in outcome.err
    assert "--negatives shuffle" in outcome.err


def test_rna_with_classes_in_its_headers_trains_on_one_strand(seqcnn, tiny, data, tmp_path):
    card = card_of(
        seqcnn, tmp_path, *tiny, "--task", "binding", "--table", data / "rna.fa", "--stranded"
    )
    assert card["encoder"]["stranded"] is True
    assert card["outputs"] == ["class"]


def test_signal_trains_to_open_labels_and_to_the_signal(seqcnn, tiny, data, tmp_path):
    flags = (
        *("--genome", data / "genome.fa", "--signal", data / "a.bw", data / "b.bw"),
        *("--window", "100", "--center", "60", "--stride", "50", "--train-stride", "50"),
        *("--val-contigs", "chr5", "--test-contigs", "chr6"),
    )
    for target in ("open", "signal"):
        card = card_of(seqcnn, tmp_path / target, *tiny, *flags, "--target", target)
        assert card["outputs"] == ["a", "b"]
        metric = "auroc" if target == "open" else "pearson"
        assert metric in card["metrics"]["test"]


@pytest.mark.parametrize("by", ["seeds", "folds"])
def test_ensemble_of_two_is_one_bundle_of_two_different_networks(
    seqcnn, tiny, tables, tmp_path, by
):
    card = card_of(seqcnn, tmp_path, *tiny, *tables, "--ensemble", "2", "--ensemble-by", by)
    assert card["members"] == 2
    found = weights(tmp_path / "out")
    first = {name.split(".", 2)[2]: value for name, value in found.items() if ".0." in name[:11]}
    second = {name.split(".", 2)[2]: value for name, value in found.items() if ".1." in name[:11]}
    assert first.keys() == second.keys()
    assert any((first[name] != second[name]).any() for name in first)


# Predict


def read_fasta(path: Path) -> dict[str, str]:
    words = path.read_text().split()
    return {name[1:]: bases for name, bases in zip(words[::2], words[1::2], strict=True)}


def test_fasta_predictions_are_those_of_the_python_api(seqcnn, trained, data, tmp_path):
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, data / "bound.fa", "--out", tmp_path / "p.tsv")
    assert outcome.code == 0
    assert outcome.err == ""
    found = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    sequences = read_fasta(data / "bound.fa")
    wanted = package.load(bundle).predict(list(sequences.values()))
    assert found["name"].tolist() == list(sequences)
    np.testing.assert_allclose(found["label"], wanted["label"], rtol=1e-4)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_batch_size_does_not_change_predictions(seqcnn, trained, data, tmp_path, size):
    bundle = trained["tables"] / "model.safetensors"
    for number in (size, 256):
        outcome = seqcnn(
            "predict", bundle, data / "bound.fa", "--out", tmp_path / f"{number}.tsv",
            "--batch-size", number, "--precision", "32",
        )  # fmt: skip
        assert outcome.code == 0
    one, other = (pd.read_csv(tmp_path / f"{n}.tsv", sep="\t") for n in (size, 256))
    np.testing.assert_allclose(one["label"], other["label"], atol=1e-5)


def test_bed_predictions_are_those_of_windows_around_the_middles(seqcnn, trained, data, tmp_path):
    bundle = trained["peaks"] / "model.safetensors"
    outcome = seqcnn(
        "predict", bundle, data / "a.bed", "-g", data / "genome.fa", "--out", tmp_path / "p.tsv",
        "--precision", "32",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    found = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    genome = read_fasta(data / "genome.fa")
    middle = (found["start"] + found["end"]) // 2
    windows = [
        genome[contig][place - 50 : place + 50]
        for contig, place in zip(found["contig"], middle, strict=True)
    ]
    wanted = package.load(bundle, precision="32").predict(windows)
    np.testing.assert_allclose(found[["a", "b"]], wanted, rtol=1e-4)


def test_bigwig_holds_the_values_of_the_table(seqcnn, trained, data, tmp_path):
    bundle = trained["peaks"] / "model.safetensors"
    common = (data / "a.bed", "-g", data / "genome.fa", "--step", "20", "--precision", "32")
    assert seqcnn("predict", bundle, *common, "--out", tmp_path / "p.tsv").code == 0
    outcome = seqcnn("predict", bundle, *common, "--output", "b", "--out", tmp_path / "b.bw")
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    assert len(table) == 60 * 4
    reader = pybigtools.open(str(tmp_path / "b.bw"))
    for row in table.sample(20, random_state=0).itertuples():
        values = reader.values(row.contig, row.start, row.end, fillna=None)
        np.testing.assert_allclose(values, row.b, rtol=1e-4)


def test_overlapping_regions_are_refused_for_a_bigwig_with_their_lines(
    seqcnn, trained, data, tmp_path
):
    bed = tmp_path / "over.bed"
    bed.write_text("chr2\t10\t60\nchr1\t100\t200\nchr1\t150\t250\n")
    outcome = seqcnn(
        "predict", trained["peaks"] / "model.safetensors", bed, "-g", data / "genome.fa",
        "--output", "a", "--out", tmp_path / "a.bw",
    )  # fmt: skip
    assert outcome.code == 2
    assert "over.bed:3: overlaps the region of line 2" in outcome.err
    assert not (tmp_path / "a.bw").exists()


def test_reverse_complement_gets_the_same_prediction(trained, data):
    complement = str.maketrans("ACGT", "TGCA")
    sequences = list(read_fasta(data / "bound.fa").values())
    reverse = [sequence.translate(complement)[::-1] for sequence in sequences]
    model = package.load(trained["tables"] / "model.safetensors", precision="32")
    np.testing.assert_allclose(model.predict(sequences), model.predict(reverse), atol=1e-6)


def test_sequence_of_another_length_is_refused_with_its_line(seqcnn, trained, data, tmp_path):
    fasta = tmp_path / "short.fa"
    fasta.write_text(f">a\n{'A' * 60}\n>b\n{'A' * 59}\n")
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, fasta, "--out", tmp_path / "p.tsv")
    assert outcome.code == 2
    assert "short.fa:3: sequence of 59 bp; this bundle reads 60 bp" in outcome.err
    assert [file.name for file in tmp_path.iterdir()] == ["short.fa"]


def test_regions_without_a_genome_are_refused(seqcnn, trained, data, tmp_path):
    bundle = trained["peaks"] / "model.safetensors"
    outcome = seqcnn("predict", bundle, data / "a.bed", "--out", tmp_path / "p.tsv")
    assert outcome.code == 2
    assert "pass --genome FASTA" in outcome.err


def test_bigwig_of_many_outputs_asks_for_one(seqcnn, trained, data, tmp_path):
    bundle = trained["peaks"] / "model.safetensors"
    outcome = seqcnn(
        "predict", bundle, data / "a.bed", "-g", data / "genome.fa", "--out", tmp_path / "p.bw"
    )
    assert outcome.code == 2
    assert "choose it with --output (one of a, b)" in outcome.err


# Processes and signals


def test_list_options_take_several_values_and_end_at_the_next_option():
    words = ["--peaks", "a.bed", "b.bed", "-o", "out", "--test-contigs", "x", "-g", "g.fa"]
    assert gather_lists(words) == [
        *("--peaks", "a.bed", "--peaks", "b.bed", "-o", "out"),
        *("--test-contigs", "x", "-g", "g.fa"),
    ]


def test_terminated_run_says_how_to_resume_and_resumes_exactly(seqcnn, tables, tiny, tmp_path):
    flags = [*tables, *tiny, "--max-steps", "120", "--validate-every", "60", "--patience", "120"]
    flags += ["--checkpoint-every", "20"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert seqcnn("train", *flags, "--out", whole).code == 0
    # Slow steps, so that the signal comes in the middle.
    words = [sys.executable, "-c", SLOW, "train", *flags, "--out", str(cut)]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (cut / "checkpoint.safetensors").exists() and started.poll() is None:
        time.sleep(0.05)
    started.send_signal(signal.SIGTERM)
    out, err = started.communicate(timeout=60)
    assert started.returncode == 143, (out, err)
    assert f"--resume --out {cut}" in out.replace("\n", " ").replace("  ", " ")
    assert not (cut / "model.safetensors").exists()
    assert seqcnn("train", *flags, "--out", cut, "--resume").code == 0
    assert_same_weights(whole, cut)


SLOW = """
import time
from seqcnn.training import batches
plain = batches.Batches.at
def slow(self, step):
    time.sleep(0.02)
    return plain(self, step)
batches.Batches.at = slow
from seqcnn.cli import main
main()
"""


@pytest.mark.slow
def test_two_processes_train_as_one_does_and_write_each_file_once(seqcnn, tables, tiny, tmp_path):
    words = ["train", *tables, *tiny, "--device", "cpu", "--model-arguments", "dropout=0"]
    done = run(*words, "--devices", "2", "--out", tmp_path / "two", timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("report:") == 1
    assert done.stderr == ""
    assert seqcnn(*words, "--out", tmp_path / "one").code == 0
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name in one:
        np.testing.assert_allclose(one[name], two[name], atol=1e-4)


@pytest.mark.slow
def test_bad_input_in_two_processes_is_one_line(tables, tiny, tmp_path):
    words = ["train", *tables, *tiny, "--devices", "2", "--device", "cpu"]
    done = run(*words, "--val-table", tmp_path / "absent.csv", "--out", tmp_path / "o", timeout=120)
    assert done.returncode == 2
    assert done.stderr == f"seqcnn: {tmp_path}/absent.csv: no such file; check the name\n"

"""`seqcnn check`, `seqcnn split`, and `seqcnn train --splits` and `--go-on`, by flags."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.main import get_command

from seqcnn.cli import build_app, gather_lists

WORDS = ("--window", "100", "--min-overlap", "50")


@pytest.fixture
def peaks(data):
    return (
        "--genome",
        data / "genome.fa",
        "--peaks",
        f"x={data / 'a.bed'}",
        data / "b.bed",
        *WORDS,
    )


def test_check_prints_tables_and_leaves_with_0_on_warnings(seqcnn, peaks, tmp_path):
    outcome = seqcnn("check", *peaks, "--out", tmp_path / "checked")
    assert outcome.code == 0
    assert "track" in outcome.out and "\nx " in outcome.out
    assert "warning val: 20 examples" in outcome.out
    assert {path.name for path in (tmp_path / "checked").iterdir()} == {"check.json", "check.html"}


def test_what_train_refuses_check_refuses(seqcnn, data, tmp_path):
    wrong = tmp_path / "wrong.bed"
    wrong.write_text("chr1\t100\t50\n")
    outcome = seqcnn("check", "--genome", data / "genome.fa", "--peaks", wrong)
    assert outcome.code == 2
    assert outcome.err == f"seqcnn: {wrong}:1: end 50 is before start 100\n"


@pytest.mark.parametrize("command", ["check", "split"])
def test_an_out_that_cannot_be_is_refused_before_anything_is_read(seqcnn, peaks, tmp_path, command):
    (tmp_path / "file").touch()
    outcome = seqcnn(command, *peaks, "--out", tmp_path / "file")
    assert outcome.code == 2
    assert outcome.err == f"seqcnn: {tmp_path / 'file'}: is a file; name a folder with --out\n"


@pytest.mark.parametrize("command", ["check", "split"])
def test_refused_data_leave_no_folder(seqcnn, data, tmp_path, command):
    outcome = seqcnn(
        command, "--genome", data / "genome.fa", "--peaks", tmp_path / "gone.bed",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 2
    assert list(tmp_path.iterdir()) == []


def test_help_shows_examples(seqcnn):
    assert "seqcnn check --task binding" in seqcnn("check", "--help").out
    assert "--splits split/splits.bed" in " ".join(seqcnn("split", "--help").out.split())


def without_panel(command: str) -> list[str]:
    """Options that the help of a command shows outside its panels."""
    parser = get_command(build_app(command)).commands[command]
    told = [one for one in parser.params if one.param_type_name == "option" and not one.hidden]
    return [one.name for one in told if one.rich_help_panel is None]


@pytest.mark.parametrize("command", ["check", "split", "train", "evaluate"])
def test_every_option_of_the_data_is_in_a_panel_of_the_help(command):
    assert without_panel(command) == []


def test_help_of_split_names_no_images_and_no_reads(seqcnn):
    options = set(re.findall(r"--[a-z][a-z-]*", seqcnn("split", "--help").out))
    assert {"--genome", "--peaks", "--signal", "--val-contigs", "--test-share"} <= options
    assert options.isdisjoint({"--image-size", "--colour", "--bam", "--val-bam", "--preset"})


@pytest.mark.parametrize("flag", ["--image-size", "--bam"])
def test_split_refuses_images_and_reads(seqcnn, peaks, tmp_path, flag):
    outcome = seqcnn("split", *peaks, flag, "32", "--out", tmp_path / "split")
    assert outcome.code == 2
    assert outcome.err == f"seqcnn: No such option: {flag}; see seqcnn split --help\n"


@pytest.mark.parametrize("task", ["images", "variants"])
def test_split_refuses_a_task_without_windows_before_it_reads_anything(seqcnn, tmp_path, task):
    config = tmp_path / "train.yaml"
    config.write_text(f"task: {task}\n")
    outcome = seqcnn("split", "--config", config, "--out", tmp_path / "split")
    assert outcome.code == 2
    assert outcome.err == (
        f"seqcnn: --task {task}: there are no windows of a genome to divide; seqcnn split is for "
        "accessibility and binding\n"
    )
    assert outcome.out == ""


def test_evaluate_takes_several_bam_files_after_one_flag():
    words = ["evaluate", "m.safetensors", "--bam", "a.bam", "b.bam", "--truth", "a.vcf", "b.vcf"]
    assert gather_lists(words) == [
        *("evaluate", "m.safetensors", "--bam", "a.bam", "--bam", "b.bam"),
        *("--truth", "a.vcf", "--truth", "b.vcf"),
    ]


def test_a_model_of_given_splits_is_that_of_the_same_flags(seqcnn, peaks, tiny, tmp_path):
    flags = ("--test-contigs", "chr3", "--val-contigs", "chr5")
    assert seqcnn("split", *peaks, *flags, "--out", tmp_path / "split").code == 0
    assert seqcnn("train", *peaks, *flags, *tiny, "--out", tmp_path / "a").code == 0
    splits = ("--splits", tmp_path / "split" / "splits.bed")
    assert seqcnn("train", *peaks, *splits, *tiny, "--out", tmp_path / "b").code == 0
    one, other = (load_file(tmp_path / run / "model.safetensors") for run in "ab")
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    card = json.loads(seqcnn("info", tmp_path / "b" / "model.safetensors", "--json").out)
    assert card["outputs"] == ["x", "b"]
    assert [file["name"] for file in card["data"]][-1] == "splits.bed"
    outcome = seqcnn("evaluate", tmp_path / "b" / "model.safetensors", "--no-baselines")
    assert outcome.code == 0 and "test: 20 examples" in outcome.out


def test_wrong_splits_are_named_by_line(seqcnn, peaks, tiny, tmp_path):
    splits = tmp_path / "splits.bed"
    splits.write_text("chr1\t0\t6000\ttrain\nchr2\t0\t6000\tvla\n")
    outcome = seqcnn("train", *peaks, "--splits", splits, *tiny, "--out", tmp_path / "run")
    assert outcome.code == 2
    assert outcome.err.startswith(f"seqcnn: {splits}:2: split is 'vla'; wanted train, val or test")


def test_go_on_starts_continues_and_starts_anew(seqcnn, peaks, tiny, tmp_path):
    run = tmp_path / "run"
    words = ("train", *peaks, *tiny, "--out", run, "--go-on")
    first = seqcnn(*words)
    assert first.code == 0 and "goes on" not in first.out
    before = load_file(run / "model.safetensors")
    (run / "model.safetensors").unlink()
    again = seqcnn(*words)
    assert again.code == 0 and "goes on from its checkpoint" in again.out.replace("\n", "")
    after = load_file(run / "model.safetensors")
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])
    other = seqcnn(*words, "--seed", "1")
    assert other.code == 0 and "goes on" not in other.out
    # Of a run that was not begun so it is not known whether it is the same: it stays.
    (run / "begun.json").unlink()
    before = (run / "model.safetensors").read_bytes()
    kept = seqcnn(*words)
    assert kept.code == 2 and "holds a run already" in kept.err
    assert (run / "model.safetensors").read_bytes() == before
    both = seqcnn(*words, "--resume")
    assert both.code == 2 and both.err.startswith("seqcnn: --go-on and --resume: ")


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(data, tmp_path, peaks):
    words = [
        sys.executable, "-m", "seqcnn", "train", *peaks, "--model", "deepbind", "--max-steps",
        "200", "--batch-size", "64", "--threads", "1", "--precision", "32", "--no-baselines",
        "--checkpoint-every", "20", "--go-on", "--out",
    ]  # fmt: skip
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*map(str, words), whole], check=True, capture_output=True)
    process = subprocess.Popen([*map(str, words), killed], stdout=subprocess.DEVNULL)
    while not (killed / "checkpoint.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "model.safetensors").exists()
    done = subprocess.run([*map(str, words), killed], check=True, capture_output=True, text=True)
    assert "goes on from its checkpoint" in done.stdout.replace("\n", "")
    one, other = (load_file(run / "model.safetensors") for run in (whole, killed))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])

"""workflows/accessibility: what it plans, what it refuses, and (slow) runs on the demo data."""

import gzip
import json
import signal
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from workflow_runs import (
    DEMO,
    WORKFLOWS,
    copied_workflow,
    environment,
    is_one_command,
    planned,
    shell_commands,
    snakemake,
    snakemake_command,
)

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")

FOLDER = WORKFLOWS / "accessibility"
DEMO_RUN = ("--configfile", FOLDER / "demo.yaml")
DRY = ("--dry-run", "--cores", "1")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return copied_workflow("accessibility", tmp_path / "my clone")


def test_the_demo_is_planned_and_each_job_is_one_command(tmp_path):
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, *DEMO_RUN, *DRY, "--printshellcmds")
    assert planned(outcome) == {
        "check": 1, "split": 1, "train": 4, "evaluate": 4, "predict": 4, "interpret": 4, "score": 4,
        "report": 1, "all": 1,
    }  # fmt: skip
    commands = shell_commands(outcome)
    assert len(commands) == 23
    assert all(is_one_command(command) for command in commands)
    read = [command for command in commands if command.startswith("seqcnn interpret")]
    assert all(" results/split/test/liver.bed " in one and " --track liver " in one for one in read)
    (check,) = [command for command in commands if command.startswith("seqcnn check")]
    assert f"--peaks liver={DEMO}/liver.bed.gz muscle={DEMO}/muscle.bed.gz" in check


def test_what_is_wrong_in_the_sheet_is_named_by_row_and_column(copied, tmp_path):
    sheet = copied / "tracks.demo.tsv"
    sheet.write_text(sheet.read_text().replace("muscle.bed.gz", "muscle.bw"))
    outcome = snakemake(copied / "Snakefile", tmp_path, "--configfile", copied / "demo.yaml", *DRY)
    assert outcome.returncode == 1
    assert "On instance['tracks.demo.tsv']['peaks']['muscle']['file']:" in outcome.stdout
    assert "'../../data/demo/muscle.bw'" in outcome.stdout


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("interpret=[filters, filters --silence 2]", "interpret: names a verb twice"),
        (
            "interpret_tracks=[lung]",
            "interpret_tracks: 'lung' is no row of tracks.demo.tsv, which has liver, muscle, blood",
        ),
    ],
)
def test_what_cannot_be_interpreted_is_refused(tmp_path, config, said):
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, *DEMO_RUN, *DRY, "--config", config)
    assert (outcome.returncode, said in outcome.stdout) == (1, True)


@pytest.mark.parametrize(
    ("kind", "rows", "said"),
    [
        ("signal", {"a": {"file": "a.bed"}}, r"\['signal'\]\['a'\]\['file'\]"),
        ("peaks", {}, r"\['peaks'\]"),
        ("peaks", {"a": {}}, "'file' is a required property"),
        ("peaks", {"a b": {"file": "a.bed"}}, r"'a b' does not match"),
        ("peaks", {"a": {"file": "a.bed", "flie": "b"}}, r"'flie' was unexpected"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(kind, rows, said):
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    schema = str(FOLDER / "tracks.schema.yaml")
    validate({"tracks.tsv": {"peaks": {"a": {"file": "https://x.org/f/a.bed.gz"}}}}, schema)
    with pytest.raises(WorkflowError, match=said):
        validate({"tracks.tsv": {kind: rows}}, schema)


def test_other_workflows_take_these_as_modules(tmp_path):
    names = ("accessibility", "binding")
    (tmp_path / "Snakefile").write_text(
        "".join(
            f'module {name}:\n    snakefile: "{WORKFLOWS / name / "Snakefile"}"\n'
            f'    prefix: "{name}"\n    config: config["{name}"]\n'
            f"use rule * from {name} as {name}_*\n"
            for name in names
        )
        + "rule everything:\n    default_target: True\n    input: "
        + ", ".join(f"rules.{name}_all.input" for name in names)
        + "\n"
    )
    told = {"genome": f"{DEMO}/genome.fa.gz"}
    configs = {
        "accessibility": {**told, "tracks": "tracks.demo.tsv"},
        "binding": {**told, "factors": "factors.demo.tsv"},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(configs))
    outcome = snakemake(
        tmp_path / "Snakefile", tmp_path, *DRY, "--printshellcmds",
        "--configfile", tmp_path / "config.yaml",
    )  # fmt: skip
    found = planned(outcome)
    assert (found["accessibility_train"], found["binding_train"]) == (4, 4)
    assert "--splits accessibility/results/split/splits.bed" in outcome.stdout
    assert "--out binding/results/runs/CTCF-like/duplex_seed1 " in outcome.stdout


@pytest.mark.slow
def test_the_linter_has_nothing_to_say(tmp_path):
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, *DEMO_RUN, "--lint")
    assert outcome.returncode == 0, outcome.stdout


class Asked(SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked."""

    seen: list[str]

    def __init__(self, *words, seen: list[str], **rest) -> None:
        self.seen = seen
        super().__init__(*words, **rest)

    def log_message(self, *words: object) -> None:
        self.seen.append(f"{self.command} {self.path}")


@pytest.mark.slow
def test_a_url_in_the_sheet_is_planned_and_not_fetched(copied, tmp_path):
    pytest.importorskip(
        "snakemake_storage_plugin_http", reason="needs pip install 'seqcnn[workflows]'"
    )
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Asked, seen=seen, directory=str(DEMO)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/liver.bed.gz"
        sheet = copied / "tracks.demo.tsv"
        sheet.write_text(sheet.read_text().replace("../../data/demo/liver.bed.gz", address))
        outcome = snakemake(
            copied / "Snakefile", tmp_path, "--configfile", copied / "demo.yaml", *DRY,
            "--printshellcmds",
        )  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert planned(outcome)["train"] == 4
    assert f"liver=.snakemake/storage/http/{address.removeprefix('http://')}" in outcome.stdout
    assert set(seen) == {"HEAD /liver.bed.gz"}


# Runs on the demo data


TINY = """models: [deepbind]
seeds: [0, 1]
interpret: [filters --max-sequences 40 --silence 2 --silenced-on 20]
"""


def tiny(copied: Path, steps: int = 30) -> tuple[object, ...]:
    """Settings of a run of a minute."""
    (copied / "tiny.yaml").write_text((copied / "demo.yaml").read_text() + TINY)
    (copied / "train.demo.yaml").write_text(
        f"window: 200\nmax_steps: {steps}\nbatch_size: 16\ncheckpoint_every: 10\nbaselines: false\n"
        "model_arguments: {width: 0.2}\n"
    )
    return ("--configfile", copied / "tiny.yaml", "--cores", "2")


@pytest.mark.slow
def test_a_run_leaves_predictions_scores_and_one_report(copied, tmp_path):
    words = tiny(copied)
    folder = tmp_path / "my run"
    outcome = snakemake(copied / "Snakefile", folder, *words)
    assert outcome.returncode == 0, outcome.stdout
    results = folder / "results"
    tests = (results / "split" / "test.bed").read_text().splitlines()
    with gzip.open(results / "predictions" / "deepbind_seed1.tsv.gz", "rt") as file:
        lines = file.read().splitlines()
    assert lines[0].split("\t") == ["contig", "start", "end", "liver", "muscle", "blood"]
    assert len(lines) == 1 + len(tests) > 300
    assert [line.split("\t")[:3] for line in lines[1:]] == [line.split("\t") for line in tests]
    with gzip.open(results / "variants" / "deepbind_seed0.tsv.gz", "rt") as file:
        assert sum(not line.startswith("#") for line in file) > 240
    page = (results / "report.html").read_text()
    assert page.count("deepbind_seed0") and page.count("deepbind_seed1")
    assert (results / "interpreted" / "deepbind_seed0" / "filters" / "liver").is_dir()
    again = snakemake(copied / "Snakefile", folder, *words)
    assert "Nothing to be done" in again.stdout


@pytest.mark.slow
def test_a_killed_training_goes_on_with_the_next_run(copied, tmp_path):
    words = (*tiny(copied, steps=1500), "results/runs/deepbind_seed0/model.safetensors")
    folder = tmp_path / "run"
    folder.mkdir()
    command = snakemake_command(copied / "Snakefile", folder, *words)
    process = subprocess.Popen(
        command, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    checkpoint = folder / "results" / "runs" / "deepbind_seed0" / "checkpoint.safetensors"
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.05)
    _kill_all_of(process)
    assert not (checkpoint.parent / "model.safetensors").exists()
    outcome = snakemake(copied / "Snakefile", folder, *words, "--rerun-incomplete", "--nolock")
    assert outcome.returncode == 0, outcome.stdout
    log = (folder / "logs" / "train" / "deepbind_seed0.log").read_text()
    assert "goes on from its checkpoint" in log
    assert planned(outcome) == {"train": 1}


def _kill_all_of(process: "subprocess.Popen[bytes]") -> None:
    """Kill a workflow and its jobs at once, as a machine that goes down does."""
    import os

    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

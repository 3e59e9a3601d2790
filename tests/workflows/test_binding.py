"""workflows/binding: what it plans and what it refuses, and (slow) a run on the demo data."""

import json

import pytest
from workflow_runs import (
    DEMO,
    WORKFLOWS,
    is_one_command,
    planned,
    shell_commands,
    snakemake,
)

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")

FOLDER = WORKFLOWS / "binding"
DEMO_RUN = ("--configfile", FOLDER / "demo.yaml")


def test_the_demo_is_planned_and_each_job_is_one_command(tmp_path):
    outcome = snakemake(
        FOLDER / "Snakefile", tmp_path, *DEMO_RUN, "--dry-run", "--cores", "1", "--printshellcmds"
    )
    assert planned(outcome) == {
        "check": 1, "split": 1, "train": 4, "evaluate": 4, "predict": 4, "interpret": 4, "score": 4,
        "report": 1, "all": 1,
    }  # fmt: skip
    commands = shell_commands(outcome)
    assert len(commands) == 23
    assert all(is_one_command(command) for command in commands)
    assert f" --positives CTCF-like={DEMO}/factor.bed.gz " in outcome.stdout
    read = [command for command in commands if command.startswith("seqcnn interpret")]
    assert all(" results/split/CTCF-like/test/CTCF-like.bed " in command for command in read)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"a": {"positives": "a.fa"}}, r"\['factors.tsv'\]\['a'\]\['positives'\]"),
        ({}, r"\['factors.tsv'\]"),
        ({"a": {}}, "'positives' is a required property"),
        ({"a": {"positives": "a.bed", "motfis": "b"}}, r"'motfis' was unexpected"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(rows, said):
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    schema = str(FOLDER / "factors.schema.yaml")
    validate({"factors.tsv": {"a": {"positives": "https://x.org/f/a.narrowPeak.gz"}}}, schema)
    with pytest.raises(WorkflowError, match=said):
        validate({"factors.tsv": rows}, schema)


@pytest.mark.slow
def test_the_linter_has_nothing_to_say(tmp_path):
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, *DEMO_RUN, "--lint")
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.slow
def test_the_demo_finds_the_factor(tmp_path):
    words = (
        "--config",
        "models=[duplex]",
        "seeds=[0]",
        "interpret=[]",
        "variants=",
        "--cores",
        "2",
    )
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, *DEMO_RUN, *words)
    assert outcome.returncode == 0, outcome.stdout
    results = tmp_path / "results"
    measured = json.loads(
        (results / "runs" / "CTCF-like" / "duplex_seed0" / "results.json").read_text()
    )
    value, low, _ = measured["CNN"]["mean"]["auroc"]
    # 1.0 in one run; chance is 0.5.
    assert value > 0.95 and low > 0.9
    assert "CTCF-like" in (results / "report.html").read_text()

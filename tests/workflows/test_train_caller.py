"""workflows/train-caller: what it plans, what it refuses, and (slow) a run on the demo data."""

import csv
import shutil
from pathlib import Path

import pytest
import yaml
from workflow_runs import DEMO, WORKFLOWS, is_one_command, planned, shell_commands, snakemake

from seqcnn.training.bundle import read_card

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

FOLDER = WORKFLOWS / "train-caller"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the workflow, to be changed; `--config data` names the demo data."""
    return shutil.copytree(FOLDER, tmp_path / "workflow")


def small(snakefile_folder: Path, folder: Path, *words: object):
    return snakemake(
        snakefile_folder / "Snakefile", folder, "--configfile", snakefile_folder / "small.yaml",
        "--config", f"data={DEMO}", *words,
    )  # fmt: skip


def test_the_small_run_is_planned_and_each_job_is_one_command(tmp_path):
    outcome = small(FOLDER, tmp_path, "--dry-run", "--printshellcmds", "--cores", "1")
    assert planned(outcome) == {
        "simulate": 3, "draw": 4, "train": 1, "train_counts": 1, "join": 1, "call": 1,
        "compare": 1, "release": 1, "card": 1, "all": 1,
    }  # fmt: skip
    commands = shell_commands(outcome)
    assert len(commands) == 14
    assert all(is_one_command(command) for command in commands)


def test_the_whole_sheet_is_planned_where_the_data_lie(tmp_path):
    data = tmp_path / "my data"
    with (FOLDER / "samples.tsv").open() as file:
        rows = list(csv.DictReader((line for line in file if line[0] != "#"), delimiter="\t"))
    for row in rows:
        for cell in row.values():
            if cell.startswith("{data}/"):
                path = Path(cell.format(data=data))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    outcome = snakemake(
        FOLDER / "Snakefile", tmp_path, "--config", f"data={data}", "--dry-run", "--cores", "1"
    )
    tested = sum(row["use"] == "test" for row in rows)
    assert len(rows) >= 20 and tested >= 1
    found = planned(outcome)
    assert (found["simulate"], found["call"], found["compare"]) == (len(rows), tested, tested)
    # A job a sample and network.
    assert found["draw"] == 2 * (len(rows) - tested)


ROW = {"use": "train", "reference": "{data}/x.fa", "coverage": "30", "seed": "1"}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"coverage": "twenty"}, "['b_20x']['coverage']:\n    'twenty'"),
        ({"aligner": "novoalign"}, "['b_20x']['aligner']:\n    'novoalign'"),
        ({"use": "hold"}, "['b_20x']['use']:\n    'hold'"),
        ({"alinger": "bwa"}, "'alinger' was unexpected"),
        ({"seed": None}, "'seed' is a required property"),
    ],
)
def test_what_is_wrong_in_the_sheet_is_named_by_row_and_column(cells, said):
    row = {name: cell for name, cell in {**ROW, **cells}.items() if cell is not None}
    with pytest.raises(WorkflowError) as error:
        validate({"samples.tsv": {"b_20x": row}}, str(FOLDER / "samples.schema.yaml"))
    assert said in str(error.value)
    assert "samples.tsv" in str(error.value)


def test_a_wrong_configuration_is_refused():
    told = {**yaml.safe_load((FOLDER / "config.yaml").read_text()), "smaples": "x.tsv"}
    with pytest.raises(WorkflowError, match="'smaples' was unexpected"):
        validate(told, str(FOLDER / "config.schema.yaml"))


@pytest.mark.slow
def test_a_sample_named_twice_is_refused(copied, tmp_path):
    sheet = copied / "samples.small.tsv"
    sheet.write_text(sheet.read_text().replace("held_30x\t", "a_30x\t"))
    outcome = small(copied, tmp_path, "--dry-run", "--cores", "1")
    assert outcome.returncode == 1
    assert "on line 2 too; name each row once" in outcome.stdout


@pytest.mark.slow
def test_a_missing_file_is_named(copied, tmp_path):
    outcome = snakemake(
        copied / "Snakefile", tmp_path, "--configfile", copied / "small.yaml",
        "--config", f"data={tmp_path / 'nothing'}", "--dry-run", "--cores", "1",
    )  # fmt: skip
    assert outcome.returncode == 1
    assert f"{tmp_path}/nothing/genome.fa.gz" in outcome.stdout


@pytest.mark.slow
def test_the_linter_has_nothing_to_say(tmp_path):
    outcome = snakemake(FOLDER / "Snakefile", tmp_path, "--lint")
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.slow
def test_the_small_run_releases_a_model(tmp_path):
    outcome = small(FOLDER, tmp_path, "--cores", "1")
    assert outcome.returncode == 0, outcome.stdout
    card = read_card(tmp_path / "results" / "small.safetensors")
    (held,) = card["accuracy"]
    every = held["rows"][0]
    assert held["name"] == "held_30x"
    # 114 of 120 in one run; chance finds none.
    assert every["tp_truth"] > 0.85 * (every["tp_truth"] + every["fn"])
    assert every["fp"] < 20
    assert card["note"].startswith("Trained in a minute")
    page = (tmp_path / "results" / "small.md").read_text(encoding="utf-8")
    assert page.startswith("## small\n") and "### Calibration" in page
    again = small(FOLDER, tmp_path, "--cores", "1")
    assert "Nothing to be done" in again.stdout

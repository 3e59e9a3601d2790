"""workflows/train-caller: what it plans, what it refuses, and (slow) a run on the demo data."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from seqcnn.training.bundle import read_card

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")

FOLDER = Path(__file__).parents[2] / "workflows" / "train-caller"
DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the workflow, to be changed; `--config data` names the demo data."""
    return shutil.copytree(FOLDER, tmp_path / "workflow")


def snakemake(snakefile: Path, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "SEQCNN_CACHE": str(folder / "packed"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    }
    command = [sys.executable, "-m", "snakemake", "-s", snakefile, "--directory", folder, *words]
    # A dry run says on stdout what others say on stderr.
    return subprocess.run(
        [str(word) for word in command], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def planned(outcome: subprocess.CompletedProcess[str]) -> Counter[str]:
    """How often each rule will run."""
    assert outcome.returncode == 0, outcome.stdout
    return Counter(re.findall(r"^(?:local)?rule (\w+):$", outcome.stdout, re.MULTILINE))


def small(snakefile_folder: Path, folder: Path, *words: object):
    return snakemake(
        snakefile_folder / "Snakefile", folder, "--configfile", snakefile_folder / "small.yaml",
        "--config", f"data={DEMO}", *words,
    )  # fmt: skip


def test_the_small_run_is_planned_and_each_job_is_one_command(tmp_path):
    outcome = small(FOLDER, tmp_path, "--dry-run", "--printshellcmds", "--cores", "1")
    assert planned(outcome) == {
        "simulate": 3, "train": 1, "train_counts": 1, "join": 1, "call": 1, "compare": 1,
        "release": 1, "card": 1, "all": 1,
    }  # fmt: skip
    commands = re.findall(r"^Shell command: (.+)$", outcome.stdout, re.MULTILINE)
    commands = [command for command in commands if command != "None"]
    assert len(commands) == 10
    for command in commands:
        assert command.startswith("seqcnn ")
        assert not re.search(r"[;|]|&&|\$\(", command)


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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\t20\thiseqx", "\ttwenty\thiseqx", "['b_20x']['coverage']:\n    'twenty'"),
        ("\tminimap2\t2\t", "\tnovoalign\t2\t", "['b_20x']['aligner']:\n    'novoalign'"),
        ("held_30x\ttest", "held_30x\thold", "['held_30x']['use']:\n    'hold'"),
        ("\taligner\t", "\talinger\t", "'alinger' was unexpected"),
        ("\tminimap2\t3\t", "\tminimap2\t\t", "'seed' is a required property"),
        ("held_30x\t", "a_30x\t", "duplicate keys"),
    ],
)
def test_what_is_wrong_in_the_sheet_is_named_by_row_and_column(copied, tmp_path, old, new, said):
    sheet = copied / "samples.small.tsv"
    text = sheet.read_text()
    assert text.count(old) == 1
    sheet.write_text(text.replace(old, new))
    outcome = small(copied, tmp_path, "--dry-run", "--cores", "1")
    assert outcome.returncode == 1
    assert said in outcome.stdout
    if "duplicate" not in said:
        assert "samples.small.tsv" in outcome.stdout


def test_a_wrong_configuration_is_refused(tmp_path):
    outcome = small(FOLDER, tmp_path, "smaples=x.tsv", "--dry-run", "--cores", "1")
    assert outcome.returncode == 1
    assert "'smaples' was unexpected" in outcome.stdout


def test_a_missing_file_is_named(copied, tmp_path):
    outcome = snakemake(
        copied / "Snakefile", tmp_path, "--configfile", copied / "small.yaml",
        "--config", f"data={tmp_path / 'nothing'}", "--dry-run", "--cores", "1",
    )  # fmt: skip
    assert outcome.returncode == 1
    assert f"{tmp_path}/nothing/genome.fa.gz" in outcome.stdout


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

"""workflows/zoo: what it plans, what it refuses, and (slow) a run on the demo data."""

import csv
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from workflow_runs import (
    DEMO,
    WORKFLOWS,
    copied_workflow,
    is_one_command,
    planned,
    shell_commands,
    snakemake,
)

from seqcnn.models.describe import model_list

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")

FOLDER = WORKFLOWS / "zoo"
SNAKEFILE = FOLDER / "Snakefile"
TASK = {"settings": "a.yaml", "dim": "1", "channels": "4", "size": "600", "outputs": "3"}


def demo(folder: Path, *words: object, **more: object):
    """Run the workflow by demo.yaml, with `more` in its place."""
    (folder / "more.yaml").write_text(json.dumps(more))
    files = ("--configfile", FOLDER / "demo.yaml", folder / "more.yaml")
    return snakemake(SNAKEFILE, folder, *files, *words)


def sheet(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_demo_is_planned_and_each_job_is_one_command(tmp_path):
    outcome = demo(tmp_path, "--dry-run", "--printshellcmds", "--cores", "1")
    assert planned(outcome) == {"train": 12, "evaluate": 12, "layers": 6, "report": 1, "all": 1}
    commands = shell_commands(outcome)
    assert len(commands) == 31
    assert all(is_one_command(command) for command in commands)
    run = "results/runs/accessibility/resnet20/seed1"
    files = " ".join(f"{DEMO}/{name}.bed.gz" for name in ("liver", "muscle", "blood"))
    (trained,) = [command for command in commands if f"--out {run} " in command]
    assert trained.split(" > ")[0] == (
        f"seqcnn train --config {FOLDER}/accessibility.demo.yaml --genome {DEMO}/genome.fa.gz "
        f"--peaks {files} --model resnet20 --model-arguments width=0.5 --seed 1 --devices 1 "
        f"--threads 1 --out {run} --go-on"
    )
    (table,) = [command for command in commands if "results/layers/digits/lenet5.json" in command]
    assert table.split(" > ")[0].split() == [
        "seqcnn", "models", "lenet5", "--dim", "2", "--channels", "1", "--size", "32",
        "--outputs", "10", "--json",
    ]  # fmt: skip


def test_the_whole_sheet_names_networks_that_exist_and_their_sizes_suffice():
    known = {model.name: model for model in model_list()}
    tasks = {row["task"]: row for row in sheet("tasks.tsv")}
    rows = sheet("networks.tsv")
    assert {row["network"] for row in rows} == known.keys() - {"pileup", "counts"}
    for row in rows:
        for task in row["tasks"].split():
            assert int(tasks[task]["dim"]) in known[row["model"]].dims
            assert int(tasks[task]["size"]) >= known[row["model"]].smallest


@pytest.mark.parametrize(
    ("schema", "row", "said"),
    [
        ("networks", {"model": "LeNet 5", "tasks": "a"}, "['s']['model']:\n    'LeNet 5'"),
        ("networks", {"model": "lenet5"}, "'tasks' is a required property"),
        (
            "networks", {"model": "lenet5", "tasks": "a", "arguments": "half"},
            "['s']['arguments']:\n    'half'",
        ),
        ("tasks", {**TASK, "dim": "3"}, "['s']['dim']:\n    '3'"),
        ("tasks", {**TASK, "size": "0"}, "['s']['size']:\n    '0'"),
        ("tasks", {**TASK, "peeks": "x.bed"}, "'peeks' was unexpected"),
        ("tasks", {**TASK, "genome": "a.fa b.fa"}, "['s']['genome']:\n    'a.fa b.fa'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_sheet_is_named_by_row_and_column(schema, row, said):
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    with pytest.raises(WorkflowError) as error:
        validate({"the.tsv": {"s": row}}, str(FOLDER / f"{schema}.schema.yaml"))
    assert said in str(error.value)
    assert "the.tsv" in str(error.value)


def test_a_task_that_is_in_no_row_is_named_with_its_network(tmp_path):
    folder = copied_workflow("zoo", tmp_path / "clone")
    networks = folder / "networks.demo.tsv"
    networks.write_text(networks.read_text().replace("accessibility digits", "digit", 1))
    outcome = snakemake(
        folder / "Snakefile", tmp_path, "--configfile", folder / "demo.yaml",
        "--dry-run", "--cores", "1",
    )  # fmt: skip
    assert outcome.returncode == 1
    assert (
        "networks.demo.tsv: row 'lenet5', column 'tasks': 'digit' is no row of tasks.demo.tsv, "
        "which has accessibility, digits"
    ) in outcome.stdout


@pytest.mark.slow
def test_the_linter_has_nothing_to_say(tmp_path):
    outcome = snakemake(SNAKEFILE, tmp_path, "--lint")
    assert outcome.returncode == 0, outcome.stdout


@pytest.fixture
def address() -> Iterator[str]:
    """A server of this machine that has the demo data."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(DEMO))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_a_file_named_by_a_url_is_planned_to_be_fetched(tmp_path, address):
    pytest.importorskip("snakemake_storage_plugin_http", reason="needs seqcnn[workflows]")
    text = (FOLDER / "tasks.demo.tsv").read_text().replace("../../data/demo/genome", "GENOME")
    text = text.replace("../../data/demo", str(DEMO)).replace("GENOME", f"{address}/genome")
    text = text.replace("\taccessibility.demo.yaml", f"\t{FOLDER}/accessibility.demo.yaml")
    (tmp_path / "tasks.tsv").write_text(text.replace("\tdigits.d", f"\t{FOLDER}/digits.d"))
    outcome = demo(
        tmp_path, "--dry-run", "--printshellcmds", "--cores", "1",
        tasks=f"{tmp_path}/tasks.tsv", seeds=[0],
    )  # fmt: skip
    assert planned(outcome)["train"] == 6
    commands = [line for line in shell_commands(outcome) if "--peaks" in line]
    assert len(commands) == 6
    assert all("--genome .snakemake/storage/http/" in command for command in commands)


@pytest.mark.slow
def test_another_workflow_takes_it_as_a_module(tmp_path):
    told = {"networks": "networks.demo.tsv", "tasks": "tasks.demo.tsv", "seeds": [3]}
    (tmp_path / "Snakefile").write_text(f"""
module zoo:
    snakefile: "{SNAKEFILE}"
    config: {told}
    prefix: "mine"

use rule * from zoo as zoo_*

rule all:
    default_target: True
    input: "mine/results/report.html", rules.zoo_all.input
""")
    outcome = snakemake(
        tmp_path / "Snakefile", tmp_path, "--dry-run", "--printshellcmds", "--cores", "1"
    )
    assert planned(outcome)["zoo_train"] == 6
    commands = shell_commands(outcome)
    assert all(" results/" not in command for command in commands)
    assert any("--out mine/results/runs/digits/lenet5/seed3 " in command for command in commands)


@pytest.mark.slow
def test_the_demo_ends_in_one_page_of_all_runs(tmp_path):
    outcome = demo(tmp_path, "--cores", "2", seeds=[0])
    assert outcome.returncode == 0, outcome.stdout
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("lenet5", "deepbind", "plain20", "resnet20"))
    table = json.loads((tmp_path / "results/layers/digits/lenet5.json").read_text())
    # LeNet-5 on 32 x 32 gray pixels, with two biases more than the paper's sparse layer.
    assert table["parameters"] == 61_706
    found = json.loads((tmp_path / "results/evaluated/digits/lenet5/seed0.json").read_text())
    assert "3-NN on pixels" in found["baselines"]
    assert "6-mer regression" in page
    again = demo(tmp_path, "--cores", "2", seeds=[0])
    assert "Nothing to be done" in again.stdout

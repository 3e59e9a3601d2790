"""workflows/profiles/slurm on a Slurm of one node, which workflows/slurm/one_node.sh starts."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from workflow_runs import DEMO, WORKFLOWS, Finished, environment, snakemake_command

from seqcnn.api.call_variants import call_variants

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[cluster]'")
pytest.importorskip("snakemake_executor_plugin_slurm", reason="pip install 'seqcnn[cluster]'")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]

SCRIPT = WORKFLOWS / "slurm" / "one_node.sh"
SBIN = "/usr/sbin"
# A cluster is asked seldom; here every second counts.
SOON = ("--slurm-init-seconds-before-status-checks", 1, "--seconds-between-status-checks", 1)
RANKS = """
from seqcnn.settings import FitSettings
from seqcnn.training.devices import build_fabric

fabric = build_fabric(FitSettings(device="cpu", devices=2))
print(f"process {fabric.global_rank} of {fabric.world_size}", flush=True)
"""


def one_node(verb: str, folder: Path, **variables: str) -> Finished:
    return subprocess.run(
        [SCRIPT, verb, folder], env={**os.environ, **variables}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Slurm that runs; the test is skipped where none can."""
    for program in ("munged", "slurmctld", "slurmd"):
        if shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}{SBIN}") is None:
            pytest.skip(f"{program} is not installed (Debian: slurm-wlm and munge)")
    folder = tmp_path_factory.mktemp("slurm")
    started = one_node(
        "start", folder, SLURM_CONTROL_PORT=str(free_port()), SLURM_NODE_PORT=str(free_port()),
        SLURM_CPUS="2",
    )  # fmt: skip
    if started.returncode != 0:
        logs = "\n".join(file.read_text()[-2000:] for file in sorted(folder.glob("log/*")))
        pytest.skip(f"Slurm cannot start here: {started.stdout}\n{logs}")
    yield folder
    stopped = one_node("stop", folder)
    assert stopped.returncode == 0, stopped.stdout
    assert one_node("status", folder).stdout.count("does not run") == 3


def with_slurm(slurm: Path, folder: Path) -> dict[str, str]:
    variables = environment(folder)
    path = f"{slurm / 'bin'}{os.pathsep}{variables['PATH']}"
    return {**variables, "PATH": path, "SLURM_CONF": str(slurm / "slurm.conf")}


def run(slurm: Path, folder: Path, *command: object) -> Finished:
    return subprocess.run(
        [str(word) for word in command], env=with_slurm(slurm, folder), text=True, timeout=550,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def call_demo(slurm: Path, folder: Path, *words: object) -> Finished:
    workflow = WORKFLOWS / "call-variants"
    return run(
        slurm, folder,
        *snakemake_command(
            workflow / "Snakefile", folder, "results/calls/demo.vcf.gz",
            "--configfile", workflow / "demo.yaml",
            "--profile", WORKFLOWS / "profiles" / "slurm", *SOON, *words,
        ),
    )  # fmt: skip


def test_calls_made_through_slurm_are_the_bytes_of_a_call_in_one_piece(slurm, tmp_path):
    outcome = call_demo(slurm, tmp_path / "run")
    assert outcome.returncode == 0, outcome.stdout
    # Slurm remembers what it ran, and the executor writes the rule into a job's comment.
    ran = run(slurm, tmp_path, "squeue", "--states=all", "--noheader", "--format=%T %k")
    lines = sorted(line.split("_wildcards_")[0] for line in ran.stdout.splitlines())
    assert lines == ["COMPLETED rule_call", "COMPLETED rule_call", "COMPLETED rule_gather"]
    handed_in = re.findall(r"submitted with SLURM jobid (\d+)", outcome.stdout)
    assert len(handed_in) == 3
    whole = tmp_path / "whole.vcf.gz"
    call_variants(DEMO / "caller.bam", reference=DEMO / "caller.fa.gz", out=whole, threads=1)
    calls = tmp_path / "run" / "results" / "calls" / "demo.vcf.gz"
    assert calls.read_bytes() == whole.read_bytes()


def test_a_job_beyond_what_the_partition_allows_is_named_with_slurms_reason(slurm, tmp_path):
    outcome = call_demo(slurm, tmp_path, "--set-resources", "call:runtime=100000", "--retries", "0")
    assert outcome.returncode == 1
    assert "Error in rule call" in outcome.stdout
    assert "Requested time limit is invalid" in outcome.stdout


@pytest.mark.parametrize("tasks", [("-n1",), ("--nodes=1", "--ntasks-per-node=2")])
def test_two_processes_train_whether_slurm_starts_one_task_or_two(slurm, tmp_path, tasks):
    script = tmp_path / "ranks.py"
    script.write_text(RANKS)
    outcome = run(slurm, tmp_path, "srun", *tasks, "--mem=2000", sys.executable, script)
    assert outcome.returncode == 0, outcome.stdout
    found = re.findall(r"process \d of \d", outcome.stdout)
    assert sorted(found) == ["process 0 of 2", "process 1 of 2"]


def test_starting_twice_is_refused_and_leaves_the_first_running(slurm):
    again = one_node("start", slurm)
    assert again.returncode == 2
    assert "runs already; stop it first" in again.stdout
    assert one_node("status", slurm).stdout.count(" runs (process") == 3

"""Snakemake as a child process, and what its plan says: for the tests of the workflows."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

WORKFLOWS = Path(__file__).parents[1] / "workflows"
DEMO = Path(__file__).parents[1] / "data" / "demo"

Finished = subprocess.CompletedProcess[str]


def environment(folder: Path) -> dict[str, str]:
    """Variables of a workflow's process: this seqcnn first, caches in `folder`, one thread."""
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "SEQCNN_CACHE": str(folder / "packed"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    }


def copied_workflow(name: str, clone: Path) -> Path:
    """A copy of a workflow, to be changed, in a clone with the environments and data it names."""
    shutil.copytree(WORKFLOWS / "envs", clone / "workflows" / "envs")
    (clone / "data").symlink_to(DEMO.parent)
    return shutil.copytree(WORKFLOWS / name, clone / "workflows" / name)


def snakemake_command(snakefile: Path, folder: Path, *words: object) -> list[str]:
    """The command that runs a workflow with `folder` as its working directory."""
    command = [sys.executable, "-m", "snakemake", "-s", snakefile, "--directory", folder, *words]
    return [str(word) for word in command]


def snakemake(snakefile: Path, folder: Path, *words: object) -> Finished:
    """Run a workflow to its end; `stdout` holds all that it said."""
    # A dry run says on stdout what others say on stderr.
    return subprocess.run(
        snakemake_command(snakefile, folder, *words), env=environment(folder), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def planned(outcome: Finished) -> Counter[str]:
    """How often each rule will run."""
    assert outcome.returncode == 0, outcome.stdout
    return Counter(re.findall(r"^(?:local)?rule (\w+):$", outcome.stdout, re.MULTILINE))


def shell_commands(outcome: Finished) -> list[str]:
    """The commands of the jobs that have one, of a run with `--printshellcmds`."""
    found = re.findall(r"^Shell command: (.+)$", outcome.stdout, re.MULTILINE)
    return [command for command in found if command != "None"]


def is_one_command(command: str, *programs: str) -> bool:
    """Whether it is one call of one of `programs` (seqcnn), with no logic around it."""
    allowed = programs or ("seqcnn",)
    return command.split()[0] in allowed and not re.search(r"[;|]|&&|\$\(|`", command)

"""Workflows and data in a folder whose name has a blank."""

import shlex

import pytest
from workflow_runs import copied_workflow, planned, shell_commands, snakemake

pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "config"),
    [
        ("accessibility", "demo.yaml"),
        ("binding", "demo.yaml"),
        ("call-variants", "demo.yaml"),
        ("train-caller", "small.yaml"),
        ("zoo", "demo.yaml"),
    ],
)
def test_every_path_is_one_word_of_its_command(tmp_path, workflow, config):
    clone = tmp_path / "my clone"
    folder = copied_workflow(workflow, clone)
    outcome = snakemake(
        folder / "Snakefile", tmp_path, "--configfile", folder / config, "--dry-run", "--cores",
        "1", "--printshellcmds",
    )  # fmt: skip
    assert planned(outcome)["all"] == 1
    words = [word for command in shell_commands(outcome) for word in shlex.split(command)]
    assert sum(f"{clone}/" in word for word in words) >= 2
    assert not [word for word in words if word.startswith("clone")]

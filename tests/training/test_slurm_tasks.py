"""Who starts a run's processes under Slurm, by the variables that Slurm sets."""

import pytest
from lightning_fabric.plugins.environments import LightningEnvironment

from seqcnn.errors import InputError
from seqcnn.training.slurm_tasks import cluster_environment


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch):
    """Sets variables of a Slurm job, and none else."""
    for name in ("SLURM_JOB_ID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS_PER_NODE"):
        monkeypatch.delenv(name, raising=False)

    def job(**variables: int) -> None:
        monkeypatch.setenv("SLURM_JOB_ID", "7")
        for name, value in variables.items():
            monkeypatch.setenv(f"SLURM_{name}", str(value))

    return job


def test_without_slurm_fabric_finds_out_itself(slurm):
    assert cluster_environment(2, 1) is None


def test_one_task_of_srun_starts_the_other_processes_of_its_machine(slurm):
    slurm(NTASKS=1, STEP_NUM_TASKS=1)
    assert isinstance(cluster_environment(2, 1), LightningEnvironment)


def test_a_job_script_runs_once_however_many_tasks_its_job_may_start(slurm):
    slurm(NTASKS=8)
    assert isinstance(cluster_environment(1, 1), LightningEnvironment)
    assert isinstance(cluster_environment(4, 1), LightningEnvironment)


def test_tasks_that_srun_started_are_the_processes(slurm):
    slurm(NTASKS=8, STEP_NUM_TASKS=8, NTASKS_PER_NODE=4)
    assert cluster_environment(4, 2) is None


def test_several_machines_need_srun(slurm):
    slurm(NTASKS=1, STEP_NUM_TASKS=1)
    with pytest.raises(InputError) as caught:
        cluster_environment(4, 2)
    assert str(caught.value) == (
        "--devices 4 --nodes 2 make 8 processes, and Slurm started 1; "
        "start it with srun --nodes=2 --ntasks-per-node=4"
    )


def test_several_tasks_that_each_would_train_alone_are_refused(slurm):
    slurm(NTASKS=3, STEP_NUM_TASKS=3, NTASKS_PER_NODE=3)
    with pytest.raises(InputError, match="make 1 processes, and Slurm started 3"):
        cluster_environment(1, 1)


def test_tasks_must_be_given_by_node(slurm):
    slurm(NTASKS=2, STEP_NUM_TASKS=2)
    with pytest.raises(InputError, match="does not say how many a node"):
        cluster_environment(2, 1)

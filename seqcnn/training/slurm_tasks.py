"""Who starts the processes of a run under Slurm: `srun`, or this one."""

import os

from lightning_fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    TorchElasticEnvironment,
)

from seqcnn.errors import InputError


def cluster_environment(devices: int, nodes: int) -> ClusterEnvironment | None:
    """What tells Fabric of the other processes; None where Fabric finds that out itself.

    Fabric takes `SLURM_NTASKS` for the number of processes that run. That is what a job asked
    for: in its script, and in the one task that a workflow starts, it runs once. So the tasks of
    this step (`SLURM_STEP_NUM_TASKS`) are counted: one starts the others on its machine.

    Raises:
        InputError: srun started another number of tasks than there are processes, or one where
            several machines are meant.
    """
    if TorchElasticEnvironment.detect() or "SLURM_JOB_ID" not in os.environ:
        return None
    tasks = int(os.environ.get("SLURM_STEP_NUM_TASKS", "1"))
    wanted = f"start it with srun --nodes={nodes} --ntasks-per-node={devices}"
    if tasks == 1 and nodes == 1:
        return LightningEnvironment()
    if tasks != devices * nodes:
        raise InputError(
            f"--devices {devices} --nodes {nodes} make {devices * nodes} processes, and Slurm "
            f"started {tasks}; {wanted}"
        )
    if "SLURM_NTASKS_PER_NODE" not in os.environ:
        raise InputError(f"Slurm was told --ntasks, which does not say how many a node; {wanted}")
    return None

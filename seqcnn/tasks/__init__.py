"""The registry of tasks."""

from seqcnn.errors import InputError
from seqcnn.tasks import accessibility, binding, images, variants
from seqcnn.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task for task in (accessibility.TASK, binding.TASK, images.TASK, variants.TASK)
}


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        InputError: there is none; the message lists the known.
    """
    if name not in TASKS:
        raise InputError(f"unknown task '{name}'; known: {', '.join(TASKS)}")
    return TASKS[name]

"""Fitting the networks of a run: one, or the members of an ensemble."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.console import Console
from torch import nn

from seqcnn.api.model import network_inputs, parameters_of
from seqcnn.data.examples import Examples
from seqcnn.errors import InputError
from seqcnn.models import create_model, own_arguments
from seqcnn.settings import TrainSettings
from seqcnn.tasks.task import Task, TaskData
from seqcnn.training.batches import Batches
from seqcnn.training.devices import precision_of
from seqcnn.training.fit import FitResult, fit
from seqcnn.training.predict import predict_logits
from seqcnn.training.progress import training_progress

MONITORED = 20_000  # validation examples looked at during training; all of them after it


@dataclass(frozen=True)
class Trained:
    """One trained network, and how its training went."""

    network: nn.Module
    fit: FitResult


def architecture(task: Task, data: TaskData, settings: TrainSettings) -> dict[str, Any]:
    """What `create_model` needs, as the card keeps it."""
    own = {**(task.model_arguments if settings.model == task.model else {})}
    own |= settings.model_arguments
    known = own_arguments(settings.model)
    if "size" in known:
        own.setdefault("size", data.encoder["length"])
    if "stranded" in known:
        own.setdefault("stranded", settings.stranded)
    return {
        "name": settings.model,
        "dim": task.dim,
        "in_channels": len(task.channels),
        "out": len(data.target.columns(data.outputs)),
        "arguments": own,
    }


def fit_member(
    task: Task,
    data: TaskData,
    settings: TrainSettings,
    number: int,
    fabric: Fabric,
    console: Console,
) -> Trained:
    train_examples, val = _member_splits(data, settings, number)
    seed = settings.seed + number
    plan = architecture(task, data, settings)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = create_model(
            plan["name"],
            dim=plan["dim"],
            in_channels=plan["in_channels"],
            out=plan["out"],
            **plan["arguments"],
        )
    with torch.no_grad():
        bias = data.target.first_bias(train_examples.targets, train_examples.sampling)
        network.get_submodule(str(network.head)).bias.copy_(torch.from_numpy(bias))  # type: ignore[operator]
    _check_takes(network, settings.model, data.encoder["length"], task)
    if number == 0:
        console.print(f"{settings.model}: {parameters_of(network):,} parameters")
    batches = Batches(
        train_examples,
        batch_size=settings.batch_size,
        seed=seed,
        shift=settings.shift,
        reverse_complement=not settings.stranded,
        sampling=train_examples.sampling,
        rank=fabric.global_rank,
        world=fabric.world_size,
    )
    assert settings.out is not None
    directory = settings.out
    if settings.ensemble > 1:
        directory = settings.out / f"member_{number + 1}"
        directory.mkdir(exist_ok=True)
    random = np.random.default_rng(settings.split_seed)
    watched = val.subset(np.sort(random.permutation(len(val))[:MONITORED]))
    predict = predictor(data, settings, fabric)

    def validate(network: nn.Module) -> dict[str, float]:
        return data.target.quick(predict([network], watched)[0], watched.targets)

    with training_progress(console) as progress:
        result = fit(
            network,
            batches,
            loss=data.target.loss(train_examples.targets, settings),
            inputs=network_inputs(settings.ambiguous),
            validate=validate,
            monitor=data.target.monitor,
            settings=settings.with_steps(train_examples.distinct()).model_copy(
                update={"seed": seed}
            ),
            directory=directory,
            fabric=fabric,
            resume=settings.resume,
            progress=progress,
        )
    return Trained(network, result)


def _member_splits(
    data: TaskData, settings: TrainSettings, number: int
) -> tuple[Examples, Examples]:
    """Training and validation examples of an ensemble member."""
    train_examples, val = data.splits["train"], data.splits["val"]
    if settings.ensemble == 1 or settings.ensemble_by == "seeds":
        return train_examples, val
    # Folds: blocks of the training split take turns as the validation split.
    groups = train_examples.groups()
    random = np.random.default_rng(settings.split_seed)
    fold_of = random.permutation(np.arange(groups.max() + 1) % settings.ensemble)
    held = fold_of[groups] == number
    return train_examples.subset(np.flatnonzero(~held)), train_examples.subset(np.flatnonzero(held))


def _check_takes(network: nn.Module, name: str, length: int, task: Task) -> None:
    x = torch.zeros((2, len(task.channels)) + (length,) * task.dim)
    try:
        with torch.no_grad():
            network.eval()(x)
    except ValueError as error:
        raise InputError(f"--model {name}: {error}; choose a longer --window or --length") from None
    network.train()


def predictor(
    data: TaskData, settings: TrainSettings, fabric: Fabric
) -> Callable[[list[nn.Module], Examples], np.ndarray]:
    precision = precision_of(fabric).split("-")[0]
    return partial(
        predict_logits,
        inputs=network_inputs(settings.ambiguous),
        batch_size=max(256, settings.batch_size),
        device=fabric.device,
        precision=precision,
        both_strands=not settings.stranded,
    )

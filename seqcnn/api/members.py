"""Fitting the networks of a run: one, or the members of an ensemble."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.console import Console
from torch import Tensor, nn

from seqcnn.api.model import parameters_of
from seqcnn.errors import InputError
from seqcnn.models import create_model, own_arguments
from seqcnn.models.auxiliary import WithAuxiliary, drop_auxiliary
from seqcnn.models.weights import load_weights
from seqcnn.settings import TrainSettings
from seqcnn.tasks.encoding import Dataset
from seqcnn.tasks.target import Loss
from seqcnn.tasks.task import Task, TaskData
from seqcnn.training import mining
from seqcnn.training.bundle import read_card
from seqcnn.training.devices import precision_of
from seqcnn.training.fit import FitResult, fit
from seqcnn.training.predict import predict_logits
from seqcnn.training.progress import training_progress

NAMED = 6  # tensors of a checkpoint that are printed
MONITORED = 20_000  # validation examples looked at during training; all of them after it


@dataclass(frozen=True)
class Trained:
    """One trained network, and how its training went."""

    network: nn.Module
    fit: FitResult


def architecture(task: Task, data: TaskData, settings: TrainSettings) -> dict[str, Any]:
    """What `create_model` needs, as the card keeps it: without auxiliary heads."""
    own = {**(task.model_arguments if settings.model == task.model else {})}
    own |= settings.model_arguments
    known = own_arguments(settings.model)
    # A network with a prediction at each position learns from its mean.
    decided = {**data.encoding.arguments(), "pooled": True}
    own = {**{name: value for name, value in decided.items() if name in known}, **own}
    own.pop("auxiliary", None)
    return {
        "name": settings.model,
        "dim": len(data.encoding.shape),
        "in_channels": len(data.encoding.channels),
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
    known = own_arguments(settings.model)
    helped = "auxiliary" in known and bool(settings.model_arguments.get("auxiliary", True))
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = create_model(
            plan["name"],
            dim=plan["dim"],
            in_channels=plan["in_channels"],
            out=plan["out"],
            **plan["arguments"],
            **({"auxiliary": True} if helped else {}),
        )
    if plan["dim"] == 2:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    same_outputs = (
        settings.weights is not None
        and data.target.lasting
        and _same_outputs(settings.weights, data)
    )
    if settings.weights is not None:
        _start_from(network, settings.weights, same_outputs, console if number == 0 else None)
    if not same_outputs:
        bias = data.target.first_bias(train_examples.targets, train_examples.sampling)
        # The last classes may be in no training example (--subset, folds).
        bias = np.pad(bias, (0, plan["out"] - len(bias)), constant_values=bias.min())
        _head_bias(network).data.copy_(torch.from_numpy(bias))
    _check_takes(network, settings.model, data)
    if number == 0:
        console.print(f"{settings.model}: {_parameters_in_words(network)}")
    assert settings.out is not None
    directory = settings.out
    if settings.ensemble > 1:
        directory = settings.out / f"member_{number + 1}"
        directory.mkdir(exist_ok=True)
    random = np.random.default_rng(settings.split_seed)
    watched = val.subset(np.sort(random.permutation(len(val))[:MONITORED]))
    predict = predictor(data, settings, fabric, quick=True)
    stepped = settings.with_steps(train_examples.distinct()).model_copy(update={"seed": seed})

    def validate(network: nn.Module) -> dict[str, float]:
        return data.target.quick(predict([network], watched)[0], watched.targets)

    def train(examples: Any, stage: Any, directory: Path) -> FitResult:
        batches = data.encoding.batches(
            examples, settings, seed=stage.seed, rank=fabric.global_rank, world=fabric.world_size
        )
        with training_progress(console) as progress:
            return fit(
                network,
                batches,
                loss=_with_auxiliary(data.target.loss(examples.targets, settings), network),
                inputs=data.encoding.inputs,
                validate=validate,
                monitor=data.target.monitor,
                settings=stage,
                directory=directory,
                fabric=fabric,
                resume=settings.resume,
                progress=progress,
            )

    if settings.mine:
        first, last = mining.stages(stepped, settings.mine)
        result = train(train_examples, first, directory)
        if result.stopped != "signal":
            logits = predict([network], train_examples)[0]
            train_examples = mining.harder(train_examples, logits)
            console.print(mining.told(train_examples, logits), soft_wrap=True)
            directory = directory / mining.FOLDER
            directory.mkdir(exist_ok=True)
            result = mining.joined(result, train(train_examples, last, directory))
    else:
        result = train(train_examples, stepped, directory)
    drop_auxiliary(network)
    return Trained(network, result)


def _head_bias(network: nn.Module) -> nn.Parameter:
    bias: nn.Parameter = network.get_submodule(str(network.head)).bias  # type: ignore[assignment]
    return bias


def _same_outputs(file: Path, data: TaskData) -> bool:
    """Whether `file` is a bundle with these outputs, so that its output layer serves too."""
    try:
        card = read_card(file)
    except InputError:
        return False
    return card["outputs"] == list(data.target.columns(data.outputs))


def _parameters_in_words(network: nn.Module) -> str:
    heads = [getattr(network, name) for name in getattr(network, "auxiliary_heads", ())]
    helping = sum(parameters_of(head) for head in heads if head is not None)
    words = f"{parameters_of(network) - helping:,} parameters"
    return words + (f", and {helping:,} in heads that help it to train" if helping else "")


def _with_auxiliary(loss: Loss, network: nn.Module) -> Callable[[Any, Tensor], Tensor]:
    """The loss of the outputs, plus a share of that of each auxiliary head's."""
    share = float(getattr(network, "auxiliary_weight", 0.0))

    def combined(outputs: Any, targets: Tensor) -> Tensor:
        if not isinstance(outputs, WithAuxiliary):
            return loss(outputs, targets)
        helping = [loss(one, targets) for one in outputs.auxiliary]
        return loss(outputs.logits, targets) + share * torch.stack(helping).sum(0)

    return combined


def _start_from(
    network: nn.Module, file: Path, same_outputs: bool, console: Console | None
) -> None:
    """Take over a checkpoint's weights, those of the output layer where outputs are the same, and
    say what became of all.
    """
    head: Literal["keep", "new"] = "keep" if same_outputs else "new"
    found = load_weights(network, file, head=head, collapse="sum")
    if console is None:
        return
    console.print(f"{file.name}: {len(found.loaded)} tensors loaded", soft_wrap=True)
    told = [f"{name} ({how})" for name, how in found.adapted.items()]
    for what, names in (("adapted", told), ("new", found.new), ("left out", found.left_out)):
        if names:
            more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
            console.print(f"  {what}: {', '.join(names[:NAMED])}{more}", soft_wrap=True)


def _member_splits(data: TaskData, settings: TrainSettings, number: int) -> tuple[Any, Any]:
    """Training and validation examples of an ensemble member."""
    train_examples, val = data.splits["train"], data.splits["val"]
    if settings.ensemble == 1 or settings.ensemble_by == "seeds":
        return train_examples, val
    # Folds: blocks of the training split take turns as the validation split.
    groups = train_examples.groups()
    random = np.random.default_rng(settings.split_seed)
    fold_of = random.permutation(np.arange(groups.max() + 1) % settings.ensemble)
    held = fold_of[groups] == number
    if held.all() or not held.any():
        raise InputError(
            f"--ensemble-by folds: {len(train_examples)} training examples in "
            f"{groups.max() + 1} blocks are too few for {settings.ensemble} folds"
        )
    return train_examples.subset(np.flatnonzero(~held)), train_examples.subset(np.flatnonzero(held))


def _check_takes(network: nn.Module, name: str, data: TaskData) -> None:
    x = torch.zeros((2, len(data.encoding.channels), *data.encoding.shape))
    try:
        with torch.no_grad():
            outputs = network.eval()(x)
    except ValueError as error:
        raise InputError(f"--model {name}: {error}; {data.encoding.advice}") from None
    if outputs.dim() > 2:
        raise InputError(
            f"--model {name}: without pooled it gives a prediction at each position, and an "
            "example has one label; leave pooled=false out"
        )
    network.train()


def predictor(
    data: TaskData, settings: TrainSettings, fabric: Fabric, *, quick: bool = False
) -> Callable[[list[nn.Module], Dataset], np.ndarray]:
    """Logits (members, N, outputs) of networks on examples, as training's precision gives them."""
    compute = partial(
        predict_logits,
        views=data.encoding.quick_views if quick else data.encoding.views,
        batch_size=max(256, settings.batch_size),
        device=fabric.device,
        precision=precision_of(fabric).split("-")[0],
    )

    def predict(networks: list[nn.Module], examples: Dataset) -> np.ndarray:
        return data.encoding.possible(compute(networks, examples), examples)

    return predict

"""What a run consists of between two steps, and how it is saved and taken up again."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from seqcnn.errors import InputError
from seqcnn.settings import FitSettings
from seqcnn.training import checkpoint
from seqcnn.training.batches import Batches
from seqcnn.training.checkpoint import Checkpoint
from seqcnn.training.devices import compiled, precision_of
from seqcnn.training.distributed import synchronise_norms
from seqcnn.training.history import Row, write_metrics
from seqcnn.training.optimise import Average, build_optimizer

CHECKPOINT = "checkpoint.safetensors"
METRICS = "metrics.csv"

# These change how fast a run goes, or its rounding, but not what it computes.
_FREE = {"checkpoint_every", "tensorboard", "threads", "device", "devices", "nodes", "precision"}


@dataclass
class State:
    """The numbers of a run after `step` optimiser steps."""

    step: int = 0
    best_step: int = 0
    best_value: float = math.nan
    seconds: float = 0.0
    stopped: str = ""
    history: list[Row] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # of each step since the last validation


@dataclass
class Run:
    """Network, its average, optimiser, best weights and numbers: all that a checkpoint keeps."""

    model: nn.Module
    average: Average
    optimizer: Optimizer
    fabric: Fabric
    path: Path
    identity: dict[str, Any]
    state: State = field(default_factory=State)
    best: dict[str, Tensor] = field(default_factory=dict)

    def validation_due(self, settings: FitSettings) -> bool:
        """Whether to validate now; after a resume that may be done already."""
        step, history = self.state.step, self.state.history
        if step == 0 or (history and history[-1]["step"] == step):
            return False
        return step % settings.validate_every == 0 or step == settings.max_steps

    def ended(self, settings: FitSettings) -> bool:
        """Whether the last step is done, or the best validation is longer ago than the patience."""
        waited = self.state.step - self.state.best_step if self.state.history else 0
        return self.state.step == settings.max_steps or waited >= settings.patience

    def keep_if_best(self, monitor: str, value: float) -> None:
        """Take the averaged weights of now as the best where `value` of `monitor` is."""
        best = self.state.best_value
        lower = monitor.endswith(("loss", "error"))
        # NaN, an undefined metric, is better only than nothing.
        if not (math.isnan(best) or (value < best if lower else value > best)):
            return
        self.state.best_step, self.state.best_value = self.state.step, value
        self.best = {
            name: tensor.detach().clone()
            for name, tensor in self.average.network.state_dict().items()
        }

    def save(self) -> None:
        """Write the checkpoint (rank 0 only); of an ended run only the best weights are kept."""
        if not self.fabric.is_global_zero:
            return
        parts = {"best": self.best}
        if self.state.stopped not in ("finished", "patience"):
            parts["network"] = self.model.state_dict()
            parts["optimizer"] = checkpoint.optimizer_tensors(self.model, self.optimizer)
            if self.average.network is not self.model:
                parts["average"] = self.average.network.state_dict()
        tensors = {f"{part}/{name}": one for part in parts for name, one in parts[part].items()}
        numbers = asdict(self.state) | {"scaler": self.fabric.strategy.precision.state_dict()}
        checkpoint.save(self.path, Checkpoint(tensors, numbers, self.identity))

    def restore(self) -> None:
        """Take up the checkpoint where there is one, the same on every rank.

        Raises:
            InputError: it is damaged, or of another run.
        """
        found: Checkpoint | str | None = None
        if self.fabric.is_global_zero and self.path.exists():
            try:
                found = checkpoint.load(self.path)
                checkpoint.check_identity(self.path, found.identity, self.identity)
            except InputError as error:
                found = str(error)
        if self.fabric.world_size > 1:
            found = self.fabric.broadcast(found)
        if isinstance(found, str):
            raise InputError(found)
        if found is None:
            return
        scaler = found.state.pop("scaler")
        self.state = State(**found.state)
        self.best = {name: one.to(self.fabric.device) for name, one in found.part("best").items()}
        if self.state.stopped in ("finished", "patience"):
            return
        self.state.stopped = ""
        checkpoint.restore_module(self.model, found.part("network"))
        checkpoint.restore_optimizer(self.model, self.optimizer, found.part("optimizer"))
        if self.average.network is not self.model:
            checkpoint.restore_module(self.average.network, found.part("average"))
        if scaler:
            self.fabric.strategy.precision.load_state_dict(scaler)

    def load_best(self) -> None:
        """Put the best weights (before any validation: the averaged ones) into the model."""
        weights = self.best or self.average.network.state_dict()
        checkpoint.restore_module(self.model, weights)
        self.model.eval()


def identity(
    model: nn.Module, batches: Batches, settings: FitSettings, fabric: Fabric
) -> dict[str, Any]:
    """What must be the same for a run to be continued."""
    chosen = settings.model_dump(mode="json")
    return {
        **{name: chosen[name] for name in FitSettings.model_fields if name not in _FREE},
        "precision": precision_of(fabric),
        **batches.identity(),
        **checkpoint.network_identity(model),
    }


def prepare(
    model: nn.Module,
    batches: Batches,
    settings: FitSettings,
    fabric: Fabric,
    directory: Path,
    resume: bool,
) -> tuple[nn.Module, Optimizer, Run]:
    """The network to call, the optimiser to step, and the run, new or as its checkpoint left it."""
    if fabric.world_size > 1:
        synchronise_norms(model)
    model.train()
    # Fused optimisers unscale inside their step, too late for clipping.
    fused = getattr(fabric.strategy.precision, "scaler", None) is None
    optimizer = build_optimizer(model, settings, fused=fused)
    network, stepper = fabric.setup(compiled(model) if settings.compile else model, optimizer)
    run = Run(
        model,
        Average(model, settings.ema_decay),
        optimizer,
        fabric,
        directory / CHECKPOINT,
        identity(model, batches, settings, fabric),
    )
    if fabric.is_global_zero:
        for leftover in directory.glob(".tmp*"):  # of a run killed while it wrote
            leftover.unlink()
        if not resume:
            run.path.unlink(missing_ok=True)
    if resume:
        run.restore()
    if fabric.is_global_zero:
        write_metrics(directory / METRICS, run.state.history)
    return network, stepper, run

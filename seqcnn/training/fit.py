"""The training loop, from top to bottom."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.progress import Progress
from torch import Tensor, nn

from seqcnn.settings import FitSettings
from seqcnn.training.batches import Batch, Batches
from seqcnn.training.devices import keep_freed_memory, precision_of, use_threads
from seqcnn.training.history import Events, Row, write_metrics
from seqcnn.training.interrupt import StopRequest, stop_on_signals
from seqcnn.training.optimise import learning_rate, penalise_and_clip
from seqcnn.training.progress import Speed, reporting
from seqcnn.training.run import METRICS, Run, prepare

# Losses are read from the device, and a stop is agreed between processes, so often; a read waits
# for the device, so reading at every step would leave a GPU idle in between.
READ_EVERY = 20


class TrainingDiverged(RuntimeError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class FitResult:
    """How a run went; the model itself then holds its best weights."""

    history: list[Row]
    best_step: int
    best_value: float
    steps: int
    stopped: str  # "finished", "patience" or "signal"
    seconds: float  # of all parts of the run
    seconds_before: float  # of those, before it was resumed
    sequences_per_second: float  # of training steps, without validation


def fit(
    model: nn.Module,
    batches: Batches,
    *,
    loss: Callable[[Tensor, Tensor], Tensor],
    inputs: Callable[[Tensor], Tensor],
    validate: Callable[[nn.Module], dict[str, float]],
    monitor: str,
    settings: FitSettings,
    directory: Path,
    fabric: Fabric,
    resume: bool = False,
    progress: Progress | None = None,
) -> FitResult:
    """Train `model` in place and leave it in evaluation mode with its best weights.

    `inputs` turns codes uint8 `(b, L)` into the network's input on the device; `loss` maps
    (outputs, targets), both float32, to one value a sequence `(b,)`, which are averaged by
    weight over the global batch. `validate` gets the averaged network on the training device (on
    rank 0 only) and returns metrics; lower is better for a `monitor` that ends in `loss` or
    `error`, else higher. `directory` gets metrics.csv and the checkpoint, from which
    `resume` continues exactly: steps, draws and weights are those of a run never interrupted, on
    the same kind of device with the same number of threads and processes. SIGTERM and SIGINT
    end the run after the step under way, with a checkpoint.

    Raises:
        TrainingDiverged: a loss was NaN or infinite; the last checkpoint stays.
        InputError: the checkpoint to resume from is of another run, or cannot be written.
    """
    settings = settings.with_steps(len(batches.examples))
    use_threads(settings)
    if fabric.device.type == "cpu":
        keep_freed_memory()
    began = time.perf_counter()
    network, optimizer, run = prepare(model, batches, settings, fabric, directory, resume)
    state, seconds_before = run.state, run.state.seconds
    if state.stopped:
        return _result(run, seconds_before, state.history[-1]["sequences_per_second"])
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    alone = fabric.world_size == 1
    # On a CPU a read waits for nothing.
    read_every = 1 if alone and fabric.device.type == "cpu" else READ_EVERY
    recent, unread = torch.zeros(READ_EVERY, device=fabric.device), 0
    speed = Speed(batches.batch_size)
    events = Events(
        directory, wanted=settings.tensorboard and fabric.is_global_zero, step=state.step
    )

    def evaluate() -> None:
        rate = speed.pause()
        metrics = _validate(validate, run)
        state.seconds = seconds_before + time.perf_counter() - began
        row = {
            "step": state.step,
            "epoch": batches.epoch_of(state.step),
            "train_loss": sum(state.losses) / len(state.losses),
            **{f"val_{name}": value for name, value in metrics.items()},
            "lr": learning_rate(state.step - 1, settings),
            "seconds": state.seconds,
            "sequences_per_second": rate,
        }
        state.history.append(row)
        state.losses.clear()
        run.keep_if_best(monitor, metrics[monitor])
        if fabric.is_global_zero:
            write_metrics(directory / METRICS, state.history)
            events.write(row)
        report.validated(monitor, metrics[monitor])
        speed.resume()

    with (
        _own_random_state(fabric.device),
        stop_on_signals() as stop,
        reporting(progress, _title(fabric), settings.max_steps, state.step) as report,
        closing(events),
        closing(batches.iterate(state.step, settings.max_steps, device=fabric.device)) as stream,
    ):
        # A signal may have come between a step and its validation.
        if run.validation_due(settings):
            evaluate()
        stopping = False
        speed.resume()
        while not stopping and not run.ended(settings):
            step, batch = next(stream)
            # Draws depend on (seed, step, rank) alone, so a checkpoint needs no random state.
            torch.manual_seed(_seed_of(settings.seed, step, fabric.global_rank))
            for group in run.optimizer.param_groups:
                group["lr"] = learning_rate(step, settings)
            optimizer.zero_grad(set_to_none=True)
            values = loss(network(inputs(batch.inputs)), batch.targets)
            mean = _share_of_mean(values, batch)
            # DDP averages gradients over ranks where the mean wants the sum of the shares.
            fabric.backward(mean * fabric.world_size)
            fabric.strategy.precision.unscale_gradients(run.optimizer)
            penalise_and_clip(trained, settings.l1, settings.clip_norm)
            optimizer.step()
            run.average.update(step)
            state.step = step + 1
            recent[unread] = mean.detach()
            unread += 1
            speed.steps += 1

            due = run.validation_due(settings)
            save = state.step % settings.checkpoint_every == 0
            if not (due or save or unread == read_every or (alone and stop.made)):
                continue
            losses, stopping = _read(recent[:unread], stop, fabric)
            unread = 0
            _check_finite(losses, state.step)
            state.losses.extend(losses)
            report.advance(state.step, losses[-1], speed.rate(), batches.batch_size)
            if due and not stopping:
                evaluate()
            if save or stopping:
                state.seconds = seconds_before + time.perf_counter() - began
                run.save()
        speed.pause()
    if not stopping:
        state.stopped = "finished" if state.step == settings.max_steps else "patience"
        run.save()
    return _result(run, seconds_before, speed.overall())


def _share_of_mean(values: Tensor, batch: Batch) -> Tensor:
    """This rank's summand of the weighted mean loss over the global batch."""
    if values.shape != batch.inputs.shape[:1]:
        raise ValueError(
            f"the loss gave shape {tuple(values.shape)}, wanted one value a sequence "
            f"({len(batch.inputs)},)"
        )
    weighted = values if batch.weights is None else values * batch.weights
    return weighted.sum() / batch.total


def _read(recent: Tensor, stop: StopRequest, fabric: Fabric) -> tuple[list[float], bool]:
    """Losses over all ranks, and whether any rank was asked to stop; waits for the device."""
    numbers = torch.cat([recent, recent.new_tensor([float(stop.made)])])
    if fabric.world_size > 1:
        torch.distributed.all_reduce(numbers)
    *losses, asked = numbers.tolist()
    return losses, asked > 0


def _check_finite(losses: list[float], step: int) -> None:
    for number, value in enumerate(losses, start=step - len(losses) + 1):
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"the loss became {value} at step {number}; lower --lr (or --precision 32), "
                "and look for extreme targets"
            )


def _validate(validate: Callable[[nn.Module], dict[str, float]], run: Run) -> dict[str, float]:
    """Metrics of the averaged network, computed on rank 0 and told to the others."""
    metrics: dict[str, float] = {}
    if run.fabric.is_global_zero:
        run.average.network.eval()
        metrics = {name: float(value) for name, value in validate(run.average.network).items()}
    run.model.train()
    run.average.bind()
    return run.fabric.broadcast(metrics) if run.fabric.world_size > 1 else metrics


def _result(run: Run, seconds_before: float, speed: float) -> FitResult:
    run.load_best()
    state = run.state
    return FitResult(
        history=state.history,
        best_step=state.best_step,
        best_value=state.best_value,
        steps=state.step,
        stopped=state.stopped or "signal",
        seconds=state.seconds,
        seconds_before=seconds_before,
        sequences_per_second=speed,
    )


@contextmanager
def _own_random_state(device: torch.device) -> Iterator[None]:
    """Put torch's global generators back at the end, as the loop seeds them at every step."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield


def _seed_of(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0] >> 1)


def _title(fabric: Fabric) -> str:
    precision = precision_of(fabric).split("-")[0]
    several = f" x {fabric.world_size}" if fabric.world_size > 1 else ""
    return f"training on {fabric.device}{several} ({precision})"

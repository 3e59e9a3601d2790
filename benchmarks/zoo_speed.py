"""The networks of zoo.py with their costs, and how fast each is in a process of its own."""

import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from basset_loops import each_loss, settings_for, wait
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.atomic import write_text
from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model, own_arguments
from seqcnn.models.auxiliary import WithAuxiliary, drop_auxiliary
from seqcnn.models.layer_table import layer_table
from seqcnn.tasks import get_task
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.devices import keep_freed_memory
from seqcnn.training.optimise import Average, build_optimizer, penalise_and_clip
from seqcnn.training.predict import autocast

BATCH = 64
OUTPUTS = 10  # as many as the accessibility set and the digits have
CHANNELS = {1: 4, 2: 3}
WANTED = {1: 600, 2: 32}  # positions on a side, unless a network needs more
TINY = "lenet5"  # its process, which computes nothing, has the memory that all need
WINDOW = 0.3  # seconds of steps that are timed together
SECONDS = 1.5  # for the windows of training, and of prediction
LIMIT = 300  # seconds after which a network's process is ended


@dataclass(frozen=True)
class Entry:
    """A network in one of its dimensions; parameters and multiply-adds are of `size`."""

    name: str
    dim: int
    size: int
    parameters: int = 0
    multiply_adds: int = 0


def entries(dim: int, only: Collection[str] = (), skip: Collection[str] = ()) -> list[Entry]:
    """The registry's networks of a dimension, by their multiply-adds."""
    chosen = [name for name in MODELS if (not only or name in only) and name not in skip]
    found = [_entry(name, dim) for name in chosen if dim in _dims(name)]
    return sorted(found, key=lambda entry: (entry.multiply_adds, entry.name))


def _dims(name: str) -> tuple[int, ...]:
    build: Any = MODELS[name]
    kind = build.func if isinstance(build, partial) else build
    return tuple(getattr(kind, "dims", (1, 2)))


def _entry(name: str, dim: int) -> Entry:
    try:
        size = _size(name, dim)
        table = layer_table(_built(name, dim, size, "meta"), (CHANNELS[dim], *(size,) * dim))
    except ValueError:  # what it says will be met, and kept, when the network is run
        return Entry(name, dim, WANTED[dim])
    return Entry(name, dim, size, table.parameters, table.multiply_adds)


def _size(name: str, dim: int) -> int:
    """The wanted size, or the smallest that the network takes."""
    try:
        network = _built(name, dim, WANTED[dim], "meta")
    except InputError:
        with torch.device("meta"):
            network = create_model(name, dim=dim, in_channels=CHANNELS[dim], out=OUTPUTS)
    return max(WANTED[dim], int(getattr(network, "smallest", 1)))


def _built(name: str, dim: int, size: int, device: str, *, training: bool = False) -> nn.Module:
    known, task = own_arguments(name), get_task("accessibility")
    own: dict[str, Any] = {"size": size, "pooled": True, "auxiliary": training}
    own = {argument: value for argument, value in own.items() if argument in known}
    if name == task.model and dim == 1:
        own |= task.model_arguments
    with torch.device(device):
        return create_model(name, dim=dim, in_channels=CHANNELS[dim], out=OUTPUTS, **own)


def speed(
    script: Path, out: Path, chosen: list[Entry], options: list[str], again: bool = False
) -> None:
    """Measure what is not yet there, then the first one once more; a JSON file each."""
    folder = out / "speed"
    folder.mkdir(parents=True, exist_ok=True)
    floors: dict[int, float] = {}
    first: tuple[Entry, dict[str, Any]] | None = None
    for entry in chosen:
        path = folder / f"{entry.dim}d_{entry.name}.json"
        if path.exists() and not (again and "error" in json.loads(path.read_text())):
            continue
        if entry.dim not in floors:
            tiny = Entry(TINY, entry.dim, WANTED[entry.dim])
            floors[entry.dim] = _in_process(script, tiny, [*options, "--idle"]).get("peak", 0)
        found = _in_process(script, entry, options, floors[entry.dim])
        write_text(path, json.dumps({**asdict(entry), **found}, indent=1))
        print(_line(entry, found), flush=True)
        if first is None and "error" not in found:
            first = entry, found
    if first is not None:
        entry, found = first
        repeated = _in_process(script, entry, options, floors[entry.dim])
        drift = {"name": entry.name, "dim": entry.dim, "first": found, "last": repeated}
        write_text(folder / "drift.json", json.dumps(drift, indent=1))
        print(f"again: {_line(entry, repeated)}")


def _line(entry: Entry, found: dict[str, Any]) -> str:
    start = f"{entry.dim}-D {entry.name}"
    if "error" in found:
        return f"{start}: {found['error']}"
    return (
        f"{start}: train {found['train']:,.0f}/s, predict {found['predict']:,.0f}/s, "
        f"{found['peak'] / 1e6:,.0f} MB"
    )


def _in_process(
    script: Path, entry: Entry, options: list[str], floor: float = 0.0
) -> dict[str, Any]:
    """What `measure` finds in a process of its own, memory on a CPU above `floor`; or its error."""
    words = [entry.name, str(entry.dim), str(entry.size), *options]
    try:
        ended = subprocess.run(
            [sys.executable, str(script), "measure", *words],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"a few steps took more than {LIMIT} s"}
    if ended.returncode < 0:
        return {"error": f"the process was ended by signal {-ended.returncode} (memory?)"}
    if ended.returncode:
        lines = ended.stderr.strip().splitlines()
        return {"error": lines[-1] if lines else f"exit status {ended.returncode}"}
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    if found["device"] == "cpu":
        found["peak"] -= floor
    return found


def measure(
    name: str, dim: int, size: int, *, device: str, threads: int, idle: bool
) -> dict[str, Any]:
    """Sequences a second in training and prediction, and the most memory, of this process.

    `idle` builds the network and computes nothing.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    where = resolve_device(device)
    precision = resolve_precision("auto", where)
    network = _built(name, dim, size, "cpu", training=True).to(where)
    found: dict[str, Any] = {
        "device": where.type if where.type == "cpu" else torch.cuda.get_device_name(where),
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "precision": precision,
    }
    if not idle:
        if where.type == "cpu":
            keep_freed_memory()
        x = _input(dim, size).to(where)
        if dim == 2:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            x = x.contiguous(memory_format=torch.channels_last)
        found["train"] = _rate(_training_step(network, x, precision), where)
        drop_auxiliary(network)
        found["predict"] = _rate(_prediction(network.eval(), x, precision), where)
    found["peak"] = _peak(where)
    return found


def _input(dim: int, size: int) -> Tensor:
    if dim == 2:
        return torch.randn(BATCH, CHANNELS[dim], size, size)
    codes = torch.randint(0, CHANNELS[dim], (BATCH, size))
    return functional.one_hot(codes, CHANNELS[dim]).transpose(1, 2).float().contiguous()


def _training_step(network: nn.Module, x: Tensor, precision: str) -> Callable[[], None]:
    """A step as `fit` takes it, on one batch at hand."""
    settings = settings_for(1_000, str(x.device))
    optimizer = build_optimizer(network, settings, fused=True)
    average = Average(network, settings.ema_decay)
    trained = list(network.parameters())
    targets = torch.rand(BATCH, OUTPUTS, device=x.device).round()
    share = float(getattr(network, "auxiliary_weight", 0.0))
    network.train()
    taken = 0

    def step() -> None:
        nonlocal taken
        optimizer.zero_grad(set_to_none=True)
        with autocast(x.device, precision):
            outputs = network(x)
        helping: tuple[Tensor, ...] = ()
        if isinstance(outputs, WithAuxiliary):
            outputs, helping = outputs
        loss = each_loss(outputs.float(), targets).mean()
        for one in helping:
            loss = loss + share * each_loss(one.float(), targets).mean()
        loss.backward()
        penalise_and_clip(trained, settings.l1, settings.clip_norm)
        optimizer.step()
        average.update(taken)
        taken += 1

    return step


def _prediction(network: nn.Module, x: Tensor, precision: str) -> Callable[[], None]:
    def step() -> None:
        with torch.inference_mode(), autocast(x.device, precision):
            network(x)

    return step


def _rate(step: Callable[[], None], device: torch.device) -> float:
    """Sequences a second: of the median window, after a step that warms up."""

    def seconds(steps: int) -> float:
        wait(device)
        began = time.perf_counter()
        for _ in range(steps):
            step()
        wait(device)
        return time.perf_counter() - began

    step()
    once = seconds(1)
    steps = max(1, round(WINDOW / once))
    windows = min(5, int(SECONDS / (steps * once)))
    timed = [seconds(steps) / steps for _ in range(windows)] or [once]
    return BATCH / statistics.median(timed)


def _peak(device: torch.device) -> float:
    """Bytes: of the GPU, else the most that this process had in memory."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    # Linux hands the parent's maximum to ru_maxrss of a new process; VmHWM is its own.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return 1024 * float(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return float(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

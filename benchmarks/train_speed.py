"""Print how fast Basset trains beside a plain fp32 loop, what the loader costs, and what is learnt.

    python benchmarks/train_speed.py [--quick]

Basset at 600 bp with 164 outputs. The contenders take turns in blocks of steps in this one process,
so that whatever else the machine does hits all alike; the first block of each is not counted.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from basset_loops import (
    FitBlock,
    bare_loop,
    fit_loop,
    our_basset,
    plain_basset,
    plain_loop,
    random_windows,
    settings_for,
    wait,
)
from learning import learning_table
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from seqcnn.api.doctor import doctor
from seqcnn.data.examples import Examples
from seqcnn.encoders.tensors import expand
from seqcnn.errors import InputError
from seqcnn.settings import FitSettings
from seqcnn.tasks.labels import MultiLabel
from seqcnn.training.device_choice import resolve_device, resolve_precision

OUTPUTS = 164
VALIDATED = 20_000  # sequences in a validation, the most that are looked at during training
VALIDATED_EVERY = 200  # steps; a default run on 64,000 sequences or more has more between them

PLAIN, OURS, BARE = "plain fp32 loop", "seqcnn, default settings", "the same step without a loader"


class Timing(NamedTuple):
    """Seconds a step of each counted block, at a batch size."""

    steps: list[float]
    batch_size: int

    @property
    def rate(self) -> float:
        """Sequences a second, of the median block."""
        return self.batch_size / statistics.median(self.steps)

    def cells(self) -> str:
        """Median, lowest and highest rate."""
        rates = [self.batch_size / step for step in self.steps]
        return f"{self.rate:,.0f} | {min(rates):,.0f} - {max(rates):,.0f}"


def contenders(
    examples: Examples, settings: FitSettings, precision: str, blocks: list[FitBlock]
) -> dict[str, tuple[int, Callable[[], float]]]:
    """Name -> batch size and a function that trains a block, in seconds."""
    device, steps = resolve_device(settings.device), settings.max_steps
    rows = np.random.default_rng(0).permutation(len(examples))[: 16 * settings.batch_size]
    x = expand(torch.from_numpy(examples.take(rows)).to(device))
    targets = torch.from_numpy(examples.targets[rows]).to(device)
    turns = np.arange(steps * settings.batch_size).reshape(steps, -1) % len(x)

    def plain() -> float:
        return plain_loop(plain_basset(OUTPUTS).to(device), x, targets, turns, lr=settings.lr)

    def bare() -> float:
        one = slice(settings.batch_size)
        network = our_basset(OUTPUTS).to(device)
        return bare_loop(network, x[one], targets[one], steps, settings, precision)

    def ours(settings: FitSettings = settings) -> float:
        block = fit_loop(our_basset(OUTPUTS), examples, settings)
        if settings.batch_size == len(turns[0]) and not settings.compile:
            blocks.append(block)
        return block.seconds

    size = settings.batch_size
    found: dict[str, tuple[int, Callable[[], float]]] = {
        PLAIN: (size, plain), OURS: (size, ours), BARE: (size, bare),
    }  # fmt: skip
    if device.type == "cuda":
        compiled = settings.model_copy(update={"compile": True})
        large = settings.model_copy(update={"batch_size": 16 * size})
        found["seqcnn, --compile"] = (size, lambda: ours(compiled))
        found[f"seqcnn, --batch-size {16 * size}"] = (16 * size, lambda: ours(large))
    return found


def take_turns(
    loops: dict[str, tuple[int, Callable[[], float]]], *, rounds: int, steps: int
) -> dict[str, Timing]:
    """Seconds a step of every loop in `rounds` alternating blocks, after one that warms up."""
    timings = {name: Timing([], size) for name, (size, _) in loops.items()}
    for turn in range(rounds + 1):
        for name, (_, loop) in list(loops.items()):
            try:
                seconds = loop()
            except InputError as error:  # no compiler on this machine
                print(f"{name}: left out ({error})\n")
                del loops[name], timings[name]
                continue
            if turn:
                timings[name].steps.append(seconds / steps)
    return timings


def operations_a_sequence() -> float:
    """Floating-point operations of a training step for one sequence."""
    network = our_basset(OUTPUTS)
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 4, 600)).sum().backward()
    return counter.get_total_flops() / 2


def metric_seconds() -> float:
    """Seconds of the validation metrics of a default validation, without the network."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(VALIDATED, OUTPUTS)).astype(np.float32)
    targets = (rng.random((VALIDATED, OUTPUTS)) < 0.05).astype(np.float32)
    began = time.perf_counter()
    MultiLabel().quick(logits, targets)
    return time.perf_counter() - began


def busy_share(
    network: nn.Module, examples: Examples, settings: FitSettings, step_seconds: float
) -> float:
    """Share of the time in which the GPU computes: kernel seconds over an unwatched step's."""
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        fit_loop(network, examples, settings)
        wait(resolve_device(settings.device))
    kernels = sum(event.self_device_time_total for event in profile.key_averages()) / 1e6
    return kernels / settings.max_steps / step_seconds


def speed_table(timings: dict[str, Timing], operations: float, peak: float) -> None:
    """Print rates, ratios to the plain loop, and shares of the measured matrix rate."""
    print("| training loop | sequences/s, median | min - max | ratio | share of matrix rate |")
    print("|---|--:|--:|--:|--:|")
    for name, timing in timings.items():
        ratio = timing.rate / timings[PLAIN].rate
        share = operations * timing.rate / 1e9 / peak
        print(f"| {name} | {timing.cells()} | {ratio:.2f} | {share:.0%} |")


def overhead_table(timings: dict[str, Timing], blocks: list[FitBlock]) -> None:
    """Print what the loader, augmentation and metrics cost, as shares of a step of `fit`."""
    step = statistics.median(timings[OURS].steps)
    bare = statistics.median(timings[BARE].steps)
    steps = sum(block.result.steps for block in blocks)
    costs = {
        "fit's step less the bare step (loader, augmentation, one-hot, loss reading)": step - bare,
        "the loop waits for a batch": sum(block.waited for block in blocks) / steps,
        "a batch is made, in the loader's thread": sum(block.made for block in blocks) / steps,
        f"validation metrics ({VALIDATED:,} x {OUTPUTS}, every {VALIDATED_EVERY} steps)": (
            metric_seconds() / VALIDATED_EVERY
        ),
    }
    print(f"\n| of a step of {1000 * step:.1f} ms | ms | share |\n|---|--:|--:|")
    for name, seconds in costs.items():
        print(f"| {name} | {1000 * seconds:.2f} | {seconds / step:.1%} |")


def machine(settings: FitSettings, precision: str) -> float:
    """Print what this runs on; the device's GFLOP/s for large matrices at its best precision."""
    device = resolve_device(settings.device)
    found = doctor(seconds=0.5)
    rates = {
        (rate["device"].split(":")[0], rate["precision"]): rate["matrix"] for rate in found["rates"]
    }
    peak = rates[device.type, precision]
    if device.type == "cuda":
        peak = _large_matrix_rate(device)
        print(f"device: {torch.cuda.get_device_name(device)}", end=", ")
    else:
        print("no CUDA device here: CPU only", end=", ")
    print(
        f"CPU {found['system']['processor']}, {torch.get_num_threads()} threads, "
        f"bf16 {found['system']['bf16']}, torch {torch.__version__}, default precision "
        f"{precision}, large matrices {peak:,.0f} GFLOP/s\n"
    )
    return float(peak)


def _large_matrix_rate(device: torch.device) -> float:
    """GFLOP/s of bf16 matrices large enough for a GPU."""
    side, repeats = 8192, 20
    a: Tensor = torch.randn(side, side, device=device, dtype=torch.bfloat16)
    torch.mm(a, a)
    wait(device)
    began = time.perf_counter()
    for _ in range(repeats):
        torch.mm(a, a)
    wait(device)
    return 2 * side**3 * repeats / (time.perf_counter() - began) / 1e9


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a minute: only to see that it runs")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of each contender")
    parser.add_argument("--steps", type=int, default=30, help="optimiser steps a block")
    parser.add_argument("--learn", type=int, default=300, help="steps of the learning comparison")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.steps, chosen.learn = 2, 3, 4
    settings = settings_for(chosen.steps, chosen.device)
    device = resolve_device(settings.device)
    precision = resolve_precision(settings.precision, device)
    peak = machine(settings, precision)
    with tempfile.TemporaryDirectory() as folder:
        windows = 2_000 if chosen.quick else 100_000
        examples = random_windows(
            Path(folder), windows=windows, outputs=OUTPUTS, bases=200 * windows
        )
        blocks: list[FitBlock] = []
        loops = contenders(examples, settings, precision, blocks)
        timings = take_turns(loops, rounds=chosen.rounds, steps=chosen.steps)
        speed_table(timings, operations_a_sequence(), peak)
        overhead_table(timings, blocks[1:])
        if device.type == "cuda":
            step = statistics.median(timings[OURS].steps)
            busy = busy_share(our_basset(OUTPUTS), examples, settings, step)
            print(f"\nGPU busy {busy:.0%} of a default step (batch {settings.batch_size}).")
    learning_table(chosen.device, steps=chosen.learn)


if __name__ == "__main__":
    main()

"""Print how many substitutions a second whole networks and incremental ones compute.

    python benchmarks/mutagenesis_speed.py [--networks basset duplex] [--repeats 5] [--device cpu]

Networks of the registry at their own width on one random sequence of 600 bp, 10 outputs, float32.
Both ways take turns on the same batch in this one process, so that whatever else the machine does
hits both; on a CPU the time is that of the process, which waiting does not lengthen. Whole networks
run at the batch size that suits them best of three. The incremental way starts from nothing each
time: the maps of the reference are computed anew.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.effects.incremental import IncrementalNetwork
from seqcnn.effects.substitutions import Mutants
from seqcnn.encoders.tensors import expand
from seqcnn.models import create_model, own_arguments
from seqcnn.training.device_choice import resolve_device

LENGTH, OUTPUTS, BATCH = 600, 10, 256
BATCHES = 2  # of substitutions that both compute
NETWORKS = (
    *("basset", "deepsea", "deepbind", "duplex", "danq", "dilated", "nin"),
    *("resnet18", "densenet121", "vgg16_bn", "lstm"),
)


class Row(NamedTuple):
    """Seconds of each repetition, and the largest difference of a logit."""

    naive: list[float]
    incremental: list[float]
    difference: float
    scale: float
    windows: str


def timed(compute: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, float]:
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = clock()
    result = compute()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return result, clock() - started


def naive(network: nn.Module, x: Tensor, mutants: list[Mutants], size: int) -> Tensor:
    found = []
    for part in mutants:
        changed = x.expand(len(part), -1, -1).clone()
        rows = torch.arange(len(changed), device=x.device)
        changed[rows, :, torch.from_numpy(part.position).to(x.device)] = part.columns(x)
        found += [network(piece) for piece in changed.split(size)]
    return torch.cat(found)


def incremental(network: nn.Module, x: Tensor, mutants: list[Mutants]) -> Tensor:
    engine = IncrementalNetwork(network, x)
    return torch.cat(
        [engine.logits(part.owner, part.position, part.columns(x)) for part in mutants]
    )


def measured(name: str, repeats: int, device: torch.device) -> Row:
    own = {"size": LENGTH} if "size" in own_arguments(name) else {}
    torch.manual_seed(0)
    network = create_model(name, dim=1, in_channels=4, out=OUTPUTS, **own).eval().to(device)
    codes = np.random.default_rng(0).integers(0, 4, (1, LENGTH)).astype(np.uint8)
    x = expand(torch.from_numpy(codes).to(device))
    middle = (LENGTH - BATCH * BATCHES // 3) // 2
    mutants = list(Mutants.of(codes, middle, LENGTH).batches(BATCH))[:BATCHES]
    ways = {size: partial(naive, network, x, mutants, size) for size in (32, 64, BATCH)}
    best = min(ways, key=lambda size: min(timed(ways[size], device)[1] for _ in range(2)))
    fast = partial(incremental, network, x, mutants)
    timed(fast, device)
    slow_seconds, fast_seconds = [], []
    for _ in range(repeats):
        expected, seconds = timed(ways[best], device)
        slow_seconds.append(seconds)
        found, seconds = timed(fast, device)
        fast_seconds.append(seconds)
    engine = IncrementalNetwork(network, x)
    engine.logits(mutants[0].owner, mutants[0].position, mutants[0].columns(x))
    return Row(
        slow_seconds,
        fast_seconds,
        float((found - expected).abs().max()),
        float(expected.abs().max()),
        f"{engine.windowed} of {engine.functions}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    device = resolve_device(chosen.device)
    torch.backends.cudnn.allow_tf32 = False
    head = "| network | whole, a second | incremental, a second | times as fast (range) | "
    print(head + "largest difference | largest logit | windows |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in chosen.networks:
        with torch.inference_mode():
            row = measured(name, chosen.repeats, device)
        number = BATCH * BATCHES
        ratios = [slow / fast for slow, fast in zip(row.naive, row.incremental, strict=True)]
        print(
            f"| {name} | {number / statistics.median(row.naive):,.0f} "
            f"| {number / statistics.median(row.incremental):,.0f} "
            f"| {statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f}) "
            f"| {row.difference:.0e} | {row.scale:.2g} | {row.windows} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

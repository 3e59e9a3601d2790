"""The loops that benchmarks/train_speed.py compares, each run for a block of steps."""

import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.encoders.tensors import expand
from seqcnn.models import create_model
from seqcnn.settings import FitSettings
from seqcnn.training.batches import Batch, Batches
from seqcnn.training.devices import build_fabric, keep_freed_memory
from seqcnn.training.fit import FitResult, fit
from seqcnn.training.optimise import Average, build_optimizer, penalise_and_clip
from seqcnn.training.predict import autocast

LENGTH = 600
SHIFT = 8  # bp, as in the default settings


def plain_basset(out: int) -> nn.Sequential:
    """Basset of torch's own layers, as one writes it from the paper."""
    return nn.Sequential(
        nn.Conv1d(4, 300, 19), nn.BatchNorm1d(300), nn.ReLU(), nn.MaxPool1d(3),
        nn.Conv1d(300, 200, 11), nn.BatchNorm1d(200), nn.ReLU(), nn.MaxPool1d(4),
        nn.Conv1d(200, 200, 7), nn.BatchNorm1d(200), nn.ReLU(), nn.MaxPool1d(4),
        nn.Flatten(),
        nn.Linear(2000, 1000), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(1000, 1000), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(1000, out),
    )  # fmt: skip


def our_basset(out: int) -> nn.Module:
    """Basset of the registry."""
    return create_model("basset", dim=1, in_channels=4, out=out, size=LENGTH)


def random_windows(folder: Path, *, windows: int, outputs: int, bases: int) -> Examples:
    """Windows of a packed genome of random bases, with random labels, 5 % of them positive."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (bases // 60, 60))]
    lines = np.concatenate([letters, np.full((len(letters), 1), 10, np.uint8)], axis=1)
    (folder / "random.fa").write_bytes(b">random\n" + lines.tobytes())
    genome = Genome(folder / "random.fa", cache=folder)
    start = rng.integers(0, bases // 60 * 60 - LENGTH, windows)
    regions = pd.DataFrame({"contig": "random", "start": start, "end": start + LENGTH})
    targets = rng.random((windows, outputs)) < 0.05
    return Examples.from_windows(
        genome, regions, targets, names=[f"track_{track}" for track in range(outputs)]
    )


def settings_for(steps: int, device: str) -> FitSettings:
    """Default settings for a run of `steps`, validated at its end only."""
    return FitSettings(
        max_steps=steps,
        validate_every=steps,
        patience=steps,
        warmup_steps=max(1, steps // 10),
        device=device,
    )


def wait(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def plain_loop(
    network: nn.Module, x: Tensor, targets: Tensor, rows: np.ndarray, *, lr: float
) -> float:
    """Train in fp32 on one-hot tensors on hand, batches of `rows` (steps, b); seconds."""
    order = torch.from_numpy(rows).to(x.device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=lr)
    loss_of = nn.BCEWithLogitsLoss()
    network.train()
    wait(x.device)
    began = time.perf_counter()
    for batch in order:
        optimizer.zero_grad()
        loss = loss_of(network(x[batch]), targets[batch])
        loss.backward()
        optimizer.step()
    wait(x.device)
    return time.perf_counter() - began


def bare_loop(
    network: nn.Module,
    x: Tensor,
    targets: Tensor,
    steps: int,
    settings: FitSettings,
    precision: str,
) -> float:
    """What `fit` computes on the device, on one batch on hand: no loader, no reading; seconds."""
    device = x.device
    if device.type == "cpu":
        keep_freed_memory()
    optimizer = build_optimizer(network, settings, fused=True)
    average = Average(network, settings.ema_decay)
    trained = list(network.parameters())
    network.train()
    wait(device)
    began = time.perf_counter()
    for step in range(steps):
        optimizer.zero_grad(set_to_none=True)
        with autocast(device, precision):
            outputs = network(x)
        each_loss(outputs.float(), targets).mean().backward()
        penalise_and_clip(trained, settings.l1, settings.clip_norm)
        optimizer.step()
        average.update(step)
    wait(device)
    return time.perf_counter() - began


def each_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy, a value a sequence."""
    return functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none").mean(1)


class TimedBatches(Batches):
    """Batches that know how long the loop waited for them, and how long they took to make."""

    waited = 0.0
    made = 0.0

    def at(self, step: int) -> Batch:
        began = time.perf_counter()
        batch = super().at(step)
        self.made += time.perf_counter() - began
        return batch

    def iterate(
        self, start: int, end: int, *, device: torch.device, ahead: int = 3
    ) -> Generator[tuple[int, Batch], None, None]:
        with closing(super().iterate(start, end, device=device, ahead=ahead)) as stream:
            for _ in range(start, end):
                began = time.perf_counter()
                item = next(stream)
                self.waited += time.perf_counter() - began
                yield item


@dataclass(frozen=True)
class FitBlock:
    """A run of `fit`: seconds of its training steps, of waiting for and of making batches."""

    result: FitResult
    seconds: float
    waited: float
    made: float


def fit_loop(
    network: nn.Module,
    examples: Examples,
    settings: FitSettings,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = each_loss,
    validate: Callable[[nn.Module], dict[str, float]] | None = None,
    monitor: str = "loss",
) -> FitBlock:
    """Train with `seqcnn.training.fit`, shifts and reverse complements, for `max_steps`."""
    options: dict[str, Any] = {"shift": SHIFT, "reverse_complement": True}
    batches = TimedBatches(examples, batch_size=settings.batch_size, seed=settings.seed, **options)
    with tempfile.TemporaryDirectory() as folder:
        result = fit(
            network,
            batches,
            loss=loss,
            inputs=expand,
            validate=validate or (lambda _: {"loss": 0.0}),
            monitor=monitor,
            settings=settings,
            directory=Path(folder),
            fabric=build_fabric(settings),
        )
    seconds = result.steps * settings.batch_size / result.sequences_per_second
    return FitBlock(result, seconds, batches.waited, batches.made)

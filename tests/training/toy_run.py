"""A toy run for the tests of training: `python toy_run.py DIRECTORY JSON` trains it in a process.

The JSON holds settings for `FitSettings`, and `kill_at` (a step at which the process ends itself
with `signal`), `resume`, `dropout`.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import one_hot

from seqcnn.settings import FitSettings
from seqcnn.training.batches import Batches
from seqcnn.training.devices import build_fabric
from seqcnn.training.fit import FitResult, fit

LENGTH = 24


class ToySequences:
    """Random sequences; a target is whether the sequence holds more A than T."""

    def __init__(self, n: int, *, seed: int = 0, weighted: bool = False) -> None:
        generator = np.random.default_rng(seed)
        self.codes = generator.integers(0, 4, (n, LENGTH)).astype(np.uint8)
        excess = (self.codes == 0).sum(1) - (self.codes == 3).sum(1)
        self.targets = np.stack([excess > 0, excess < 0], axis=1).astype(np.float32)
        self.weights = generator.random(n).astype(np.float32) if weighted else None

    def __len__(self) -> int:
        return len(self.codes)

    def take(
        self,
        rows: np.ndarray,
        *,
        shift: np.ndarray | None = None,
        reverse: np.ndarray | None = None,
    ) -> np.ndarray:
        codes = self.codes[rows]
        if shift is not None:
            codes = np.stack([np.roll(one, by) for one, by in zip(codes, shift, strict=True)])
        if reverse is not None:
            codes = np.where(reverse[:, None], 3 - codes[:, ::-1], codes)
        return codes


class ToyNetwork(nn.Module):
    """Two convolutions with batch norm (so without bias), then a dense layer."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(4, 16, 5, padding=2, bias=False),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.MaxPool1d(3),
            nn.Conv1d(16, 16, 3, padding=1, bias=False),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Dropout(dropout),
        )
        self.output = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.features(x))


def toy_inputs(codes: Tensor) -> Tensor:
    return one_hot(codes.long(), 4).transpose(1, 2).float()


def toy_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none").mean(
        1
    )


def toy_settings(**changed: Any) -> FitSettings:
    values: dict[str, Any] = {
        "batch_size": 16, "max_steps": 30, "validate_every": 6, "checkpoint_every": 5,
        "warmup_steps": 4, "patience": 1000, "lr": 1e-2, "precision": "32", "device": "cpu",
        "threads": 1,
    }  # fmt: skip
    return FitSettings(**{**values, **changed})


def toy_fit(
    directory: Path,
    settings: FitSettings,
    *,
    dropout: float = 0.2,
    weighted: bool = True,
    model: nn.Module | None = None,
    **options: Any,
) -> tuple[nn.Module, FitResult]:
    """Train the toy network; `options` go to `fit`."""
    fabric = options.pop("fabric", None) or build_fabric(settings)
    if model is None:
        with torch.random.fork_rng([]):
            torch.manual_seed(settings.seed)
            model = ToyNetwork(dropout)
    held_out = ToySequences(40, seed=1)

    def validate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        with torch.inference_mode():
            outputs = network(toy_inputs(torch.from_numpy(held_out.codes)).to(device))
            targets = torch.from_numpy(held_out.targets).to(device)
            return {"loss": float(toy_loss(outputs, targets).mean())}

    batches = Batches(
        ToySequences(70, weighted=weighted), batch_size=settings.batch_size, seed=settings.seed,
        shift=2, reverse_complement=True, rank=fabric.global_rank, world=fabric.world_size,
    )  # fmt: skip
    arguments = {
        "loss": toy_loss, "inputs": toy_inputs, "validate": validate, "monitor": "loss",
        "settings": settings, "directory": directory, "fabric": fabric, **options,
    }  # fmt: skip
    return model, fit(model, batches, **arguments)


def main() -> None:
    directory = Path(sys.argv[1])
    chosen = json.loads(sys.argv[2])
    kill_at, number = chosen.pop("kill_at", -1), chosen.pop("signal", "SIGKILL")
    resume, dropout = chosen.pop("resume", False), chosen.pop("dropout", 0.2)
    calls = 0

    def inputs(codes: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), getattr(signal, number))
        return toy_inputs(codes)

    torch.set_num_threads(1)
    settings = toy_settings(**chosen)
    fabric = build_fabric(settings)
    model, result = toy_fit(
        directory, settings, dropout=dropout, fabric=fabric, inputs=inputs, resume=resume
    )
    if fabric.is_global_zero:
        save_file(model.state_dict(), directory / "model.safetensors")
        (directory / "result.json").write_text(json.dumps([result.stopped, result.steps]))


if __name__ == "__main__":
    main()

"""One run of caller_ablations.py: images drawn, a network trained, held-out sites judged."""

import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from caller_ablation_judge import every_fourth, judged, missed_alleles
from lightning_fabric import Fabric
from rich.console import Console
from torch import nn
from torch.nn import functional

from seqcnn.api.members import architecture, fit_member, predictor
from seqcnn.api.model import parameters_of
from seqcnn.api.train import read_data, resolve_settings
from seqcnn.atomic import write_text
from seqcnn.calling.training_images import draw_training_images
from seqcnn.data.pileups import Pileups
from seqcnn.encoders.deepvariant import REFERENCE_ROWS
from seqcnn.models import create_model
from seqcnn.settings import TrainSettings
from seqcnn.tasks.known_samples import open_sources
from seqcnn.tasks.task import Task, TaskData
from seqcnn.tasks.variants import examine_settings
from seqcnn.training.calibrate import fit_calibration
from seqcnn.training.devices import build_fabric, keep_freed_memory, precision_of
from seqcnn.training.predict import autocast

SHARES = (1.0, 0.5)  # of the fragments of held-out samples
QUIET = Console(quiet=True)


@dataclass(frozen=True)
class Run:
    """What differs from the default.

    `zeroed` are channels without content, `columns` are cut out of the middle of wider images
    (0 = all), `share` is that of the blocks of 100 kb to learn from. With `cost` (in the default
    network's steps) the number of steps is what costs as much CPU time, else `steps`. `first` uses
    the first training sample alone at full depth, and every fourth block of the first held-out one.
    """

    group: str
    name: str
    flags: dict[str, Any] = field(default_factory=dict)
    zeroed: tuple[int, ...] = ()
    columns: int = 0
    share: float = 1.0
    steps: int = 0
    cost: int = 0
    first: bool = False


@dataclass(frozen=True)
class Altered(Pileups):
    """Pileups whose images have lost channels or columns."""

    zeroed: tuple[int, ...] = ()
    columns: int = 0

    def take(self, rows: np.ndarray, **how: Any) -> np.ndarray:
        taken = super().take(rows, **how)
        if self.columns:
            # The anchor lies in column `columns // 2` of an image of any width.
            start = taken.shape[2] // 2 - self.columns // 2
            taken = np.ascontiguousarray(taken[:, :, start : start + self.columns])
        taken[..., list(self.zeroed)] = 0
        return taken


def altered(examples: Pileups, run: Run) -> Pileups:
    """The examples as `run` shows them to the network."""
    if not (run.zeroed or run.columns):
        return examples
    values = {name: getattr(examples, name) for name in Pileups.__dataclass_fields__}
    return Altered(**values, zeroed=run.zeroed, columns=run.columns)


class Bench:
    """Samples, and where images drawn of them are kept."""

    def __init__(self, samples: dict[str, Any], images: Path, recipe: dict[str, Any]) -> None:
        self.samples, self.images, self.recipe = samples, images, recipe

    def train_and_judge(self, run: Run) -> dict[str, Any]:
        """Steps, cost, and what `judged` says of each held-out set."""
        with tempfile.TemporaryDirectory() as folder:
            settings, task = self._settings(run, Path(folder))
            fabric = build_fabric(settings)
            keep_freed_memory()
            data = _prepared(read_data(task, settings, QUIET), run)
            ratio = relative_cost(task, data, settings, fabric, run)
            steps = round(run.cost / ratio) if run.cost else run.steps
            settings = settings.model_copy(
                update={"max_steps": steps, "validate_every": steps, "checkpoint_every": steps}
            )
            began = time.process_time()
            trained = fit_member(task, data, settings, 0, fabric, QUIET)
            seconds = time.process_time() - began
            if trained.fit.stopped == "signal":
                raise SystemExit(143)
        predict = predictor(data, settings, fabric)
        val = data.splits["val"]
        calibration = fit_calibration(
            predict([trained.network], val)[0], val.targets[:, 0].astype(int), kind="shifts"
        )
        scores = {}
        for name, examples, missed in self.held_out(run, settings):
            chances = calibration.apply(predict([trained.network], examples)[0])
            scores[name] = judged(examples, chances, missed, settings.scheme)
        return {
            "group": run.group,
            "name": run.name,
            "parameters": parameters_of(trained.network),
            "training_images": len(data.splits["train"]),
            "steps": steps,
            "batch": settings.batch_size,
            "relative_cost": round(ratio, 3),
            "cpu_seconds": round(seconds, 1),
            "scores": scores,
        }

    def _settings(self, run: Run, out: Path) -> tuple[TrainSettings, Task]:
        chosen = self.samples["train"][: 1 if run.first else None]
        flags: dict[str, Any] = {
            "task": "variants",
            **{name: [one[name] for one in chosen] for name in chosen[0]},
            "images_folder": self.images,
            "baselines": False,
            "device": "cpu",
            "out": out,
            **self.recipe,
            **run.flags,
        }
        if run.first:
            flags["downsample"] = []
        settings, task, _ = resolve_settings(None, flags)
        return settings, task

    def held_out(
        self, run: Run, settings: TrainSettings
    ) -> list[tuple[str, Pileups, dict[str, int]]]:
        """Name, images and missed alleles by block of each held-out sample and depth."""
        examine, found = examine_settings(settings), []
        shares = SHARES[: 1 if run.first else None]
        for name, one in list(self.samples["held_out"].items())[: 1 if run.first else None]:
            held = settings.model_copy(update={key: [Path(path)] for key, path in one.items()})
            sources, _ = open_sources(held)
            for share in shares:
                drawn = draw_training_images(
                    sources, examine, self.images, shares=(share,), processes=settings.processes
                )
                examples = Pileups(
                    drawn.images,
                    np.arange(len(drawn.images)),
                    drawn.targets[:, None].astype(np.float32),
                    examine.images.genotypes,
                    drawn.sites,
                    reference_rows=REFERENCE_ROWS if settings.encoder == "deepvariant" else 0,
                )
                title = f"{name} x {share:g}"
                kept = self.images / f"missed {title} {settings.realign}.json"
                if not kept.exists():
                    plain = examine_settings(settings.model_copy(update={"rows": 0, "columns": 0}))
                    write_text(kept, json.dumps(missed_alleles(sources, plain, share)))
                missed = json.loads(kept.read_text())
                if run.first:
                    examples, missed = every_fourth(examples, missed)
                found.append((title, altered(examples, run), missed))
        return found


def _prepared(data: TaskData, run: Run) -> TaskData:
    """The task's data as `run` wants them."""
    train = data.splits["train"]
    if run.share < 1:
        # The same order for all shares, so that smaller ones are part of larger ones.
        groups = train.groups()
        order = np.random.default_rng(0).permutation(groups.max() + 1)
        kept = order[: max(1, round(run.share * len(order)))]
        train = train.subset(np.isin(groups, kept))
    splits = {name: altered(part, run) for name, part in {**data.splits, "train": train}.items()}
    return replace(data, splits=splits)


def relative_cost(
    task: Task, data: TaskData, settings: TrainSettings, fabric: Fabric, run: Run
) -> float:
    """CPU time of a training step divided by that of a step of the default on default images."""
    shape = (settings.batch_size, len(data.encoding.channels), *data.encoding.shape)
    if run.columns:
        shape = (*shape[:-1], run.columns)
    plain = settings.model_copy(update={"model": task.model, "model_arguments": {}})
    precision = precision_of(fabric).split("-")[0]
    torch.set_num_threads(settings.threads or os.cpu_count() or 1)
    mine = _stepper(architecture(task, data, settings), shape, precision)
    usual = (task.defaults["batch_size"], 7, 48, 61)
    default = _stepper(architecture(task, data, plain), usual, precision)
    mine(), default()
    return statistics.median(mine() / default() for _ in range(3))


def _stepper(plan: dict[str, Any], shape: tuple[int, ...], precision: str) -> Any:
    network: nn.Module = create_model(
        plan["name"], dim=2, in_channels=shape[1], out=plan["out"], **plan["arguments"]
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(shape).to(memory_format=torch.channels_last)
    y = torch.zeros(len(x), dtype=torch.long)

    def seconds() -> float:
        began = time.process_time()
        for _ in range(3):
            with autocast(torch.device("cpu"), precision):
                outputs = network(x)
            network.zero_grad(set_to_none=True)
            functional.cross_entropy(outputs.float(), y).backward()
        return time.process_time() - began

    return seconds

"""Train every network of the registry by one recipe on real data, measure speed, print a table.

    python benchmarks/zoo.py train --out FOLDER [--sets accessibility binding] [--part 1/2]
    python benchmarks/zoo.py baselines --out FOLDER
    python benchmarks/zoo.py speed --out FOLDER      (on an idle machine)
    python benchmarks/zoo.py table --out FOLDER

The 1-D networks learn the DNase set (600 bp, 10 tracks, open or closed) and GUE tf/0 (101 bp in
200 with N around, which is what the largest need), the 2-D networks scikit-learn's handwritten
digits at 32 x 32 pixels, or at the smallest size that a network takes. One recipe for all, and no
tuning of any network: AdamW, learning rate 0.001 with warm-up and cosine, batches of 64, the same
number of drawn examples, one seed, the moving average of the weights at its best validation. Two
exceptions, by rule. A network of over 400 million multiply-adds or 20 million parameters has half
its width, of over 1,600 million multiply-adds a quarter: the data are small, and the table shall be
done within hours. And one that is at chance on the validation split is trained once more with a
learning rate of 0.0002, as the old networks without normalisation need. So a network for which this
recipe is wrong, or which needs more examples, looks worse here than it is. (The project's own
network has the arguments that each task gives it.) Intervals are 95 %, by bootstrap over the test
examples: they do not hold what another seed would change.

Each result is a JSON file below --out, written whole; what is there is not run again, so a run can
be stopped at any time. Several processes may share --out with other --sets or another --part.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.console import Console
from sequence_sets import data_sets
from zoo_speed import Entry, entries, measure, speed
from zoo_table import METRICS, cell, print_tables

from seqcnn.api.evaluation import evaluate_values
from seqcnn.api.members import Trained, fit_member, predictor
from seqcnn.api.model import parameters_of
from seqcnn.api.train import read_data
from seqcnn.atomic import write_text
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings, resolve
from seqcnn.tasks import get_task
from seqcnn.tasks.task import Task, TaskData
from seqcnn.training.curves import best_thresholds
from seqcnn.training.devices import build_fabric, precision_of

DIMS = {"accessibility": 1, "binding": 1, "images": 2}
DRAWS = {"accessibility": 16_384, "binding": 24_576, "images": 10_240}
# Width of networks above so many multiply-adds, or parameters.
HEAVY = ((1600e6, 1e9, 0.25), (400e6, 20e6, 0.5))
# Validation metric, and the value that it must exceed not to be chance.
CHANCE = {"accessibility": ("auroc", 0.55), "binding": ("auroc", 0.55), "images": ("accuracy", 0.3)}
GENTLE = 2e-4  # learning rate of the second try
RECIPE: dict[str, Any] = {
    "optimizer": "adamw",
    "lr": 1e-3,
    "batch_size": 64,
    "seed": 0,
    "calibration": "none",
    "baselines": False,
}
PADDED = 200  # bp
VALIDATIONS = 10
WATCHED = 512  # validation examples looked at in each; the threshold of MCC sees all
# What can go wrong with one network and leave the others as they are.
FAILURES = (ValueError, RuntimeError, TypeError, LookupError, ArithmeticError, MemoryError)
QUIET = Console(quiet=True)


def sources(name: str, shared: Path, size: int) -> dict[str, Any]:
    """Settings of the data of a set."""
    if name == "images":
        fixed: dict[str, Any] = {"task": "images", "image_size": size, "resize": size * 36 // 32}
        fixed |= {"flip": False, "crops": "centre", "colour_noise": 0.0}
        return {**fixed, "val_share": 0.1, "test_share": 0.2}
    known = {data_set.name: data_set.settings for data_set in data_sets(shared)}
    if name == "accessibility":
        found = next(settings for settings in known.values() if "signal" in settings)
        return {**found, "target": "open", "window": 600}
    return {**known["tf/0"], "length": PADDED}


@cache
def read(name: str, shared: Path, size: int) -> tuple[Task, TaskData]:
    """A set's examples; `size` is of images."""
    settings = resolve(TrainSettings, None, {**RECIPE, **sources(name, shared, size)}, {})
    task = get_task(settings.task)
    return task, read_data(task, settings, QUIET)


def width_of(entry: Entry) -> float:
    """How wide a network is trained."""
    for multiply_adds, parameters, width in HEAVY:
        if entry.multiply_adds > multiply_adds or entry.parameters > parameters:
            return width
    return 1.0


def settings_of(name: str, entry: Entry, folder: Path, chosen: argparse.Namespace) -> TrainSettings:
    """The recipe for one network."""
    width = width_of(entry)
    steps = -(-chosen.draws[name] // RECIPE["batch_size"])
    flags = {
        **RECIPE,
        **sources(name, chosen.shared, entry.size),
        "model": entry.name,
        "model_arguments": {} if width == 1 else {"width": width},
        "out": folder,
        "max_steps": steps,
        "validate_every": -(-steps // VALIDATIONS),
        "patience": steps,
        "checkpoint_every": steps + 1,
        "threads": chosen.threads,
        "device": chosen.device,
    }
    return resolve(TrainSettings, None, flags, {})


def train_one(
    name: str, entry: Entry, chosen: argparse.Namespace, fabric: Fabric
) -> dict[str, Any]:
    """Train one network on one set and measure it on the test split."""
    task, data = read(name, chosen.shared, entry.size)
    val = data.splits["val"]
    some = np.sort(np.random.default_rng(0).permutation(len(val))[:WATCHED])
    watched = replace(data, splits={**data.splits, "val": val.subset(some)})
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=".training-", dir=chosen.out) as folder:
        settings = settings_of(name, entry, Path(folder), chosen)
        trained = fit_member(task, watched, settings, 0, fabric, QUIET)
        metric, limit = CHANCE[name]
        if trained.fit.stopped == "signal":
            raise SystemExit(143)
        if not max(row[f"val_{metric}"] for row in trained.fit.history) > limit:
            settings = settings.model_copy(update={"lr": GENTLE})
            trained = fit_member(task, watched, settings, 0, fabric, QUIET)
    if trained.fit.stopped == "signal":
        raise SystemExit(143)
    return {
        "metrics": _metrics(data, trained, settings, fabric),
        "width": width_of(entry),
        "lr": settings.lr,
        "train_loss": trained.fit.history[-1]["train_loss"],  # of the last tenth of the steps
        "history": trained.fit.history,
        "best_step": trained.fit.best_step,
        "steps": trained.fit.steps,
        "draws": trained.fit.steps * settings.batch_size,
        "trained_parameters": parameters_of(trained.network),
        "seconds": time.perf_counter() - began,
        "device": str(fabric.device),
        "precision": precision_of(fabric),
    }


def _metrics(
    data: TaskData, trained: Trained, settings: TrainSettings, fabric: Fabric
) -> dict[str, Any]:
    predict = predictor(data, settings, fabric)

    def values(split: str) -> np.ndarray:
        logits = predict([trained.network], data.splits[split]).mean(axis=0)
        return data.target.values(logits, None)

    thresholds = np.full(len(data.outputs), 0.5)
    if data.target.baselines == "binary":
        thresholds = best_thresholds(values("val"), data.splits["val"].targets)
    found = evaluate_values(
        data, "test", values("test"), thresholds=thresholds, seed=0, baselines=False
    )
    return dict(found.metrics.to_dict())


def train(chosen: argparse.Namespace) -> None:
    """Train what is not there yet, cheap networks first."""
    fabric = None
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    part, parts = (int(number) for number in chosen.part.split("/"))
    for name in chosen.sets:
        folder = chosen.out / name
        folder.mkdir(parents=True, exist_ok=True)
        listed = entries(DIMS[name], chosen.only, chosen.skip)
        for entry in listed[part - 1 :: parts]:
            path = folder / f"{entry.name}.json"
            if path.exists() and not (chosen.again and "error" in json.loads(path.read_text())):
                continue
            row: dict[str, Any] = {"set": name, **asdict(entry), **_machine()}
            # What is wrong with the data or the device is no network's failure.
            read(name, chosen.shared, entry.size)
            fabric = fabric or build_fabric(settings_of(name, entry, folder, chosen))
            began = time.perf_counter()
            try:
                row |= train_one(name, entry, chosen, fabric)
            except FAILURES as error:
                row["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
            write_text(path, json.dumps(row, indent=1))
            seconds = time.perf_counter() - began
            print(f"{name}, {entry.name}: {_told(name, row)}, {seconds:.0f} s", flush=True)


def _told(name: str, row: dict[str, Any]) -> str:
    if "error" in row:
        return str(row["error"])
    return ", ".join(f"{words} {cell(row, metric)}" for metric, words in METRICS[name].items())


def _machine() -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def baselines(chosen: argparse.Namespace) -> None:
    """Fit and measure what is no network, on all training examples, however few the draws."""
    folder = chosen.out / "baselines"
    folder.mkdir(parents=True, exist_ok=True)
    for name in chosen.sets:
        path = folder / f"{name}.json"
        if path.exists():
            continue
        _, data = read(name, chosen.shared, 32)
        target = data.target
        parts = [data.splits[split] for split in ("train", "val", "test")]
        targets = [target.comparable(part.targets, part.targets)[1] for part in parts]
        made = data.encoding.baselines(
            parts, targets, target, outputs=len(data.outputs), neighbours=True, seed=0
        )
        rows = {}
        for baseline, scored in made.items():
            thresholds = np.full(len(data.outputs), 0.5)
            if target.baselines == "binary":
                thresholds = best_thresholds(scored.validation, targets[1][scored.validation_rows])
            measured = target.measure(
                scored.scores,
                parts[2].targets,
                thresholds=thresholds,
                groups=parts[2].groups(),
                seed=0,
            )
            row = {"metrics": measured.to_dict(), "seconds": scored.seconds}
            rows[baseline] = {**row, "settings": scored.settings}
            print(f"{name}, {baseline}: {_told(name, row)}, {scored.seconds:.0f} s", flush=True)
        sizes = {split: len(part) for split, part in data.splits.items()}
        write_text(path, json.dumps({"sizes": sizes, "rows": rows}, indent=1))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    here = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    added = {name: modes.add_parser(name) for name in ("train", "baselines", "speed", "table")}
    for name, mode in added.items():
        mode.add_argument("--out", type=Path, required=True, help="folder of all results")
        if name in ("train", "baselines"):
            mode.add_argument("--shared", type=Path, default=here.parent / "shared" / "data")
            mode.add_argument("--sets", nargs="+", choices=list(DIMS), default=list(DIMS))
        if name in ("train", "speed"):
            mode.add_argument("--only", nargs="+", default=[], metavar="NAME")
            mode.add_argument("--skip", nargs="+", default=[], metavar="NAME")
            mode.add_argument("--again", action="store_true", help="run what failed once more")
    for mode in (added["train"], added["speed"], modes.add_parser("measure")):
        mode.add_argument("--threads", type=int, default=0, help="0 = all cores")
        mode.add_argument("--device", default="auto")
    added["train"].add_argument("--part", default="1/1", help="1/2: every second network")
    added["train"].add_argument("--draws", type=int, help="examples drawn, in every set")
    for name, number in DRAWS.items():
        added["train"].add_argument(f"--draws-{name}", type=int, default=number)
    added["speed"].add_argument("--dims", nargs="+", type=int, choices=(1, 2), default=[1, 2])
    one = modes.choices["measure"]
    one.add_argument("name")
    one.add_argument("dim", type=int)
    one.add_argument("size", type=int)
    one.add_argument("--idle", action="store_true")
    chosen = parser.parse_args()
    if chosen.mode == "train":
        chosen.draws = {name: chosen.draws or getattr(chosen, f"draws_{name}") for name in DRAWS}
    return chosen


def main() -> None:
    """Do what is asked."""
    chosen = arguments()
    if chosen.mode == "measure":  # how `speed` calls itself
        options = {"device": chosen.device, "threads": chosen.threads, "idle": chosen.idle}
        print(json.dumps(measure(chosen.name, chosen.dim, chosen.size, **options)))
        return
    needs = [name for name in getattr(chosen, "sets", []) if name != "images"]
    if needs and not (chosen.shared / "regulatory").is_dir():
        sys.exit(f"{chosen.shared}: no folder 'regulatory' in it; name the data with --shared")
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.mode in ("train", "baselines"):
        try:
            train(chosen) if chosen.mode == "train" else baselines(chosen)
        except InputError as error:
            sys.exit(str(error))
    elif chosen.mode == "speed":
        listed = [one for dim in chosen.dims for one in entries(dim, chosen.only, chosen.skip)]
        options_given = ["--threads", str(chosen.threads), "--device", chosen.device]
        speed(Path(__file__), chosen.out, listed, options_given, chosen.again)
    else:
        print_tables(chosen.out)


if __name__ == "__main__":
    main()

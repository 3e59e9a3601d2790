"""Train on a task's data, calibrate, measure, and write bundle and report."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import nn

from seqcnn.api import folder as files
from seqcnn.api.begun import begun_with, is_begun, may_go_on
from seqcnn.api.calibration_error import calibration_error
from seqcnn.api.distances import fit_bundle_distance
from seqcnn.api.evaluation import CNN, Evaluation, evaluate_values
from seqcnn.api.members import Trained, architecture, fit_member, predictor
from seqcnn.api.model import parameters_of
from seqcnn.api.report import write_report
from seqcnn.data import notebook
from seqcnn.data.leakage import LeakageReport
from seqcnn.errors import InputError
from seqcnn.models import check_arguments
from seqcnn.settings import TrainSettings, read_config, resolve
from seqcnn.tasks import TASKS, get_task
from seqcnn.tasks.encoding import Dataset
from seqcnn.tasks.target import part_targets
from seqcnn.tasks.task import Task, TaskData, require_variety
from seqcnn.training.bundle import Bundle
from seqcnn.training.calibrate import Calibration, fit_calibration
from seqcnn.training.curves import best_thresholds
from seqcnn.training.devices import build_fabric
from seqcnn.training.distributed import leave_group
from seqcnn.training.fit import FitResult
from seqcnn.version import __version__

NO_LEAKAGE = "leakage: no overlaps, duplicates or near duplicates between the splits"


@dataclass(frozen=True)
class TrainResult:
    """Where the results are, and the numbers."""

    folder: Path
    bundle: Path
    report: Path
    evaluation: Evaluation
    fits: tuple[FitResult, ...]

    def __repr__(self) -> str:
        return f"TrainResult({str(self.folder)!r}, {self.evaluation!r})"

    def _repr_html_(self) -> str:
        where = {"bundle": str(self.bundle), "report": str(self.report)}
        steps = ", ".join(f"{fit.best_step:,} of {fit.steps:,}" for fit in self.fits)
        where["best step"] = steps
        parts = self.evaluation.html_parts()
        title = f"Trained, measured on {self.evaluation.split}"
        return notebook.shown(title, *parts, notebook.facts(where))


def train(*, config: Path | None = None, quiet: bool = True, **flags: Any) -> TrainResult:
    """Train as `seqcnn train` does; keyword arguments are its settings (see `TrainSettings`).

    Example: `seqcnn.train(task="binding", table="train.csv", test_table="test.csv", out="run")`.

    Raises:
        InputError: a file or setting cannot be used.
        SystemExit: the run was stopped by a signal; `resume=True` continues it.
    """
    began = time.perf_counter()
    settings, task, is_demo = resolve_settings(config, flags)
    assert settings.out is not None
    if settings.go_on and settings.resume:
        raise InputError("--go-on and --resume: --go-on resumes where it can; leave --resume out")
    fabric = build_fabric(settings)
    console = Console(quiet=quiet or not fabric.is_global_zero, highlight=False)
    # Every process looks, so that all of them stop where one would.
    files.check_run_folder(
        settings.out,
        resume=settings.resume,
        overwrite=settings.overwrite or (settings.go_on and may_go_on(settings.out)),
    )
    fabric.barrier()
    if is_demo:
        console.print(f"No data was named: this is {task.demo_words}.")
    data = read_data(task, settings, console)
    if settings.go_on:
        begun = begun_with(settings, data.files)
        settings.resume = is_begun(settings.out, begun)
        fabric.barrier()  # every process has looked before the first one writes
        if settings.resume:
            console.print(f"{settings.out}: goes on from its checkpoint", soft_wrap=True)
    leakage = data.encoding.leakage(data.splits)
    _print_leakage(leakage, console)
    files.make_folder(settings.out)
    if fabric.is_global_zero:
        if not settings.resume:
            files.clear_folder(settings.out)
        yaml_text = files.write_settings(settings.out, settings)
        if settings.go_on:
            files.write_json(settings.out / files.BEGUN, begun)
        files.write_json(settings.out / "leakage.json", leakage.to_dict())

    members: list[Trained] = []
    for number in range(settings.ensemble):
        members.append(fit_member(task, data, settings, number, fabric, console))
        if members[-1].fit.stopped == "signal":
            console.print(
                f"Stopped by a signal; continue with: --resume --out {settings.out}", soft_wrap=True
            )
            raise SystemExit(143)
    leave_group()
    if not fabric.is_global_zero:
        raise SystemExit(0)

    predict = predictor(data, settings, fabric)
    calibration, thresholds = _calibrate(data, members, settings, predict)
    split = "test" if "test" in data.splits else "val"
    logits = predict([member.network for member in members], data.splits[split])
    console.print(f"Measuring on the {split} split" + (" beside baselines" * settings.baselines))
    evaluation = evaluate_values(
        data,
        split,
        data.target.values(logits.mean(axis=0), calibration),
        thresholds=thresholds,
        seed=settings.seed,
        baselines=settings.baselines,
    )
    console.print(f"{split}: {evaluation.headline(data)}", soft_wrap=True)
    for _, sentence in evaluation.verdicts():
        console.print(sentence, soft_wrap=True)
    card = _card(task, data, settings, members, evaluation, calibration, thresholds)
    distance = fit_bundle_distance(
        members[0].network,
        data.encoding,
        data.splits["train"],
        data.splits["val"],
        seed=settings.seed,
        batch_size=max(256, settings.batch_size),
        device=fabric.device,
    )
    card["distance"] = distance.to_dict()
    bundle = settings.out / files.BUNDLE
    states = tuple(member.network.state_dict() for member in members)
    Bundle(card, states, distance=distance.tensors()).save(bundle)
    error = calibration_error(data, evaluation.targets, logits.mean(axis=0), calibration)
    results = {**evaluation.to_dict(), "calibration_error": error}
    files.write_json(settings.out / files.RESULTS, results)
    report = settings.out / files.REPORT
    write_report(
        report,
        task=task,
        data=data,
        settings=settings,
        settings_text=yaml_text,
        card=card,
        members=members,
        logits=logits,
        evaluation=evaluation,
        calibration=calibration,
        leakage=leakage,
        fabric=fabric,
        threads=torch.get_num_threads(),
        seconds=sum(one.fit.seconds_before for one in members) + time.perf_counter() - began,
    )
    return TrainResult(settings.out, bundle, report, evaluation, tuple(m.fit for m in members))


def _print_leakage(leakage: LeakageReport, console: Console) -> None:
    """What is wrong, or in one line that nothing is; leakage.json and the report have it all."""
    wrong = [finding for finding in leakage.findings if finding.severity != "ok"]
    for finding in wrong:
        console.print(f"leakage, {finding.severity}: {finding.sentence}", soft_wrap=True)
    for note in leakage.notes:
        console.print(f"leakage: {note}", soft_wrap=True)
    if leakage.findings and not wrong:
        console.print(NO_LEAKAGE)


def resolve_settings(
    config: Path | None, flags: dict[str, Any]
) -> tuple[TrainSettings, Task, bool]:
    """The settings of a run, its task, and whether it falls back on the demo data."""
    if flags.get("resume") and config is None and flags.get("out"):
        # What a run was told the first time need not be told again.
        begun = Path(flags["out"]) / files.SETTINGS
        config = begun if begun.exists() else None
    given = {**read_config(config), **flags}
    task = get_task(str(given.get("task", "accessibility")))
    _refuse_other_data(task, given)
    demo = task.demo_settings(given)
    settings = resolve(TrainSettings, config, flags, {**task.defaults, **demo})
    changes: dict[str, Any] = {}
    if settings.out is None:
        changes["out"] = Path("runs") / task.name
    if settings.model == "auto":
        changes["model"] = task.models.get(settings.encoder, task.model)
    if settings.stranded and "shift" not in given:
        changes["shift"] = 0  # stranded sequences are mostly aligned to a site
    settings = settings.model_copy(update=changes)
    check_arguments(settings.model, settings.model_arguments)
    return settings, task, bool(demo)


def _refuse_other_data(task: Task, given: dict[str, Any]) -> None:
    for name, value in given.items():
        others = [other.name for other in TASKS.values() if name in other.sources]
        if value and others and name not in task.sources:
            raise InputError(
                f"--{name} is data of --task {' or '.join(others)}, and this is --task {task.name}"
            )
    if given.get("splits") and "genome" not in task.sources:
        raise InputError(
            f"--splits {given['splits']}: is for windows of a --genome, and --task {task.name} "
            "has none; leave it out"
        )


def read_data(task: Task, settings: TrainSettings, console: Console) -> TaskData:
    """The task's examples, with what was noticed printed."""
    data = task.read(settings)
    if settings.subset and len(data.splits["train"]) > settings.subset:
        random = np.random.default_rng(settings.split_seed)
        rows = np.sort(random.permutation(len(data.splits["train"]))[: settings.subset])
        data.splits["train"] = data.splits["train"].subset(rows)
    require_variety(data)
    for finding in data.findings:
        console.print(f"{finding.level}: {finding.message}", soft_wrap=True)
    if data.negatives is not None:
        for line in data.negatives.lines():
            console.print(line, soft_wrap=True)
    sizes = ", ".join(f"{split} {len(found):,}" for split, found in data.splits.items())
    console.print(f"{task.name}: {len(data.outputs)} outputs, {data.encoding.words}; {sizes}")
    return data


def _calibrate(
    data: TaskData,
    members: list[Trained],
    settings: TrainSettings,
    predict: Callable[[list[nn.Module], Dataset], np.ndarray],
) -> tuple[Calibration | None, np.ndarray]:
    """Calibration and thresholds, chosen on validation examples only."""
    half = np.full(len(data.outputs), 0.5)
    if not data.target.probabilities:
        return None, half
    val = data.splits["val"]
    logits = predict([member.network for member in members], val).mean(axis=0)
    columns, part = data.target.parts(len(data.outputs))[0]
    observed = part_targets(val.targets, columns)
    _, targets = part.comparable(observed, observed)
    calibration = fit_calibration(
        logits[:, columns],
        targets,
        kind=settings.calibration,
        groups=val.groups(),
        seed=settings.seed,
    )
    if part.baselines != "binary":
        return calibration, half
    return calibration, best_thresholds(calibration.apply(logits[:, columns]), targets)


def _card(
    task: Task,
    data: TaskData,
    settings: TrainSettings,
    members: list[Trained],
    evaluation: Evaluation,
    calibration: Calibration | None,
    thresholds: np.ndarray,
) -> dict[str, Any]:
    return {
        "seqcnn": __version__,
        "architecture": architecture(task, data, settings),
        "parameters": parameters_of(members[0].network),
        "task": {
            "name": task.name,
            "target": data.target.to_dict(),
            # Folders are for run.yaml: a bundle goes to other machines.
            "settings": files.names_only(
                settings.model_dump(mode="json", exclude=files.BEGINNINGS)
            ),
        },
        "channels": list(data.encoding.channels),
        "outputs": list(data.target.columns(data.outputs)),
        "encoder": data.encoding.to_dict(),
        "data": files.describe_files(data.files),
        "split": {split: len(examples) for split, examples in data.splits.items()},
        "metrics": {evaluation.split: evaluation.to_dict()[CNN]["mean"]},
        "calibration": calibration.to_dict() if calibration else None,
        "thresholds": thresholds.tolist(),
        "licence": "that of the training data; seqcnn itself is MIT",
        "created": files.now(),
        **data.card,
    }

"""The runs of `seqcnn report`: what their folders, bundles and evaluations say."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.api.begun import FREE
from seqcnn.api.collect_paths import Given, read_json
from seqcnn.api.evaluation import CNN
from seqcnn.api.folder import BUNDLE, REPORT, RESULTS, SETTINGS, names_only
from seqcnn.errors import InputError
from seqcnn.report.collected_records import Curve, Run
from seqcnn.report.records import Interval
from seqcnn.settings import DataSettings, TrainSettings, read_config
from seqcnn.tasks.targets import target_from
from seqcnn.training.bundle import read_card

# Settings that say where or how fast, and the seed: runs that differ in these alone are repeats.
UNTOLD = {"seed", *FREE}
# Data settings that do not change which examples the test split has, nor their labels.
NOT_OF_TEST = {
    *("subset", "train_stride", "downsample", "balance", "images_folder", "processes", "strength"),
    *("encoder", "scheme", "rows", "columns", "ambiguous", "stranded", "loss", "flip", "crops"),
    *("image_size", "resize", "colour"),
}
Address = Callable[[Path], str | None]


def read_runs(given: Sequence[Given], address: Address) -> list[Run]:
    """A `Run` of each run folder, bundle and evaluation, named so that none is named twice.

    `address` gives the link to a file, None where it is absent.

    Raises:
        InputError: a file of a run cannot be read, or is not what seqcnn writes.
    """
    readers = {"run": _run, "bundle": _bundle, "evaluation": _evaluation}
    # Runs first: of an evaluation that measures the same again only new baselines are kept.
    chosen = sorted((one for one in given if one.kind in readers), key=lambda o: o.kind != "run")
    names = short_names([one.path for one in chosen])
    runs: list[Run] = []
    settings: list[Mapping[str, Any]] = []
    for one, name in zip(chosen, names, strict=True):
        try:
            run, told = readers[one.kind](one.path, address)
        except InputError as error:
            if str(one.path) in str(error):
                raise
            raise InputError(f"{one.path}: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{one.path}: not as this seqcnn writes it ({type(error).__name__}: {error}); "
                "make it again, or leave it out"
            ) from None
        run = replace(run, name=name.removesuffix(".json"))
        known = next((at for at, other in enumerate(runs) if _same(run, other)), None)
        if one.kind != "run" and known is not None:
            runs[known] = _with_baselines(runs[known], run)
            continue
        runs.append(run)
        settings.append(told)
    return _grouped(runs, settings)


def _same(one: Run, other: Run) -> bool:
    """Whether an evaluation tells again what a run has told."""
    return bool(one.made) and (one.made, one.data_key) == (other.made, other.data_key)


def _with_baselines(run: Run, evaluation: Run) -> Run:
    """A run, with baselines of which only its evaluation tells."""
    if not evaluation.baselines.keys() > run.baselines.keys():
        return run
    return replace(
        run,
        baselines=evaluation.baselines,
        baseline=evaluation.baseline,
        gain=evaluation.gain,
    )


def short_names(paths: Sequence[Path]) -> list[str]:
    """The last parts of each path, as many as tell it from the others."""
    parts = [path.resolve().parts for path in paths]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def _run(folder: Path, address: Address) -> tuple[Run, Mapping[str, Any]]:
    results = read_json(folder / RESULTS)
    card = read_card(folder / BUNDLE) if (folder / BUNDLE).is_file() else {}
    settings = read_config(folder / SETTINGS) if (folder / SETTINGS).is_file() else {}
    settings = settings or card["task"]["settings"]
    if not card:
        card = {"task": {"name": settings["task"], "settings": settings}}
    run = _measured(results, card, settings)
    leakage = folder / "leakage.json"
    verdict = _leakage(read_json(leakage)) if leakage.is_file() else run.leakage
    curves, minutes = _history(folder, run.monitor)
    link = address(folder / REPORT)
    return replace(run, link=link, leakage=verdict, curves=curves, minutes=minutes), settings


def _bundle(path: Path, address: Address) -> tuple[Run, Mapping[str, Any]]:
    card = read_card(path)
    metrics = card.get("metrics", {})
    split = next(iter(metrics), "test")
    results = {"split": split, CNN: {"mean": metrics.get(split, {}), "rows": 0}}
    settings = card["task"].get("settings", {})
    run = _measured(results, card, settings)
    return replace(run, examples=card.get("split", {}).get(split, 0)), settings


def _evaluation(path: Path, address: Address) -> tuple[Run, Mapping[str, Any]]:
    results = read_json(path)
    card = results.get("bundle", {})
    settings = {**card.get("task", {}).get("settings", {}), **results.get("data_settings", {})}
    run = _measured(results, {**card, "data": results.get("data", [])}, settings)
    return replace(run, evaluation=True), settings


def _measured(results: Any, card: Mapping[str, Any], settings: Mapping[str, Any]) -> Run:
    """What results.json, or its like, and the card say."""
    ours = results[CNN]
    metrics = _intervals(ours["mean"])
    baselines = {
        name: _intervals(one["mean"]) for name, one in results.get("baselines", {}).items()
    }
    gains = results.get("gains", {})
    task = card.get("task", {})
    primary, monitor = _primary(task, gains, metrics)
    known = {name: one[primary][0] for name, one in baselines.items() if primary in one}
    best = max(known, key=lambda name: np.nan_to_num(known[name], nan=-np.inf), default=None)
    gain = gains.get(best, {}).get(primary)
    ece = results.get("calibration_error")
    note = str(card.get("note", ""))
    return Run(
        name="", link=None,
        task=str(task.get("name", "?")),
        network=str(card.get("architecture", {}).get("name") or settings.get("model", "?")),
        group="",
        data=_data_words(card.get("data", []), settings),
        data_key=_data_key(results, card, settings),
        split=str(results["split"]),
        examples=int(ours.get("rows", 0)),
        outputs=len(card.get("outputs", ())) or len(ours.get("names", ())),
        primary=primary,
        metrics=metrics,
        baselines=baselines,
        baseline=best,
        gain=_interval(gain) if gain else None,
        ece=(float(ece["before"]), float(ece["after"])) if ece else None,
        seed=None if settings.get("seed") is None else int(settings["seed"]),
        parameters=card.get("parameters"),
        members=int(card.get("members", 1)),
        monitor=monitor,
        note=note,
        made=f"{card['created']} {settings.get('seed')}" if "created" in card else "",
    )  # fmt: skip


def _primary(
    task: Mapping[str, Any], gains: Mapping[str, Any], metrics: Mapping[str, Interval]
) -> tuple[str, str]:
    """The metric that networks are compared by, and the one watched in training."""
    if "target" in task:
        target = target_from(task["target"])
        if target.primary in metrics:
            return target.primary, target.monitor
        monitor = target.monitor
    else:
        monitor = ""
    named = [*(name for one in gains.values() for name in one), *metrics]
    return (named[0] if named else "auroc"), monitor


def _interval(values: Sequence[float | None]) -> Interval:
    value, low, high = (float("nan") if one is None else float(one) for one in values)
    return value, low, high


def _intervals(found: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: _interval(values) for name, values in found.items()}


def _leakage(content: Any) -> str:
    return str(content["severity"]) if content.get("findings") else "not checked"


def _history(folder: Path, monitor: str) -> tuple[list[Curve], float | None]:
    """How each network learned, and the minutes that took together."""
    files = [folder / "metrics.csv", *sorted(folder.glob("member_*/metrics.csv"))]
    curves, seconds = [], 0.0
    for file in files:
        if not file.is_file():
            continue
        with file.open(newline="", encoding="utf-8") as opened:
            rows = list(csv.DictReader(opened))
        if not rows:
            continue
        curves.append(
            Curve(*(_column(rows, name) for name in ("step", f"val_{monitor}", "val_loss")))
        )
        seconds += float(np.nanmax(np.append(_column(rows, "seconds"), 0.0)))
    return curves, seconds / 60 if seconds else None


def _column(rows: Sequence[Mapping[str, str]], name: str) -> np.ndarray:
    return np.array([float(row.get(name) or "nan") for row in rows], np.float64)


def _data_words(files: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    """The files of the data in a few words."""
    names = [str(one["name"]) for one in files]
    if not names:
        return str(settings.get("task", "")) or "not stated"
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _data_key(results: Any, card: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """The same for runs that were measured on the same examples."""
    settings = names_only(dict(settings))
    names = set(DataSettings.model_fields) - NOT_OF_TEST
    default = {name: DataSettings.model_fields[name].default for name in names}
    told = {name: settings.get(name, default[name]) for name in sorted(names)}
    counts = results[CNN].get("counts", results[CNN].get("rows"))
    files = sorted(str(one.get("sha256")) for one in card.get("data", []))
    everything = [results["split"], files, told, counts, list(card.get("outputs", ()))]
    return sha256(json.dumps(everything, default=str).encode()).hexdigest()


def _grouped(runs: Sequence[Run], settings: Sequence[Mapping[str, Any]]) -> list[Run]:
    """The runs with the name of their group: the network, and settings in which runs differ."""
    told = [
        {name: json.dumps(names_only(value)) for name, value in one.items() if name not in UNTOLD}
        for one in settings
    ]
    grouped = []
    for run, mine in zip(runs, told, strict=True):
        alike = [
            other
            for one, other in zip(runs, told, strict=True)
            if (one.task, one.data_key, one.network) == (run.task, run.data_key, run.network)
        ]
        differing = [
            name
            for name in TrainSettings.model_fields
            if name not in ("model", "task") and len({other.get(name) for other in alike}) > 1
        ]
        words = [f"{name} {_word(mine.get(name))}" for name in differing]
        grouped.append(replace(run, group=", ".join([run.network, *words])))
    return grouped


def _word(value: str | None) -> str:
    """A setting as it was written in JSON, for people."""
    if value is None:
        return "default"
    plain = json.loads(value)
    if isinstance(plain, dict):
        return " ".join(f"{key}={one}" for key, one in plain.items()) or "none"
    if isinstance(plain, list):
        return " ".join(map(str, plain)) or "none"
    return str(plain)

"""Print how accurate networks are on real data, beside 6-mer and GC baselines.

    python benchmarks/sequence_accuracy.py --out FOLDER [--only gue] [--models default,basset]

Each run is `seqcnn.train` with the settings of `sequence_sets.py`, as the command line would do it,
and keeps its folder below --out. Runs that have ended are read back, not run again; a run that was
stopped goes on from its checkpoint. Intervals are 95 %, by bootstrap over the test examples.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from sequence_sets import DataSet, data_sets

import seqcnn

GROUPS = ("dnase", "deepbind", "gue", "pbmc", "yeast")
NAMES = {"auroc": "AUROC", "auprc": "AUPRC", "mcc": "MCC", "pearson": "Pearson"}
COLUMNS = (
    *("data set", "model", "metric", "CNN [95 %]", "6-mer [95 %]", "GC [95 %]"),
    *("CNN - 6-mer, paired [95 %]", "published", "seeds", "seconds"),
)
SMALLEST = {"basset": 168}  # bp; shorter sequences are padded for it, windows widened
SECONDS = "benchmark.json"  # beside results.json: how long the run took


def run(data_set: DataSet, model: str, folder: Path, extra: dict[str, Any]) -> dict[str, Any]:
    """The run's results.json, from the folder where it has ended, else by training."""
    results = folder / "results.json"
    if not results.exists():
        # A folder without a checkpoint was stopped before its first one: begin it again.
        resume = any(folder.rglob("checkpoint.safetensors"))
        settings = {**data_set.settings, **extra, "out": folder}
        if model != "default":
            settings["model"] = model
        if data_set.short and model in SMALLEST:
            settings.setdefault("length", SMALLEST[model])
        print(f"{data_set.name}, {model}{', resumed' if resume else ''}", file=sys.stderr)
        before = _seconds(folder) if resume else 0.0
        began = time.perf_counter()
        try:
            seqcnn.train(**settings, resume=resume, overwrite=not resume and folder.exists())
        finally:
            folder.mkdir(parents=True, exist_ok=True)
            spent = before + time.perf_counter() - began
            (folder / SECONDS).write_text(json.dumps({"seconds": spent}), encoding="utf-8")
    found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return found


def rows(data_set: DataSet, model: str, folder: Path, found: dict[str, Any]) -> Iterator[list[str]]:
    """Cells of the table, a row for each metric of a run."""
    chosen = yaml.safe_load((folder / "run.yaml").read_text(encoding="utf-8"))
    baselines, gains = found.get("baselines", {}), _gains(found)
    kmer, gc = _named(baselines, "mer"), _named(baselines, "gc")
    shown = model if model != "default" else f"default ({chosen['model']})"
    if chosen["length"]:
        shown += f", {chosen['length']} bp"
    first = int(chosen["seed"])
    seeds = ", ".join(str(first + member) for member in range(int(chosen["ensemble"])))
    for metric in data_set.metrics:
        if metric not in found["CNN"]["mean"]:  # of another target than the run's
            continue
        published = "-"
        if data_set.reference is not None and data_set.reference[0] == metric:
            published = f"{data_set.reference[1]:.3f} ({data_set.reference[2]})"
        yield [
            data_set.name,
            shown,
            NAMES[metric],
            _cell(found["CNN"]["mean"].get(metric)),
            _cell(baselines.get(kmer, {}).get("mean", {}).get(metric)),
            _cell(baselines.get(gc, {}).get("mean", {}).get(metric)),
            _cell(gains.get(kmer, {}).get(metric), signed=True),
            published,
            seeds,
            f"{_seconds(folder):.0f}",
        ]


def means(table: list[list[str]], values: dict[tuple[str, str, str], list[float]]) -> None:
    """Add the mean over a group's data sets where there are several."""
    for (group, model, metric), found in values.items():
        if len(found) > 1:
            mean = f"{statistics.fmean(found):.3f}"
            cells = [f"mean of {len(found)}: {group}", model, NAMES[metric], mean]
            table.append(cells + ["-"] * (len(COLUMNS) - len(cells)))


def _gains(found: dict[str, Any]) -> dict[str, dict[str, list[float | None]]]:
    """Paired differences by baseline and metric; older runs have them of one metric."""
    if "gains" in found:
        return dict(found["gains"])
    return {name: {found["primary"]: gain} for name, gain in found.get("gain over", {}).items()}


def _named(baselines: dict[str, Any], part: str) -> str:
    return next((name for name in baselines if part in name.lower()), "")


def _cell(interval: list[float | None] | None, *, signed: bool = False) -> str:
    """`0.912 [0.903, 0.921]`, or a dash."""
    if not interval or interval[0] is None:
        return "-"
    value, low, high = (math.nan if number is None else number for number in interval)
    sign = "+" if signed else ""
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _seconds(folder: Path) -> float:
    path = folder / SECONDS
    return float(json.loads(path.read_text())["seconds"]) if path.exists() else 0.0


def arguments() -> argparse.Namespace:
    """What the command line says."""
    here = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=GROUPS, help="may be repeated")
    parser.add_argument("--match", default="", help="only data sets with this in their name")
    parser.add_argument("--models", default="default,basset", help="default = the task's own")
    parser.add_argument("--out", type=Path, required=True, help="keeps the folder of every run")
    parser.add_argument("--shared", type=Path, default=here.parent / "shared" / "data")
    parser.add_argument("--table-only", action="store_true", help="of the runs that have ended")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of every run"
    )
    return parser.parse_args()


def main() -> None:
    """Run what is missing and print the table."""
    chosen = arguments()
    extra = {
        name: yaml.safe_load(value) for name, value in (one.split("=", 1) for one in chosen.set)
    }
    if not (chosen.shared / "regulatory").is_dir():
        sys.exit(f"{chosen.shared}: no folder 'regulatory' in it; name the data with --shared")
    chosen.out.mkdir(parents=True, exist_ok=True)
    table: list[list[str]] = []
    values: dict[tuple[str, str, str], list[float]] = {}
    for data_set in data_sets(chosen.shared):
        if chosen.only and data_set.group not in chosen.only:
            continue
        if chosen.match not in data_set.name:
            continue
        for model in chosen.models.split(","):
            folder = chosen.out / f"{data_set.folder}_{model}"
            if chosen.table_only and not (folder / "results.json").exists():
                continue
            try:
                found = run(data_set, model, folder, extra)
            except seqcnn.InputError as error:
                print(f"{data_set.name}, {model}: {error}", file=sys.stderr)
                continue
            table += rows(data_set, model, folder, found)
            for metric in data_set.metrics:
                value = (found["CNN"]["mean"].get(metric) or [None])[0]
                if value is not None and data_set.group != "dnase":
                    values.setdefault((data_set.group, model, metric), []).append(value)
    means(table, values)
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---|---|---|" + "--:|" * (len(COLUMNS) - 3))
    for cells in table:
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

"""The Markdown tables of zoo.py, from the JSON files that its other modes wrote."""

import json
from pathlib import Path
from typing import Any

METRICS = {  # of each set, the first one stands in the table of the twins
    "accessibility": {"auroc": "AUROC", "auprc": "AUPRC"},
    "binding": {"auroc": "AUROC", "mcc": "MCC"},
    "images": {"accuracy": "accuracy"},
}
SETS = {1: ("accessibility", "binding"), 2: ("images",)}
USUAL = 1e-3  # learning rate of the first try
WIDTHS = {1.0: "1", 0.5: "1/2", 0.25: "1/4"}
TWINS = ("plain20", "resnet20", "plain56", "resnet56")
Rows = dict[str, dict[str, Any]]


def print_tables(out: Path) -> None:
    """Print all tables, of what is there."""
    trained = {name: _rows(out / name) for name in METRICS}
    baselines = {name: _baselines(out, name) for name in METRICS}
    speeds = {dim: _rows(out / "speed", f"{dim}d_") for dim in SETS}
    for dim, names in SETS.items():
        print(f"## {dim}-D\n")
        _table(dim, {name: trained[name] for name in names}, baselines, speeds[dim])
    print("## Plain and residual twins\n")
    _twins(trained)
    _notes(out, trained, speeds)


def cell(row: dict[str, Any], metric: str) -> str:
    """`.912 [.903, .921]`, or a dash; a dagger after what the second, gentler try gave."""
    found = row.get("metrics", {}).get("mean", {}).get(metric)
    if not found or found[0] is None:
        return "-"
    value, low, high = ("" if one is None else f"{one:.3f}".replace("0.", ".") for one in found)
    mark = " †" if row.get("lr", USUAL) < USUAL else ""
    return (f"{value} [{low}, {high}]" if low else value) + mark


def _rows(folder: Path, prefix: str = "") -> Rows:
    return {
        path.stem.removeprefix(prefix): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"{prefix}*.json"))
    }


def _baselines(out: Path, name: str) -> Rows:
    path = out / "baselines" / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))["rows"]) if path.exists() else {}


def _table(dim: int, trained: dict[str, Rows], baselines: dict[str, Rows], speeds: Rows) -> None:
    measured = [
        (name, metric, f"{name}, {words} [95 %]")
        for name in trained
        for metric, words in METRICS[name].items()
    ]
    millions = "multiply-adds, millions"
    places = [f"{millions}, at 600 bp"] if dim == 1 else ["pixels on a side", millions]
    costs = ["train seq/s", "predict seq/s", "peak memory, MB"]
    _heading(
        [
            "network",
            "trained width",
            "parameters",
            *places,
            *costs,
            *(words for *_, words in measured),
        ]
    )
    known = [*speeds.items(), *(item for rows in trained.values() for item in rows.items())]
    # What is in several files is the same in all of them.
    costly: Rows = {name: row for name, row in reversed(known) if row.get("parameters")}
    names = sorted(dict(known), key=lambda one: (costly.get(one, {}).get("parameters", 0), one))
    for name in names:
        row, timed = costly.get(name, {}), speeds.get(name, {})
        work = row["multiply_adds"] / 1e6 if row else None
        side = [] if dim == 1 else [str(row["size"]) if row else "-"]
        width = next(
            (rows[name]["width"] for rows in trained.values() if "width" in rows.get(name, {})),
            None,
        )
        _line(
            [name, WIDTHS.get(width, "-"), _number(row.get("parameters")), *side, _number(work)]
            + [_number(timed.get("train")), _number(timed.get("predict"))]
            + [_number(timed["peak"] / 1e6 if "peak" in timed else None)]
            + [cell(trained[which].get(name, {}), metric) for which, metric, _ in measured]
        )
    for name in dict.fromkeys(name for which in trained for name in baselines[which]):
        found = [cell(baselines[which].get(name, {}), metric) for which, metric, _ in measured]
        _line([name, *["-"] * (2 + len(places) + len(costs)), *found])
    print()


def _twins(trained: dict[str, Rows]) -> None:
    columns = ["network"]
    for name, metrics in METRICS.items():
        columns += [f"{name}, training loss", f"{name}, {next(iter(metrics.values()))} [95 %]"]
    _heading(columns)
    for twin in TWINS:
        cells = [twin]
        for name, metrics in METRICS.items():
            row = trained[name].get(twin, {})
            cells.append(f"{row['train_loss']:.4f}" if "train_loss" in row else "-")
            cells.append(cell(row, next(iter(metrics))))
        _line(cells)
    print()


def _notes(out: Path, trained: dict[str, Rows], speeds: dict[int, Rows]) -> None:
    """How it was measured, and what failed."""
    for name, rows in trained.items():
        draws = sorted({f"{row['draws']:,}" for row in rows.values() if "draws" in row})
        if draws:
            hours = sum(row.get("seconds", 0) for row in rows.values()) / 3600
            print(f"- {name}: {' or '.join(draws)} draws a network, {hours:.1f} h in all.")
    machines = {
        f"{row['device']}, {row['threads']} threads, {row['precision']}"
        for rows in speeds.values()
        for row in rows.values()
        if "train" in row
    }
    if machines:
        print(
            "- Parameters, speed and memory: 10 outputs, 4 channels (3 in 2-D, where the digits "
            "have 1), batches of 64; "
            f"{'; '.join(sorted(machines))}. Memory is that of training above a process with "
            "nothing but the package and a tiny network."
        )
    drift = out / "speed" / "drift.json"
    if drift.exists():
        found = json.loads(drift.read_text(encoding="utf-8"))
        if "train" in found["last"]:
            change = found["last"]["train"] / found["first"]["train"] - 1
            print(f"- {found['name']} measured again at the end: training {change:+.1%}.")
    failed = [(name, rows) for name, rows in trained.items()]
    failed += [(f"speed, {dim}-D", rows) for dim, rows in speeds.items()]
    for where, rows in failed:
        for name, row in rows.items():
            if "error" in row:
                print(f"- {name} ({where}): {row['error']}")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _heading(columns: list[str]) -> None:
    _line(columns)
    print("|---|" + "--:|" * (len(columns) - 1))


def _line(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |")

"""The section of runs on a page over many results: tables, pictures and findings of each task."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from seqcnn.report import words
from seqcnn.report.collected_figures import learning_curves, metric_dots, run_dots
from seqcnn.report.collected_records import Run
from seqcnn.report.collected_runs import (
    Network,
    baseline_value,
    networks,
    run_findings,
    same_data,
    set_name,
)
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.records import Finding, Interval

OTHERS = ("auprc", "mcc", "auroc", "spearman", "accuracy", "top1_error")
MOST_SETS = 6  # of test examples, drawn each by itself
MOST_ROWS = 80  # of a picture
LEAKAGE = {"ok": "none found", "warning": "some", "bad": "much", "not checked": "not checked"}


class Cell(NamedTuple):
    """A number of a table: how it is written, what stands below it, and what it sorts by; None
    where its text is."""

    text: str
    below: str = ""
    sort: float | None = None
    look: str = ""


class Row(NamedTuple):
    """A row of a table: its name, where that leads, and its cells."""

    name: str
    link: str | None
    cells: list[Cell]
    note: str = ""


class SetOfRuns(NamedTuple):
    """Networks measured on the same examples: a table and pictures with their widths."""

    title: str
    rows: list[Row]
    pictures: list[tuple[Picture, int]]


class Part(NamedTuple):
    """All runs of one task and metric."""

    key: str
    title: str
    metric: str
    findings: list[Finding]
    sets: list[SetOfRuns]
    alone: list[tuple[Picture, int]]
    columns: list[str]
    rows: list[Row]
    gained: bool


def parts(runs: Sequence[Run]) -> list[Part]:
    """A part for each task and metric, in the order of the runs."""
    keys = dict.fromkeys((run.task, run.primary) for run in runs)
    letters = same_data(runs)
    return [
        _part(number, [run for run in runs if (run.task, run.primary) == key], letters)
        for number, key in enumerate(keys, 1)
    ]


def _part(number: int, runs: list[Run], all_letters: dict[str, str]) -> Part:
    letters = {run.data_key: all_letters[run.data_key] for run in runs}
    metric = words.metric_name(runs[0].primary)
    found = networks(runs)
    by_set = [[one for one in found if one.runs[0].data_key == key] for key in letters]
    several = [here for here in by_set if sum(len(one.runs) for one in here) > 1]
    alone = [run for run in runs if sum(run.data_key == one.data_key for one in runs) == 1]
    shown = several[:MOST_SETS]
    others = [name for name in OTHERS if name != runs[0].primary][:6]
    others = [name for name in others if any(name in run.metrics for run in runs)][:2]
    columns = ["Run", "Set" if len(letters) > 1 else "Examples"]
    columns += ["Network", "Seed", "Parameters"]
    columns += [metric, "Best baseline", "Gain", *map(words.metric_name, others)]
    columns += ["Calibration error", "Leakage", "Minutes"]
    return Part(
        key=f"runs{number}",
        title=f"Runs: {runs[0].task}" + (f", by {metric}" if metric else ""),
        metric=metric,
        findings=run_findings(runs, letters),
        sets=[_set(here, letters, len(letters) > 1) for here in shown],
        alone=_alone(alone) if len(alone) > 1 or not several else [],
        columns=columns,
        rows=[_run_row(run, letters, others) for one in found for run in one.runs],
        gained=any(run.gain for run in runs),
    )


def _set(found: list[Network], letters: dict[str, str], named: bool) -> SetOfRuns:
    first = found[0].runs[0]
    title = first.data
    if named:
        title = f"{set_name(first, letters[first.data_key])}: {title}"
    title += f"; {first.split}, {words.whole(first.examples)} examples"
    pictures = []
    shown = found
    while sum(len(one.runs) for one in shown) > MOST_ROWS and len(shown) > 1:
        shown = shown[:-1]
    note = f"the best {len(shown)} of {len(found)} networks" if len(shown) < len(found) else ""
    pictures.append(
        _picture(metric_dots(shown), "By network", note, "The metric of every run by network")
    )
    for what in ("metric", "loss"):
        curves = [curve for one in found for run in one.runs for curve in run.curves]
        if any(np.isfinite(getattr(curve, what)).sum() > 1 for curve in curves):
            pictures.append(
                _picture(
                    learning_curves(found, what),
                    f"Learning: validation {what}",
                    "a line a network trained",
                    f"Validation {what} by step of every run",
                )
            )
    return SetOfRuns(title, [_network_row(one) for one in found], pictures)


def _alone(runs: list[Run]) -> list[tuple[Picture, int]]:
    """Pictures of runs whose test examples no other run shares."""
    if not runs or len(runs) > MOST_ROWS or not np.isfinite([run.value[0] for run in runs]).any():
        return []
    compared = any(np.isfinite(baseline_value(run)) for run in runs)
    alone = "The run and its best baseline" if compared else "The run"
    name = "Each run on data of its own" if len(runs) > 1 else alone
    alt = "The metric of each run" + (" beside its baseline" if compared else "")
    return [_picture(run_dots(runs), name, "", alt)]


def _picture(figure: Figure, name: str, note: str, alt: str) -> tuple[Picture, int]:
    return Picture(image_uri(figure), name, note, alt), round(96 * figure.get_figwidth())


def _network_row(one: Network) -> Row:
    seeds = sorted({run.seed for run in one.runs if run.seed is not None})
    reach = f"{words.decimal(one.low)} to {words.decimal(one.high)}" if len(one.runs) > 1 else ""
    spread = words.decimal(one.sd, 4) if np.isfinite(one.sd) else words.DASH
    parameters = one.runs[0].parameters
    return Row(
        one.name, None,
        [
            Cell(words.whole(len(one.runs)), _seeds(seeds)),
            Cell(words.whole(parameters)),
            Cell(words.decimal(one.mean), reach),
            Cell(spread),
            Cell(words.decimal(one.baseline)),
            Cell(_minutes(one.minutes)),
        ],
    )  # fmt: skip


def _seeds(seeds: Sequence[int]) -> str:
    if not seeds:
        return ""
    shown = ", ".join(map(str, seeds[:6])) + (", …" if len(seeds) > 6 else "")
    return f"seed{'s' if len(seeds) > 1 else ''} {shown}"


def _run_row(run: Run, letters: dict[str, str], others: Sequence[str]) -> Row:
    nothing = (float("nan"),) * 3
    baseline = run.baselines.get(run.baseline or "", {}).get(run.primary, nothing)
    examples = f"{words.whole(run.examples or None)}"
    split = "" if run.split == "test" else run.split
    first = Cell(examples, split, run.examples)
    if len(letters) > 1:
        letter = letters[run.data_key]
        first = Cell(letter, f"{examples} {split}".strip(), list(letters).index(run.data_key))
    cells = [first]
    members = f"{run.members} networks" if run.members > 1 else ""
    cells += [
        Cell(run.group, members, look="words"),
        Cell(words.DASH if run.seed is None else str(run.seed), sort=_sort(run.seed)),
        Cell(words.whole(run.parameters), sort=_sort(run.parameters)),
        _interval(run.value, "best"),
        Cell(words.decimal(baseline[0]), run.baseline or "", _sort(baseline[0])),
        _gain(run.gain),
    ]
    cells += [_interval(run.metrics.get(name, nothing), "other") for name in others]
    before, after = run.ece or (float("nan"), float("nan"))
    was = f"before {words.decimal(before)}" if run.ece else ""
    look = {"bad": "loss", "warning": "", "ok": "win"}.get(run.leakage, "")
    cells += [
        Cell(words.decimal(after), was, _sort(after)),
        Cell(LEAKAGE.get(run.leakage, run.leakage), look=look),
        Cell(_minutes(run.minutes), sort=_sort(run.minutes)),
    ]
    return Row(run.name, run.link, cells, run.note)


def _interval(found: Interval, look: str) -> Cell:
    value, low, high = found
    reach = f"{words.decimal(low)} to {words.decimal(high)}" if np.isfinite(low) else ""
    return Cell(words.decimal(value), reach, _sort(value), look)


def _gain(gain: Interval | None) -> Cell:
    if gain is None:
        return Cell(words.DASH, sort=-9)
    value, low, high = gain
    look = "win" if low > 0 else "loss" if high < 0 else ""
    reach = f"{words.signed(low, 3)} to {words.signed(high, 3)}"
    return Cell(words.signed(value, 3), reach, _sort(value), look)


def _sort(value: float | int | None) -> float:
    return -9.0 if value is None or not np.isfinite(value) else float(value)


def _minutes(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return words.DASH
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"

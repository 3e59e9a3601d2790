"""Runs of one network together: mean and spread over them, and what is to be said of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqcnn.report.collected_records import Run
from seqcnn.report.records import Finding


class Network(NamedTuple):
    """Runs that differ in their seed alone, measured on the same examples.

    `mean`, `low` (least), `high` (most) and `sd` are of the primary metric over the runs; `sd` is
    NaN of one run. `baseline` is the best baseline's value and `minutes` the mean.
    """

    name: str
    runs: list[Run]
    mean: float
    low: float
    high: float
    sd: float
    baseline: float
    minutes: float


def networks(runs: Sequence[Run]) -> list[Network]:
    """The networks of runs, each with its runs; the best first within the same test data."""
    keys = dict.fromkeys((run.task, run.primary, run.data_key) for run in runs)
    found = []
    for key in keys:
        here = [run for run in runs if (run.task, run.primary, run.data_key) == key]
        groups = [
            _network(name, [run for run in here if run.group == name])
            for name in dict.fromkeys(run.group for run in here)
        ]
        found += sorted(groups, key=lambda one: -np.nan_to_num(one.mean, nan=-np.inf))
    return found


def _network(name: str, runs: list[Run]) -> Network:
    values = np.array([run.value[0] for run in runs], np.float64)
    known = values[np.isfinite(values)]
    nan = float("nan")
    baselines = [baseline_value(run) for run in runs]
    minutes = [run.minutes for run in runs if run.minutes is not None]
    return Network(
        name,
        runs,
        float(known.mean()) if len(known) else nan,
        float(known.min()) if len(known) else nan,
        float(known.max()) if len(known) else nan,
        float(known.std(ddof=1)) if len(known) > 1 else nan,
        float(np.mean(baselines)) if baselines else nan,
        float(np.mean(minutes)) if minutes else nan,
    )


def baseline_value(run: Run) -> float:
    """The best baseline's primary metric; NaN without."""
    found = run.baselines.get(run.baseline or "", {})
    return found.get(run.primary, (float("nan"),))[0]


def same_data(runs: Sequence[Run]) -> dict[str, str]:
    """A letter for each set of runs that were measured on the same examples: A, B, …, Z, AA."""
    keys = dict.fromkeys(run.data_key for run in runs)
    return {key: _letters(number) for number, key in enumerate(keys)}


def set_name(run: Run, letter: str) -> str:
    """What a set of examples is called, by the split that it is."""
    return f"{'Validation' if run.split == 'val' else 'Test'} set {letter}"


def _letters(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def run_findings(runs: Sequence[Run], words: dict[str, str]) -> list[Finding]:
    """What keeps runs of one task and metric from being compared, and which differ plainly."""
    findings = []
    letters = list(dict.fromkeys(run.data_key for run in runs))
    for split in dict.fromkeys(run.split for run in runs):
        here = [words[run.data_key] for run in runs if run.split == split]
        if len(set(here)) > 1:
            findings.append(_sets(here))
    leaky = [run.name for run in runs if run.leakage == "bad"]
    if leaky:
        findings.append(
            Finding("bad", f"Test examples leaked into training, so the numbers flatter: "
                    f"{_some(leaky)}.")
        )  # fmt: skip
    beaten = [run.name for run in runs if run.gain and run.gain[2] < 0]
    if beaten:
        findings.append(
            Finding("bad", f"Worse than their best baseline, which is then the better choice: "
                    f"{_some(beaten)}.")
        )  # fmt: skip
    unsure = [run.name for run in runs if run.gain and run.gain[1] <= 0 <= run.gain[2]]
    if unsure:
        findings.append(Finding("warning", f"Not shown to beat a baseline: {_some(unsure)}."))
    for key in letters:
        findings += _of_set([run for run in runs if run.data_key == key], words[key], len(letters))
    return findings


def _sets(letters: Sequence[str]) -> Finding:
    """That runs have different test examples."""
    numbers = {letter: letters.count(letter) for letter in dict.fromkeys(letters)}
    if max(numbers.values()) == 1:
        return Finding(
            "warning",
            "Each run was measured on test examples of its own (files, split or labels differ): "
            "compare each with its baseline, not with the others.",
        )
    shown = ", ".join(f"{number} on {letter}" for letter, number in list(numbers.items())[:8])
    more = ", …" if len(numbers) > 8 else ""
    return Finding(
        "warning",
        f"Measured on {len(numbers)} different sets of test examples (files, split or labels "
        f"differ): compare only runs of the same set ({shown}{more}).",
    )


def _of_set(runs: Sequence[Run], letter: str, sets: int) -> list[Finding]:
    found = networks(runs)
    where = f"{set_name(runs[0], letter)}: " if sets > 1 else ""
    findings = []
    single = [one.name for one in found if len({run.seed for run in one.runs}) < 2]
    if single and (len(found) > 1 or (sets == 1 and len(runs) == 1)):
        findings.append(
            Finding("warning", f"{where}{_some(single)}: one seed only, so how much chance in "
                    "training matters is not known. Run a few seeds before believing small "
                    "differences.")
        )  # fmt: skip
    if len(found) > 1 and np.isfinite(found[1].mean):
        findings.append(_best(found[0], found[1], where))
    return findings


def _best(first: Network, second: Network, where: str) -> Finding:
    """Whether the best network is apart from the next: by intervals, and by seeds."""
    lows = [run.value[1] for run in first.runs if np.isfinite(run.value[1])]
    highs = [run.value[2] for run in second.runs if np.isfinite(run.value[2])]
    pair = f"{where}{first.name} ({first.mean:.3f}) and {second.name} ({second.mean:.3f})"
    if not lows or not highs or min(lows) <= max(highs):
        return Finding(
            "warning",
            f"{pair}: 95 % intervals overlap, so which is better is not settled.",
        )
    return Finding("good", f"{pair}: 95 % intervals do not overlap.")


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

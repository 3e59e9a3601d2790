"""The Markdown tables of caller_ablations.py, from the results of its runs."""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from seqcnn.training.bootstrap import Interval, interval, resample

REPLICATES = 2000
TITLES = {
    "seeds": "Seeds",
    "networks": "Networks, at equal CPU time",
    "realigner": "Realignment",
    "channels": "Channels",
    "size": "Rows and columns",
    "data": "Amount of simulated data, at equal steps",
    "deepvariant": "Inception-v3 on DeepVariant's images",
}
HEAD = (
    "| | steps | CPU s | SNPs wrong | indels wrong | false called | missed | errors | "
    "- default | log-loss x 1000 | - default |"
)
ERRORS = slice(0, 4)  # of a block's sums: sites wrong, false candidates called, alleles missed
LOSS, SITES = 4, 5
Sums = np.ndarray  # (blocks, 6)


def print_tables(found: list[dict[str, Any]]) -> None:
    """A table a group, each run beside the mean of the default's seeds."""
    seeds = [one for one in found if one["group"] == "seeds"]
    if not seeds:
        print("no seeds of the default yet")
        return
    for group, title in TITLES.items():
        runs = [one for one in found if one["group"] == group]
        if not runs:
            continue
        print(f"### {title}\n\n{HEAD}\n|---|" + "--:|" * 10)
        for one in runs:
            print(row(one, seeds))
        if group != "seeds":
            print(row(mean_of(seeds, one["scores"]), []))
        if group == "seeds":
            errors, losses = spread(seeds, seeds[0]["scores"])
            print(f"\nStandard deviation of a seed: {errors:.1f} errors, {losses:.1f} of log-loss.")
        print()


def row(one: dict[str, Any], seeds: list[dict[str, Any]]) -> str:
    """A line of the table; without seeds, nothing is compared."""
    names = list(one["scores"])
    blocks = sorted({block for name in names for block in one["scores"][name]})
    mine = sums_of(one, names, blocks)
    total = mine.sum(0)
    cells = [one["name"], str(one["steps"]), f"{one['cpu_seconds']:.0f}"]
    cells += [f"{number:,.0f}" for number in total[ERRORS]]
    cells.append(f"{total[ERRORS].sum():,.0f}")
    loss = f"{1000 * total[LOSS] / total[SITES]:.1f}"
    if not seeds:
        return "| " + " | ".join([*cells, "", loss, ""]) + " |"
    default = np.mean([sums_of(seed, names, blocks) for seed in seeds], axis=0)
    noise = spread(seeds, one["scores"])
    told = []
    for figure, seed, digits in zip((errors_of, loss_of), noise, (0, 1), strict=True):
        told.append(signed(difference(mine, default, figure), seed, len(seeds), digits))
    return "| " + " | ".join([*cells, told[0], loss, told[1]]) + " |"


def sums_of(one: dict[str, Any], names: list[str], blocks: list[str]) -> Sums:
    """Sums over held-out sets, which share their sequence, by block."""
    nothing = [0.0] * 6
    return np.array(
        [
            np.sum([one["scores"][name].get(block, nothing) for name in names], axis=0)
            for block in blocks
        ]
    )


def difference(mine: Sums, default: Sums, figure: Callable[[np.ndarray], float]) -> Interval:
    """A figure of `mine` minus that of `default`, over the same resampled blocks."""

    def statistic(weights: np.ndarray) -> np.ndarray:
        return np.array(figure(weights @ mine) - figure(weights @ default))

    return interval(resample(statistic, len(mine), 0, REPLICATES))


def signed(found: Interval, deviation: float, seeds: int, digits: int) -> str:
    """A difference with its interval, bold where it is more than sites or seeds can explain."""
    value, low, high = (f"{number:+.{digits}f}" for number in found)
    # One run beside the mean of the seeds.
    noise = 2 * deviation * (1 + 1 / seeds) ** 0.5
    clear = (found.low > 0 or found.high < 0) and abs(found.value) > noise
    return f"**{value}** [{low}, {high}]" if clear else f"{value} [{low}, {high}]"


def mean_of(seeds: list[dict[str, Any]], scores: dict[str, Any]) -> dict[str, Any]:
    """The mean of the default's seeds, on the sets and blocks of `scores`."""
    merged: dict[str, dict[str, list[float]]] = {}
    for name in scores:
        merged[name] = {
            block: np.mean([seed["scores"][name].get(block, [0.0] * 6) for seed in seeds], axis=0)
            for block in scores[name]
        }
    return {
        "name": f"default (mean of {len(seeds)} seeds)",
        "steps": seeds[0]["steps"],
        "cpu_seconds": statistics.mean(seed["cpu_seconds"] for seed in seeds),
        "scores": merged,
    }


def spread(seeds: list[dict[str, Any]], scores: dict[str, Any]) -> tuple[float, float]:
    """Standard deviation of errors and of log-loss x 1000 between seeds, on those blocks."""
    if len(seeds) < 2:
        return 0.0, 0.0
    names = list(scores)
    blocks = sorted({block for name in names for block in scores[name]})
    totals = [sums_of(seed, names, blocks).sum(0) for seed in seeds]
    errors, losses = ([figure(total) for total in totals] for figure in (errors_of, loss_of))
    return statistics.stdev(errors), statistics.stdev(losses)


def errors_of(sums: np.ndarray) -> float:
    """Sites wrong, false candidates called and alleles missed."""
    return float(sums[ERRORS].sum())


def loss_of(sums: np.ndarray) -> float:
    """Log-loss of a site x 1000."""
    return float(1000 * sums[LOSS] / sums[SITES])

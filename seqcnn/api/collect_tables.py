"""The tables beside the page of `seqcnn report`: tidy, one row a thing."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.report.collected_records import Interpretation, Run, Sample, Scores
from seqcnn.report.collected_runs import networks

RUN_COLUMNS = [
    *("run", "task", "network", "group", "seed", "parameters", "networks", "outputs", "data"),
    *("same_test_data", "split", "examples", "metric", "value", "low", "high", "baseline"),
    *("baseline_value", "gain", "gain_low", "gain_high", "ece_before", "ece", "leakage"),
    *("minutes", "report"),
]
METRIC_COLUMNS = ["run", "model", "metric", "value", "low", "high"]
SAMPLE_COLUMNS = [
    *("sample", "file", "records", "variants", "snps", "indels", "filtered", "transitions"),
    *("transversions", "ts_tv", "het", "hom", "het_hom", "depth", "depth_05", "depth_95"),
    *("gq", "gq_05", "gq_95", "warnings", "report"),
]
ACCURACY_COLUMNS = ["sample", "type", "tp_truth", "fn", "tp_calls", "fp"] + [
    name + part for name in ("recall", "precision", "f1") for part in ("", "_low", "_high")
]
VARIANT_COLUMNS = [
    *("file", "track", "rank", "contig", "pos", "id", "ref", "alt", "difference", "quantile"),
]
FINDING_COLUMNS = ["folder", "verb", "bundle", "level", "finding"]
GROUP_COLUMNS = [
    *("task", "same_test_data", "network", "runs", "seeds", "metric", "mean", "min", "max", "sd"),
    *("baseline", "minutes"),
]


def runs_frame(runs: Sequence[Run], letters: dict[str, str]) -> pd.DataFrame:
    """A row a run; `letters` name the sets of runs measured on the same examples."""
    rows = []
    for run in runs:
        value, low, high = run.value
        nothing = (math.nan, math.nan, math.nan)
        gain = run.gain or nothing
        baseline = run.baselines.get(run.baseline or "", {}).get(run.primary, nothing)
        before, after = run.ece or (math.nan, math.nan)
        rows.append(
            (run.name, run.task, run.network, run.group, run.seed, run.parameters, run.members,
             run.outputs, run.data, letters[run.data_key], run.split, run.examples, run.primary,
             value, low, high, run.baseline, baseline[0], *gain, before, after, run.leakage,
             run.minutes, run.link)
        )  # fmt: skip
    return _frame(rows, RUN_COLUMNS, ("seed", "parameters"))


def metrics_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """A row a run, model (the network or a baseline) and metric: mean over tracks, 95 %."""
    rows = [
        (run.name, model, metric, *interval)
        for run in runs
        for model, found in (("network", run.metrics), *run.baselines.items())
        for metric, interval in found.items()
    ]
    return _frame(rows, METRIC_COLUMNS)


def networks_frame(runs: Sequence[Run], letters: dict[str, str]) -> pd.DataFrame:
    """A row a network (with its settings) and set of examples: mean and spread over runs."""
    rows = []
    for one in networks(runs):
        first = one.runs[0]
        seeds = len({run.seed for run in one.runs})
        rows.append(
            (first.task, letters[first.data_key], one.name, len(one.runs), seeds, first.primary,
             one.mean, one.low, one.high, one.sd, one.baseline, one.minutes)
        )  # fmt: skip
    return _frame(rows, GROUP_COLUMNS)


def samples_frame(samples: Sequence[Sample]) -> pd.DataFrame:
    """A row a sample: counts of variants that pass, and quantiles of DP and GQ over them."""
    rows = []
    for one in samples:
        depth, quality = (tuple(q) or (math.nan,) * 5 for q in (one.depth, one.quality))
        rows.append(
            (one.name, one.file, one.records, one.variants, one.snps, one.indels, one.filtered,
             one.transitions, one.transversions, one.ts_tv, one.het, one.hom, one.het_hom,
             depth[2], depth[0], depth[4], quality[2], quality[0], quality[4],
             "; ".join(one.notes), one.link)
        )  # fmt: skip
    whole = ("records", "variants", "snps", "indels", "filtered", "transitions", "transversions")
    return _frame(rows, SAMPLE_COLUMNS, (*whole, "het", "hom"))


def accuracy_frame(samples: Sequence[Sample]) -> pd.DataFrame:
    """A row a compared sample and kind of variant."""
    rows = [
        (one.name, kind, found.tp_truth, found.fn, found.tp_calls, found.fp,
         *found.recall, *found.precision, *found.f1)
        for one in samples
        for kind, found in one.accuracy.items()
    ]  # fmt: skip
    return _frame(rows, ACCURACY_COLUMNS)


def variants_frame(scores: Sequence[Scores]) -> pd.DataFrame:
    """A row a track and strong variant, the strongest first; `pos` is 1-based."""
    rows = []
    for one in scores:
        rank: dict[str, int] = {}
        for found in one.strongest:
            rank[found.track] = rank.get(found.track, 0) + 1
            rows.append(
                (one.name, found.track, rank[found.track], found.contig, found.pos,
                 found.identifier, found.ref, found.alt, found.difference, found.quantile)
            )  # fmt: skip
    return _frame(rows, VARIANT_COLUMNS)


def findings_frame(found: Sequence[Interpretation]) -> pd.DataFrame:
    """A row a finding of an interpret folder."""
    rows = [
        (one.folder, one.verb, one.bundle, finding.level, finding.text)
        for one in found
        for finding in one.findings
    ]
    return _frame(rows, FINDING_COLUMNS)


def _frame(
    rows: Iterable[Sequence[Any]], columns: Sequence[str], whole: Sequence[str] = ()
) -> pd.DataFrame:
    """A table; the `whole` numbers stay whole where some are missing."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype(dict.fromkeys(whole, "Int64")).replace({np.inf: np.nan, -np.inf: np.nan})

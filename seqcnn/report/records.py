"""What a report is made of: plain numbers, names and arrays, known before any drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

Level: TypeAlias = Literal["good", "warning", "bad"]
Kind: TypeAlias = Literal["multilabel", "multiclass", "signal", "binary"]
Interval: TypeAlias = tuple[float, float, float]
"""(value, low, high); NaN where a number cannot be had, for example no positives in the split."""
Metrics: TypeAlias = Mapping[str, Interval]


@dataclass(frozen=True)
class Finding:
    """One sentence with its weight, as in a verdict or a check."""

    level: Level
    text: str


@dataclass(frozen=True)
class HistoryRow:
    """One line of metrics.csv; a value that was not measured at this step is None."""

    step: int
    epoch: float
    train_loss: float | None = None
    val_loss: float | None = None
    val_metric: float | None = None
    lr: float | None = None


@dataclass(frozen=True)
class Member:
    """The training of one network; an ensemble has several."""

    name: str
    history: Sequence[HistoryRow]
    best_step: int | None = None


@dataclass(frozen=True)
class Track:
    """One row of the table: one output on the test split, beside its baselines.

    `metrics` has keys such as auroc, auprc, mcc, f1, pearson, spearman, higher is better.
    `gain` is the paired difference of the primary metric, CNN less best baseline; without it the
    report shows the plain difference.
    """

    name: str
    n: int
    positives: int | None
    metrics: Metrics
    baselines: Mapping[str, Metrics] = field(default_factory=dict)
    gain: Interval | None = None


@dataclass(frozen=True)
class Curves:
    """ROC and precision-recall curves of one track, points in order along x."""

    name: str
    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    positive_share: float


@dataclass(frozen=True)
class Agreement:
    """Observed and predicted signal (n,) of one track, in `unit`."""

    name: str
    observed: np.ndarray
    predicted: np.ndarray
    unit: str = "signal"


@dataclass(frozen=True)
class Calibration:
    """Reliability of one track: points (n, 3) of mean prediction, observed share, count."""

    name: str
    kind: str
    before: np.ndarray
    after: np.ndarray
    ece_before: float
    ece_after: float


@dataclass(frozen=True)
class Table:
    """A small table of text and numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True)
class Split:
    """One split; `positive_share` is None for signal; `contigs` in words, "chr1, chr3", "given"."""

    name: str
    sequences: int
    positive_share: float | None
    contigs: str


@dataclass(frozen=True)
class Negatives:
    """How the negatives were made; GC contents (n,) as shares, where they are known."""

    lines: Sequence[str]
    positive_gc: np.ndarray | None = None
    negative_gc: np.ndarray | None = None


@dataclass(frozen=True)
class Filter:
    """A first-layer filter: matrix (4, K) of counts or probabilities, rows A C G T.

    `information` is in bits over all columns; `activation_share` is the share of sequences in
    which the filter fires.
    """

    name: str
    matrix: np.ndarray
    information: float
    activation_share: float


@dataclass(frozen=True)
class DataFile:
    """A file that went in."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Reproducibility:
    """All that is needed to run it again; `settings` is the resolved YAML."""

    versions: Mapping[str, str]
    device: str
    precision: str
    threads: int
    seed: int
    wall_seconds: float
    settings: str
    files: Sequence[DataFile] = ()


@dataclass(frozen=True)
class ReportData:
    """Everything the report shows; a section whose data is empty or None is left out.

    `primary` names the metric that figures and gains use ("" = the first of auprc, pearson,
    auroc, mcc that the tracks have); `letters` are the filters' rows, ACGU for RNA.
    """

    title: str
    task: str
    kind: Kind
    model: str
    model_description: str
    parameters: int
    created: str
    command: str
    outputs: Sequence[str]
    verdict: Sequence[Finding] = ()
    members: Sequence[Member] = ()
    val_metric_name: str = "validation metric"
    tracks: Sequence[Track] = ()
    mean: Track | None = None
    primary: str = ""
    curves: Sequence[Curves] = ()
    agreement: Sequence[Agreement] = ()
    calibration: Sequence[Calibration] = ()
    splits: Sequence[Split] = ()
    preflight: Sequence[Finding] = ()
    leakage: Sequence[Finding] = ()
    leakage_table: Table | None = None
    negatives: Negatives | None = None
    filters: Sequence[Filter] = ()
    letters: str = "ACGT"
    reproducibility: Reproducibility | None = None

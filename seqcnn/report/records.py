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
class Nouns:
    """What the data are called; `simple` is what simple models know of them."""

    examples: str = "sequences"
    output: str = "track"
    outputs: str = "tracks"
    simple: str = "base composition or short words"


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
class Section:
    """A table with its heading and a sentence that says how to read it; `key` is its anchor."""

    key: str
    title: str
    lead: str
    table: Table


@dataclass(frozen=True)
class Split:
    """One split; `positive_share` is None for signal; `contigs` in words, "chr1, chr3", "given".

    `sequences` counts its examples; `per_class` says of classes how many each has, "34 to 37".
    """

    name: str
    sequences: int
    positive_share: float | None
    contigs: str
    per_class: str = ""


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
class Mistake:
    """An image called wrongly: pixels uint8 (H, W, 1 or 3), and the probabilities of two classes.

    `probability` was given to the class called, `own` to the true one. A `sheet` of several
    pictures is shown as it is, however large.
    """

    pixels: np.ndarray
    name: str
    true: str
    called: str
    probability: float
    own: float
    sheet: bool = False


@dataclass(frozen=True)
class Kernels:
    """First-layer kernels as pictures (n, h, w, 3 or 1) from 0 to 1; `total` the layer has.

    With one channel 0.5 is a weight of zero.
    """

    pictures: np.ndarray
    total: int


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
    auroc, mcc that the tracks have); `letters` are the filters' rows, ACGU for RNA; `confusion`
    (classes, classes) counts test examples, rows the true class, columns the class called;
    `leakage_words` say in which forms an example of one split may be in another.
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
    nouns: Nouns = field(default_factory=Nouns)
    verdict: Sequence[Finding] = ()
    members: Sequence[Member] = ()
    val_metric_name: str = "validation metric"
    tracks: Sequence[Track] = ()
    mean: Track | None = None
    primary: str = ""
    curves: Sequence[Curves] = ()
    agreement: Sequence[Agreement] = ()
    confusion: np.ndarray | None = None
    mistakes: Sequence[Mistake] = ()
    sections: Sequence[Section] = ()
    calibration: Sequence[Calibration] = ()
    splits: Sequence[Split] = ()
    preflight: Sequence[Finding] = ()
    leakage: Sequence[Finding] = ()
    leakage_table: Table | None = None
    leakage_words: str = "as overlaps, copies or near copies"
    negatives: Negatives | None = None
    filters: Sequence[Filter] = ()
    letters: str = "ACGT"
    kernels: Kernels | None = None
    reproducibility: Reproducibility | None = None

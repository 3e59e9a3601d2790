"""What a page over many results is made of, known before any drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seqcnn.report.records import Finding, Interval


@dataclass(frozen=True)
class Curve:
    """How one network learned: its validations, in order; NaN where a number is missing."""

    step: np.ndarray
    metric: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True)
class Run:
    """One trained network, or one evaluation of it, on one split.

    `group` is the same for runs that differ in their seed alone, `data_key` for those that were
    measured on the same examples. `metrics` and `baselines` are means over the tracks; `baseline`
    names the best one by the `primary` metric, and `gain` is the difference to it. `ece` are the
    expected calibration errors before and after calibration; `made` is the same for the same
    bundle; `evaluation` is true of what `seqcnn evaluate` measured of one.
    """

    name: str
    link: str | None
    task: str
    network: str
    group: str
    data: str
    data_key: str
    split: str
    examples: int
    outputs: int
    primary: str
    metrics: Mapping[str, Interval]
    baselines: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    baseline: str | None = None
    gain: Interval | None = None
    ece: tuple[float, float] | None = None
    seed: int | None = None
    parameters: int | None = None
    members: int = 1
    leakage: str = "not checked"
    minutes: float | None = None
    monitor: str = ""
    curves: Sequence[Curve] = ()
    note: str = ""
    made: str = ""
    evaluation: bool = False

    @property
    def value(self) -> Interval:
        """The primary metric with its 95 % interval."""
        return self.metrics.get(self.primary, (np.nan, np.nan, np.nan))


@dataclass(frozen=True)
class Accuracy:
    """Counts and measures of one kind of variant from a comparison."""

    tp_truth: int
    fn: int
    tp_calls: int
    fp: int
    recall: Interval
    precision: Interval
    f1: Interval


@dataclass(frozen=True)
class Sample:
    """One sample's calls, in numbers, and what a comparison with the truth says of them.

    `depth` and `quality` are the quantiles .05, .25, .5, .75 and .95 of DP and GQ over the called
    variants, empty where the file has none. `accuracy` is by kind: "SNP" and "INDEL". Numbers are
    None where only the comparison is known.
    """

    name: str
    file: str
    link: str | None = None
    records: int | None = None
    variants: int | None = None
    snps: int | None = None
    indels: int | None = None
    transitions: int | None = None
    transversions: int | None = None
    het: int | None = None
    hom: int | None = None
    filtered: int | None = None
    depth: Sequence[float] = ()
    quality: Sequence[float] = ()
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def ts_tv(self) -> float:
        """Transitions over transversions; NaN without."""
        return _ratio(self.transitions, self.transversions)

    @property
    def het_hom(self) -> float:
        """Heterozygous over homozygous alternative genotypes; NaN without."""
        return _ratio(self.het, self.hom)


@dataclass(frozen=True)
class StrongVariant:
    """A scored allele of one track; `pos` is 1-based as in the file."""

    file: str
    track: str
    contig: str
    pos: int
    identifier: str
    ref: str
    alt: str
    difference: float
    quantile: float


@dataclass(frozen=True)
class Scores:
    """The output of one score-variants: how much there is, and the strongest of each track."""

    name: str
    link: str | None
    alleles: int
    scored: int
    tracks: Sequence[str]
    strongest: Sequence[StrongVariant]


@dataclass(frozen=True)
class Interpretation:
    """One verb of one interpret folder: its numbers and what it found."""

    folder: str
    link: str | None
    verb: str
    title: str
    bundle: str
    tiles: Sequence[tuple[str, str, str]]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Collection:
    """All that the page shows; `links` are (name, address, what it is) of files not read."""

    title: str
    runs: Sequence[Run] = ()
    samples: Sequence[Sample] = ()
    scores: Sequence[Scores] = ()
    interpretations: Sequence[Interpretation] = ()
    links: Sequence[tuple[str, str | None, str]] = ()


def _ratio(above: int | None, below: int | None) -> float:
    return above / below if above is not None and below else float("nan")

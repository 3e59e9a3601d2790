"""Counts of a comparison by kind of variant, with recall, precision, F1 and their intervals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.compare import Comparison, Verdict
from seqcnn.calling.strata import HOMOPOLYMERS, LENGTHS, TYPES, ZYGOSITIES, Kinds
from seqcnn.data.variants import Variant
from seqcnn.training.bootstrap import Interval, interval, resample

BLOCK = 1_000_000  # bp of a block of the bootstrap
FEWEST_BLOCKS = 20  # with fewer, blocks say too little of each other
REPLICATES = 1000
DRAWS = 20_000  # of recall and precision, for the Jeffreys interval of F1
COUNTS = ("tp_truth", "fn", "fn_genotype", "tp_calls", "fp", "fp_genotype")
_TRUTH = {Verdict.MATCH: (0,), Verdict.FALSE: (1,), Verdict.GENOTYPE: (1, 2)}
_CALLS = {Verdict.MATCH: (3,), Verdict.FALSE: (4,), Verdict.GENOTYPE: (4, 5)}


class Row(NamedTuple):
    """Counts and measures of one kind of variant.

    `fn_genotype` is the part of `fn` whose alleles are among the calls with another genotype,
    `fp_genotype` that of `fp`. `by` says how the intervals were made.
    """

    group: str  # "type", "zygosity", "length" or "homopolymer"
    type: str  # "SNP", "INDEL" or "all"
    name: str  # of the kind within the group
    tp_truth: int
    fn: int
    fn_genotype: int
    tp_calls: int
    fp: int
    fp_genotype: int
    outside_truth: int
    outside_calls: int
    recall: Interval
    precision: Interval
    f1: Interval
    by: str


def count_rows(
    comparison: Comparison, truth_kinds: Kinds, call_kinds: Kinds, *, seed: int = 0
) -> list[Row]:
    """Rows of all kinds: types, then zygosity, length and homopolymer within each type.

    A record counts under its own kind: the truth's under recall, the calls' under precision.
    Intervals are of 95 %: where at least 20 blocks of 1 Mb have records, blocks are drawn again
    (percentiles of 1,000 bootstrap replicates); elsewhere, and where no replicate differs,
    Jeffreys' interval is given, and for F1 the quantiles of F1 over draws from the posteriors.
    """
    names, truth_in, calls_in = _memberships(truth_kinds, call_kinds)
    blocks = _blocks(comparison.truth, comparison.calls)
    number = 1 + max((int(one.max()) for one in blocks if len(one)), default=-1)
    counts = np.zeros((number, len(names), len(COUNTS)), np.int64)
    outside = np.zeros((len(names), 2), np.int64)
    sides = (
        (comparison.truth_verdict, truth_in, blocks[0], _TRUTH),
        (comparison.call_verdict, calls_in, blocks[1], _CALLS),
    )
    for side, (verdict, member, block, columns) in enumerate(sides):
        outside[:, side] = member[verdict == Verdict.OUTSIDE].sum(0)
        for code, targets in columns.items():
            rows = np.flatnonzero(verdict == code)
            for target in targets:
                np.add.at(counts[:, :, target], block[rows], member[rows])
    total = counts.sum(0)
    drawn = _bootstrap(counts, seed)
    return [
        Row._make((*name, *map(int, total[i]), *map(int, outside[i]), *measures))
        for i, name in enumerate(names)
        for measures in (_measures(total, counts, drawn, i),)
    ]


def _memberships(
    truth: Kinds, calls: Kinds
) -> tuple[list[tuple[str, str, str]], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The kinds (group, type, name), and which records are of each: bool (records, kinds)."""
    names: list[tuple[str, str, str]] = [("type", "all", "all")]
    members = [[kind.type >= 0] for kind in (truth, calls)]
    for code, name in enumerate(TYPES):
        names.append(("type", name, name))
        for side, kind in enumerate((truth, calls)):
            members[side].append(kind.type == code)
    groups = (("zygosity", ZYGOSITIES), ("length", LENGTHS), ("homopolymer", HOMOPOLYMERS))
    for group, labels in groups:
        for code, type_name in enumerate(TYPES):
            if group == "length" and type_name == "SNP":
                continue
            for index, label in enumerate(labels):
                names.append((group, type_name, label))
                for side, kind in enumerate((truth, calls)):
                    same = getattr(kind, group) == index
                    members[side].append((kind.type == code) & same)
    return names, np.stack(members[0], axis=1), np.stack(members[1], axis=1)


def _blocks(*sets: Sequence[Variant]) -> list[npt.NDArray[np.int64]]:
    """A number for each record's block of 1 Mb; blocks without records have none."""
    index: dict[tuple[str, int], int] = {}
    return [
        np.array(
            [index.setdefault((v.contig, v.pos // BLOCK), len(index)) for v in variants], np.int64
        )
        for variants in sets
    ]


def _bootstrap(counts: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.float64] | None:
    """Recall, precision and F1 of all kinds in each replicate, (1 + replicates, kinds, 3)."""
    used = counts[counts.any((1, 2))]
    if len(used) < FEWEST_BLOCKS:
        return None
    flat = used.reshape(len(used), -1)
    return resample(
        lambda weights: _shares((weights @ flat).reshape(counts.shape[1:])),
        len(used),
        seed,
        REPLICATES,
    )


def _shares(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Recall, precision, F1 of counts (…, 6): (…, 3), NaN where there is nothing to divide by."""
    tp_truth, fn, tp_calls, fp = (counts[..., i].astype(np.float64) for i in (0, 1, 3, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = tp_truth / (tp_truth + fn)
        precision = tp_calls / (tp_calls + fp)
        f1 = np.where(recall + precision > 0, 2 * recall * precision / (recall + precision), 0.0)
    f1 = np.where(np.isnan(recall) | np.isnan(precision), np.nan, f1)
    return np.stack([recall, precision, f1], axis=-1)


def _measures(
    total: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.float64] | None,
    kind: int,
) -> tuple[Interval, Interval, Interval, str]:
    if drawn is not None:
        blocks = int((counts[:, kind].sum(1) > 0).sum())
        found = [interval(drawn[:, kind, i]) for i in range(3)]
        if blocks >= FEWEST_BLOCKS and all(one.high > one.low for one in found):
            return found[0], found[1], found[2], f"bootstrap of {blocks} blocks of 1 Mb"
    recall, precision, f1 = jeffreys(*(int(total[kind, i]) for i in (0, 1, 3, 4)))
    return recall, precision, f1, "Jeffreys"


def jeffreys(tp_truth: int, fn: int, tp_calls: int, fp: int) -> tuple[Interval, Interval, Interval]:
    """Recall, precision and F1 with Jeffreys' 95 % intervals (Brown, Cai and DasGupta 2001)."""
    from scipy.stats import beta

    unknown = Interval(np.nan, np.nan, np.nan)
    found = []
    for good, bad in ((tp_truth, fn), (tp_calls, fp)):
        if good + bad == 0:
            found.append(unknown)
            continue
        low, high = beta.ppf((0.025, 0.975), good + 0.5, bad + 0.5)
        # At the ends the interval reaches what was seen.
        low, high = (0.0 if good == 0 else low), (1.0 if bad == 0 else high)
        found.append(Interval(good / (good + bad), float(low), float(high)))
    recall, precision = found
    if recall is unknown or precision is unknown:
        return recall, precision, unknown
    generator = np.random.default_rng(0)
    r = generator.beta(tp_truth + 0.5, fn + 0.5, DRAWS)
    p = generator.beta(tp_calls + 0.5, fp + 0.5, DRAWS)
    low, high = np.quantile(2 * r * p / (r + p), (0.025, 0.975))
    both = recall.value + precision.value
    value = 2 * recall.value * precision.value / both if both else 0.0
    return recall, precision, Interval(value, float(min(low, value)), float(max(high, value)))

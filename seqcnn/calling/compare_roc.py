"""Recall and precision as calls below a threshold of QUAL or GQ are left out."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.compare import Comparison, Verdict
from seqcnn.calling.strata import TYPES, Kinds

Score = Literal["QUAL", "GQ"]


class Roc(NamedTuple):
    """Counts at each threshold, the highest first; arrays (P,).

    At `threshold[i]` the calls with that score or a higher one are kept; the last point keeps
    those without a score too (-inf). `tp_truth` is a number of truth records, shared among the
    calls that match them.
    """

    score: Score
    type: str  # "all", "SNP" or "INDEL"
    threshold: npt.NDArray[np.float64]
    tp_truth: npt.NDArray[np.float64]
    fn: npt.NDArray[np.float64]
    tp_calls: npt.NDArray[np.int64]
    fp: npt.NDArray[np.int64]

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of truth records found, (P,)."""
        return self.tp_truth / (self.tp_truth + self.fn)

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Share of kept calls that are right, (P,)."""
        return self.tp_calls / (self.tp_calls + self.fp)

    @property
    def f1(self) -> npt.NDArray[np.float64]:
        """Harmonic mean of recall and precision, (P,)."""
        both = self.recall + self.precision
        return np.where(both > 0, 2 * self.recall * self.precision / np.maximum(both, 1e-300), 0)

    @property
    def best(self) -> int:
        """The point with the best F1; of equals the highest threshold."""
        return int(np.argmax(self.f1))


def roc(comparison: Comparison, truth_kinds: Kinds, call_kinds: Kinds, score: Score) -> list[Roc]:
    """Curves of all records, of SNPs and of INDELs; none where no counted call has the score."""
    curves = []
    for code, name in ((None, "all"), *enumerate(TYPES)):
        mine = np.isin(comparison.truth_verdict, (0, 1, 2))
        calls = np.isin(comparison.call_verdict, (0, 1, 2))
        if code is not None:
            mine &= truth_kinds.type == code
            calls &= call_kinds.type == code
        values = _scores(comparison, score)
        if mine.any() and calls.any() and np.isfinite(values[calls]).any():
            curves.append(_curve(comparison, mine, calls, values, score, name))
    return curves


def _scores(comparison: Comparison, score: Score) -> npt.NDArray[np.float64]:
    field = "quality" if score == "QUAL" else "genotype_quality"
    values = [getattr(call, field) for call in comparison.calls]
    return np.array([-np.inf if value is None else value for value in values], np.float64)


def _curve(
    comparison: Comparison,
    mine: npt.NDArray[np.bool_],
    calls: npt.NDArray[np.bool_],
    values: npt.NDArray[np.float64],
    score: Score,
    name: str,
) -> Roc:
    true = comparison.call_verdict == Verdict.MATCH
    weight = _weights(comparison, mine & (comparison.truth_verdict == Verdict.MATCH), true)
    # Truth of one type may be matched by calls of the other, which the curve must not lose.
    rows = np.flatnonzero(calls | (weight > 0))
    rows = rows[np.argsort(-values[rows], kind="stable")]
    ordered = values[rows]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    tp_truth = np.cumsum(weight[rows])[last]
    return Roc(
        score,
        name,
        ordered[last],
        tp_truth,
        mine.sum() - tp_truth,
        np.cumsum(true[rows] & calls[rows])[last],
        np.cumsum(~true[rows] & calls[rows])[last],
    )


def _weights(
    comparison: Comparison, truth: npt.NDArray[np.bool_], calls: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """How many truth records each matching call stands for, (C,)."""
    most = 1 + max(
        (int(one.max()) for one in (comparison.truth_stretch, comparison.call_stretch) if len(one)),
        default=-1,
    )
    wanted = np.bincount(comparison.truth_stretch[truth], minlength=most)
    given = np.bincount(comparison.call_stretch[calls], minlength=most)
    weight = np.zeros(len(comparison.calls))
    place = comparison.call_stretch[calls]
    weight[calls] = wanted[place] / given[place]
    return weight

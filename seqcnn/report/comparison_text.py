"""A comparison as text for the terminal."""

from collections.abc import Sequence

from seqcnn.calling.compare import Comparison, Verdict
from seqcnn.calling.compare_counts import Row
from seqcnn.calling.compare_roc import Roc

HEAD = ("", "TP truth", "FN", "wrong GT", "TP calls", "FP", "outside", "recall", "precision", "F1")


def text_table(rows: Sequence[Row], curves: Sequence[Roc], comparison: Comparison) -> str:
    """Counts by type with 95 % intervals, the best thresholds, and what was not compared."""
    types = [row for row in rows if row.group == "type"]
    cells = [HEAD, *(_cells(row) for row in types)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    lines = []
    for line in cells:
        first, *others = zip(line, widths, strict=True)
        lines.append("  ".join([first[0].ljust(first[1]), *(c.rjust(w) for c, w in others)]))
    lines.append(f"Recall, precision and F1 in percent; 95 % intervals: {types[0].by}.")
    lines += [_best(curve) for curve in curves if curve.type == "all"]
    for name, verdict in (
        ("truth", comparison.truth_verdict),
        ("calls", comparison.call_verdict),
    ):
        ignored = int((verdict == Verdict.IGNORED).sum())
        if ignored:
            lines.append(
                f"{ignored:,} records of the {name} have no variant in their genotype, are "
                "filtered, or not spelled out: not compared."
            )
    if comparison.cut:
        contig, pos = comparison.cut[0]
        lines.append(
            f"At {len(comparison.cut)} places (first: {contig}:{pos + 1}) not all combinations "
            "could be tried; matches there may be missed."
        )
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    measures = [
        "-" if one.value != one.value else f"{100 * one.value:.2f} [{_reach(one.low, one.high)}]"
        for one in (row.recall, row.precision, row.f1)
    ]
    return (
        row.name,
        f"{row.tp_truth:,}",
        f"{row.fn:,}",
        f"{row.fn_genotype:,}",
        f"{row.tp_calls:,}",
        f"{row.fp:,}",
        f"{row.outside_calls:,}",
        *measures,
    )


def _reach(low: float, high: float) -> str:
    return f"{100 * low:.2f}, {100 * high:.2f}"


def _best(curve: Roc) -> str:
    i = curve.best
    if i == len(curve.threshold) - 1:
        return f"By {curve.score}, F1 is best with all calls kept."
    return (
        f"By {curve.score}, F1 is best ({100 * curve.f1[i]:.2f} %) with calls of "
        f"{curve.threshold[i]:.6g} or more: recall {100 * curve.recall[i]:.2f} %, precision "
        f"{100 * curve.precision[i]:.2f} %."
    )

"""A comparison of two call sets as one self-contained HTML page."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqcnn.calling.compare import Comparison, Verdict
from seqcnn.calling.compare_counts import Row
from seqcnn.calling.compare_roc import Roc
from seqcnn.report import comparison_plots, words
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.pages import template
from seqcnn.settings.compare import CompareSettings
from seqcnn.training.bootstrap import Interval

GROUPS = {
    "zygosity": "Zygosity",
    "length": "Length of insertions (I) and deletions (D), bp",
    "homopolymer": "Longest homopolymer touched, bp",
}


class Cell(NamedTuple):
    """A measure as it is written, and its interval."""

    text: str
    interval: str


class Line(NamedTuple):
    """A row of a table: name, counts, and the cells of recall, precision and F1."""

    name: str
    row: Row
    cells: list[Cell]


def comparison_html(
    rows: Sequence[Row],
    curves: Sequence[Roc],
    comparison: Comparison,
    settings: CompareSettings,
    created: str,
    version: str,
) -> str:
    """The page as HTML text that needs no network; whatever the files say is escaped."""
    types = [row for row in rows if row.group == "type"]
    tables = {
        title: [_line(row) for row in rows if row.group == group and _counted(row)]
        for group, title in GROUPS.items()
    }
    ignored = [
        int((verdict == Verdict.IGNORED).sum())
        for verdict in (comparison.truth_verdict, comparison.call_verdict)
    ]
    return template("comparison.html.j2").render(
        title=f"{settings.calls.name} against {settings.truth.name}",
        settings=settings,
        created=created,
        version=version,
        tiles=_tiles(types, curves),
        types=[_line(row) for row in types],
        tables={title: lines for title, lines in tables.items() if lines},
        pictures=_kind_pictures(rows),
        curve_pictures=_curve_pictures(curves),
        best=[(curve, curve.best) for curve in curves],
        ignored=ignored,
        cut=[f"{contig}:{pos + 1}" for contig, pos in comparison.cut],
        kept_all=lambda curve: curve.best == len(curve.threshold) - 1,
    )


def _counted(row: Row) -> bool:
    return bool(row.tp_truth + row.fn + row.tp_calls + row.fp)


def _line(row: Row) -> Line:
    name = row.name if row.group == "type" else f"{row.type} {row.name}"
    return Line(name, row, [_cell(one) for one in (row.recall, row.precision, row.f1)])


def _cell(one: Interval) -> Cell:
    if not np.isfinite(one.value):
        return Cell(words.DASH, "")
    reach = f"{100 * one.low:.2f} to {100 * one.high:.2f}" if np.isfinite(one.low) else ""
    return Cell(f"{100 * one.value:.2f}", reach)


def _tiles(types: Sequence[Row], curves: Sequence[Roc]) -> list[tuple[str, str, str]]:
    """The few numbers at the top: (label, value, note)."""
    tiles = []
    for row in types:
        if row.type != "all":
            cell = _cell(row.f1)
            tiles.append((f"{row.type} F1, %", cell.text, cell.interval))
    everything = types[0]
    part = f"{everything.fn_genotype:,} with another genotype"
    tiles.append(("missed (FN)", f"{everything.fn:,}", part))
    part = f"{everything.fp_genotype:,} with another genotype"
    tiles.append(("false calls (FP)", f"{everything.fp:,}", part))
    outside = f"and {everything.outside_truth:,} of the truth"
    tiles.append(("calls not counted, outside", f"{everything.outside_calls:,}", outside))
    for curve in curves:
        if curve.score == "QUAL" and curve.type == "all":
            best = curve.best
            value = (
                "keep all" if best == len(curve.threshold) - 1 else f"{curve.threshold[best]:.4g}"
            )
            tiles.append(("best QUAL threshold", value, f"F1 {100 * curve.f1[best]:.2f} %"))
    return tiles


def _kind_pictures(rows: Sequence[Row]) -> list[Picture]:
    pictures = []
    for group, title in GROUPS.items():
        shown = [row for row in rows if row.group == group and _counted(row)]
        if shown:
            figure = comparison_plots.measure_dots(shown)
            alt = f"Recall and precision by {group}"
            pictures.append(Picture(image_uri(figure), title, "with 95 % intervals", alt))
    return pictures


def _curve_pictures(curves: Sequence[Roc]) -> list[Picture]:
    pictures = []
    for score in ("QUAL", "GQ"):
        mine = [curve for curve in curves if curve.score == score and len(curve.threshold) > 1]
        if not mine:
            continue
        figure = comparison_plots.precision_recall(mine)
        alt = f"Precision over recall as the threshold of {score} falls"
        note = "rings: the best F1; the right end keeps all calls"
        pictures.append(Picture(image_uri(figure), f"By {score}", note, alt))
        figure = comparison_plots.f1_by_threshold(mine)
        pictures.append(
            Picture(image_uri(figure), f"F1 by {score} threshold", "", f"F1 over {score}")
        )
    return pictures

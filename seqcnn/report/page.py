"""The report as one self-contained HTML file."""

from pathlib import Path

import numpy as np

from seqcnn.atomic import write_text
from seqcnn.report import class_figures, figures, track_plots, words
from seqcnn.report.confusion import confused_pairs
from seqcnn.report.pages import template
from seqcnn.report.records import ReportData, Table, Track
from seqcnn.report.track_table import number, primary_metric, reach, track_table, whole_table

__all__ = ["ReportData", "render_report", "report_html"]

LEVEL_WORDS = {"good": "Good", "warning": "Warning", "bad": "Problem"}
FEW_PAIRS, MANY_PAIRS = 10, 20  # confused pairs beside the matrix, and in its place
KIND_WORDS = {
    "multilabel": "each yes or no",
    "multiclass": "one each",
    "signal": "signal regression",
    "binary": "yes or no",
}


def render_report(data: ReportData, path: Path) -> None:
    """Write the report to `path` as one HTML file that needs no network, whole or not at all.

    Sections whose data is absent are left out; figures are SVG inside the page.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    write_text(path, report_html(data))


def report_html(data: ReportData) -> str:
    """The report as HTML text; whatever the data says is escaped."""
    metric = primary_metric(data)
    logos, logo_top = figures.filter_pictures(data)
    matrix = class_figures.confusion_pictures(data)
    return template("report.html.j2").render(
        data=data,
        tiles=_tiles(data, metric),
        table=track_table(data) if data.tracks else None,
        together=whole_table(data),
        track_pictures=figures.track_pictures(data, metric),
        training_pictures=figures.training_pictures(data),
        curve_pictures=figures.curve_pictures(data),
        confusion_pictures=matrix,
        confused=_confused(data, FEW_PAIRS if matrix else MANY_PAIRS),
        mistakes=class_figures.mistake_pictures(data),
        kernels=class_figures.kernel_picture(data),
        agreement_pictures=figures.agreement_pictures(data),
        calibration_summary=figures.calibration_summary(data),
        calibration_pictures=figures.calibration_pictures(data),
        negative_pictures=figures.negative_pictures(data),
        logos=logos,
        logo_top=logo_top,
        level_words=LEVEL_WORDS,
    )


def _confused(data: ReportData, most: int) -> Table | None:
    return None if data.confusion is None else confused_pairs(data.confusion, data.outputs, most)


def _tiles(data: ReportData, metric: str) -> list[tuple[str, str, str]]:
    """The few numbers at the top: (label, value, note)."""
    tiles = []
    shown = data.mean or (data.tracks[0] if len(data.tracks) == 1 else None)
    if shown is not None and metric:
        label = track_plots.metric_label(metric)
        averaged = sum(metric in track.metrics for track in data.tracks) > 1
        title = f"{label}, mean of {data.nouns.outputs}" if averaged else label
        value = shown.metrics.get(metric, track_plots.UNKNOWN)[0]
        tiles.append((title, words.decimal(value), reach(shown.metrics, metric)))
        baseline = track_plots.best_baseline(shown, metric)
        if np.isfinite(baseline):
            name = _baseline_name(shown, metric, baseline)
            tiles.append(("best baseline", words.decimal(baseline), name))
    for name in ("accuracy", "top1_error", "top5_error") if data.kind == "multiclass" else ():
        if shown is not None and name != metric and name in shown.metrics:
            text = number(name, shown.metrics[name][0])
            tiles.append((track_plots.metric_label(name), text, reach(shown.metrics, name)))
    if data.tracks:
        tested = max(track.n for track in data.tracks)
        tiles.append((f"test {data.nouns.examples}", words.whole(tested), ""))
    outputs = data.nouns.outputs if data.kind == "multiclass" else "outputs"
    tiles.append((outputs, words.whole(len(data.outputs)), KIND_WORDS[data.kind]))
    tiles.append(("parameters", words.whole(data.parameters), data.model))
    if data.reproducibility:
        seconds = data.reproducibility.wall_seconds
        tiles.append(("run time", words.duration(seconds), data.reproducibility.device))
    return tiles


def _baseline_name(track: Track, metric: str, value: float) -> str:
    return next(
        name for name, have in track.baselines.items() if have.get(metric, (0,))[0] == value
    )

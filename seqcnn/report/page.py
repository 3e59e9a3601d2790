"""The report as one self-contained HTML file."""

from pathlib import Path

import jinja2
import numpy as np

from seqcnn.atomic import write_text
from seqcnn.report import figures, track_plots, words
from seqcnn.report.records import ReportData, Track
from seqcnn.report.track_table import primary_metric, reach, track_table

__all__ = ["ReportData", "render_report", "report_html"]

LEVEL_WORDS = {"good": "Good", "warning": "Warning", "bad": "Problem"}
KIND_WORDS = {
    "multilabel": "each yes or no",
    "multiclass": "one class each",
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
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            data=data,
            tiles=_tiles(data, metric),
            table=track_table(data) if data.tracks else None,
            track_pictures=figures.track_pictures(data, metric),
            training_pictures=figures.training_pictures(data),
            curve_pictures=figures.curve_pictures(data),
            agreement_pictures=figures.agreement_pictures(data),
            calibration_summary=figures.calibration_summary(data),
            calibration_pictures=figures.calibration_pictures(data),
            negative_pictures=figures.negative_pictures(data),
            logos=logos,
            logo_top=logo_top,
            level_words=LEVEL_WORDS,
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seqcnn.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    for name in ("decimal", "plain", "whole", "percent", "size", "duration"):
        environment.filters[name] = getattr(words, name)
    return environment


def _tiles(data: ReportData, metric: str) -> list[tuple[str, str, str]]:
    """The few numbers at the top: (label, value, note)."""
    tiles = []
    shown = data.mean or (data.tracks[0] if len(data.tracks) == 1 else None)
    if shown is not None and metric:
        label = track_plots.metric_label(metric)
        averaged = sum(metric in track.metrics for track in data.tracks) > 1
        title = f"{label}, mean of tracks" if averaged else label
        value = shown.metrics.get(metric, track_plots.UNKNOWN)[0]
        tiles.append((title, words.decimal(value), reach(shown.metrics, metric)))
        baseline = track_plots.best_baseline(shown, metric)
        if np.isfinite(baseline):
            name = _baseline_name(shown, metric, baseline)
            tiles.append(("best baseline", words.decimal(baseline), name))
    if data.tracks:
        tested = max(track.n for track in data.tracks)
        tiles.append(("test sequences", words.whole(tested), ""))
    tiles.append(("outputs", words.whole(len(data.outputs)), KIND_WORDS[data.kind]))
    tiles.append(("parameters", words.whole(data.parameters), data.model))
    if data.reproducibility:
        seconds = data.reproducibility.wall_seconds
        tiles.append(("run time", words.duration(seconds), data.reproducibility.device))
    return tiles


def _baseline_name(track: Track, metric: str, value: float) -> str:
    return next(
        name for name, have in track.baselines.items() if have.get(metric, (0,))[0] == value
    )

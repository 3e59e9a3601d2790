"""Which figures the page shows of how much data, section by section."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.report import agreement_plots, plots, track_plots
from seqcnn.report.embed import image_uri
from seqcnn.report.logo import letter_heights
from seqcnn.report.records import Agreement, Calibration, Filter, ReportData
from seqcnn.report.words import decimal, percent

MOST_PANELS = 12  # small multiples shown at once
WORST_PANELS = 6  # of these, where a summary stands beside them
MOST_FILTERS = 24


@dataclass(frozen=True)
class Picture:
    """One figure as a data address, its caption, and words for who cannot see it.

    A `crisp` one keeps the edges of its pixels when it is enlarged.
    """

    uri: str
    name: str
    note: str
    alt: str
    crisp: bool = False


def track_pictures(data: ReportData, metric: str) -> list[Picture]:
    """CNN and baselines, track by track, then as one cloud when there are more than three."""
    telling = track_plots.most_telling(data.tracks, metric)
    if not telling and data.mean is not None:
        # A metric of all classes together, such as the MCC of several classes, has no tracks.
        telling = track_plots.most_telling([data.mean], metric)
    if not telling:
        return []
    label = track_plots.metric_label(metric)
    name = f"{label} with 95 % interval"
    note = "" if len(telling) < 2 else "largest gain over the best baseline first"
    if 1 < len(telling) == track_plots.MOST_ROWS < len(data.tracks):
        half = len(telling) // 2
        note = f"of {len(data.tracks)} tracks, the {half} with most and the {half} with least gain"
    figure = track_plots.track_intervals(telling, metric)
    shown = [Picture(image_uri(figure), name, note, f"Dots and intervals of {label} by track")]
    compared = [t for t in data.tracks if np.isfinite(track_plots.gain(t, metric))]
    if len(compared) > 3:
        figure = track_plots.gain_scatter(compared, metric)
        wins = sum(track_plots.gain(track, metric) > 0 for track in compared)
        note = f"the CNN is better on {wins} of {len(compared)} tracks"
        alt = f"Scatter of the CNN's {label} over the best baseline's"
        shown.append(Picture(image_uri(figure), "CNN against best baseline", note, alt))
    if len(compared) > MOST_PANELS:
        figure = track_plots.gain_histogram(compared, metric)
        note = "CNN less best baseline; left of zero the baseline is better"
        shown.append(Picture(image_uri(figure), "Gain", note, "Histogram of gains over all tracks"))
    return shown


def training_pictures(data: ReportData) -> list[Picture]:
    """Loss, and the validation metric where it was measured."""
    members = [member for member in data.members if member.history]
    if not members:
        return []
    note = f"{len(members)} members, one line each" if len(members) > 1 else ""
    shown = [Picture(image_uri(plots.loss_curves(members)), "Loss", note, "Loss by step")]
    if any(row.val_metric is not None for member in members for row in member.history):
        name = data.val_metric_name
        figure = plots.metric_curves(members, name)
        shown.append(
            Picture(image_uri(figure), name[:1].upper() + name[1:], note, f"{name} by step")
        )
    return shown


def curve_pictures(data: ReportData) -> list[Picture]:
    """ROC and precision-recall."""
    if not data.curves:
        return []
    roc = image_uri(plots.roc_curves(data.curves, data.nouns))
    recall = image_uri(plots.precision_recall_curves(data.curves, data.nouns))
    return [
        Picture(roc, "ROC", "", "ROC curves"),
        Picture(recall, "Precision and recall", "", "Precision-recall curves"),
    ]


def agreement_pictures(data: ReportData) -> list[Picture]:
    """Predicted over observed, at most twelve tracks, spread from the best to the worst."""
    many = len(data.agreement) > 1
    notes = {track.name: track.metrics.get("pearson", track_plots.UNKNOWN) for track in data.tracks}
    shown = []
    for agreement in _spread(data.agreement, {name: value[0] for name, value in notes.items()}):
        figure = agreement_plots.observed_predicted(agreement, small=many)
        pearson = notes.get(agreement.name, track_plots.UNKNOWN)[0]
        note = f"Pearson {decimal(pearson)}" if np.isfinite(pearson) else ""
        alt = f"Density of predicted over observed signal of {agreement.name}"
        shown.append(Picture(image_uri(figure), agreement.name, note, alt))
    return shown


def _spread(agreements: Sequence[Agreement], rank: dict[str, float]) -> list[Agreement]:
    if len(agreements) <= MOST_PANELS:
        return list(agreements)
    ranked = sorted(agreements, key=lambda a: -np.nan_to_num(rank.get(a.name, 0.0), nan=-1.0))
    chosen = np.linspace(0, len(ranked) - 1, MOST_PANELS).round().astype(int)
    return [ranked[index] for index in chosen]


def calibration_summary(data: ReportData) -> list[Picture]:
    """Error before and after, one dot a track, where there are more than a page of panels."""
    if len(data.calibration) <= MOST_PANELS:
        return []
    figure = agreement_plots.calibration_errors(data.calibration)
    better = sum(shown.ece_after < shown.ece_before for shown in data.calibration)
    note = (
        f"one dot a track; below the line calibration helped: {better} of {len(data.calibration)}"
    )
    return [Picture(image_uri(figure), "Calibration error", note, "ECE before and after")]


def calibration_pictures(data: ReportData) -> list[Picture]:
    """Reliability of each track, or of the six worst calibrated ones."""
    chosen: list[Calibration] = list(data.calibration)
    if len(chosen) > MOST_PANELS:
        ranked = sorted(chosen, key=lambda c: -np.nan_to_num(c.ece_after, nan=-1.0))
        chosen = ranked[:WORST_PANELS]
    shown = []
    for item in chosen:
        figure = agreement_plots.reliability(item, small=len(data.calibration) > 1)
        kind = "no correction" if item.kind == "none" else item.kind
        note = f"{kind}\nECE {decimal(item.ece_before)} → {decimal(item.ece_after)}"
        alt = f"Reliability of {item.name} before and after calibration"
        shown.append(Picture(image_uri(figure), item.name, note, alt))
    return shown


def negative_pictures(data: ReportData) -> list[Picture]:
    """GC content of positives and negatives, where both are known."""
    made = data.negatives
    if made is None or made.positive_gc is None or made.negative_gc is None:
        return []
    figure = plots.gc_histogram(made.positive_gc, made.negative_gc)
    return [Picture(image_uri(figure), "GC content", "", "Histograms of GC content")]


def filter_pictures(data: ReportData) -> tuple[list[Picture], float]:
    """Logos of the most informative filters, and the bits that their full height stands for."""
    ranked = sorted(data.filters, key=lambda f: -np.nan_to_num(f.information, nan=-1.0))
    chosen: list[Filter] = ranked[:MOST_FILTERS]
    heights = [letter_heights(np.asarray(f.matrix, float), "information") for f in chosen]
    tallest = max((float(h.sum(axis=0).max()) for h in heights), default=0.0)
    top = min(2.0, max(0.5, np.ceil(tallest * 4) / 4))
    shown = []
    for item in chosen:
        figure = plots.filter_logo(item.matrix, top=top, letters=data.letters)
        fires = percent(item.activation_share, 0)
        note = f"{item.information:.1f} bits, fires in {fires} of sequences"
        shown.append(Picture(image_uri(figure), item.name, note, f"Sequence logo of {item.name}"))
    return shown, top

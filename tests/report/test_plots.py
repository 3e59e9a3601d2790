from collections.abc import Callable

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from seqcnn.report import agreement_plots, plots, track_plots
from seqcnn.report.embed import image_uri
from seqcnn.report.records import Agreement, Calibration, HistoryRow, Member, ReportData, Track
from seqcnn.report.style import shortened

NAN = float("nan")


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_many_tracks_are_cut_to_both_ends(make_report: Callable[..., ReportData]) -> None:
    tracks = make_report(164).tracks
    chosen = track_plots.most_telling(tracks, "auprc")
    gains = [track_plots.gain(track, "auprc") for track in tracks]
    expected = sorted(gains, reverse=True)
    assert [track_plots.gain(track, "auprc") for track in chosen] == expected[:15] + expected[-15:]


def test_track_without_the_metric_is_not_drawn() -> None:
    empty = Track("none", 10, 0, {"auprc": (NAN, NAN, NAN)})
    full = Track("some", 10, 4, {"auprc": (0.4, 0.3, 0.5)})
    assert track_plots.most_telling([empty, full], "auprc") == [full]


def test_intervals_name_tracks_in_the_order_given(make_report: Callable[..., ReportData]) -> None:
    figure = track_plots.track_intervals(make_report(3).tracks, "auprc")
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ticks == ["K562", "HepG2", "GM12878"]


def test_one_track_has_a_row_for_each_model(make_report: Callable[..., ReportData]) -> None:
    figure = track_plots.track_intervals(make_report(1).tracks, "auprc")
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ticks == ["CNN", "GC content", "6-mer logistic regression"]


def test_few_curves_are_named_each(make_report: Callable[..., ReportData]) -> None:
    figure = plots.roc_curves(make_report(3).curves)
    assert labels(figure) == ["chance", "K562", "HepG2", "GM12878"]


def test_many_curves_become_a_band_with_best_median_worst(
    make_report: Callable[..., ReportData],
) -> None:
    named = labels(plots.precision_recall_curves(make_report(40).curves))
    assert [name.split(":")[0] for name in named] == [
        "chance (mean track)",
        "10-90 % of tracks",
        "best",
        "median",
        "worst",
    ]


def test_best_step_is_ringed_at_its_loss() -> None:
    rows = [HistoryRow(100, 1, 0.5, 0.4), HistoryRow(200, 2, 0.4, 0.3), HistoryRow(300, 3, 0.3)]
    figure = plots.loss_curves([Member("seed 0", rows, best_step=200)])
    ring = next(line for line in figure.axes[0].lines if line.get_label() == "best step, kept")
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([200], [0.3])


def test_steps_without_a_value_leave_a_gapless_line() -> None:
    rows = [
        HistoryRow(100, 1, val_metric=0.1),
        HistoryRow(200, 2),
        HistoryRow(300, 3, val_metric=NAN),
    ]
    figure = plots.metric_curves([Member("seed 0", rows)], "mean AUPRC")
    assert list(figure.axes[0].lines[0].get_xdata()) == [100]


def test_reliability_zooms_to_rare_positives() -> None:
    points = np.array([[0.01, 0.01, 900.0], [0.1, 0.12, 30]])
    figure = agreement_plots.reliability(Calibration("t", "isotonic", points, points, 0.1, 0.1))
    assert figure.axes[0].get_xlim()[1] == pytest.approx(0.1296)


def test_reliability_without_points_draws_an_empty_panel() -> None:
    none = np.empty((0, 3))
    figure = agreement_plots.reliability(Calibration("t", "none", none, none, NAN, NAN))
    assert image_uri(figure).startswith("data:image/svg+xml;base64,")


def test_agreement_leaves_out_nan() -> None:
    values = np.array([0.0, 1, np.nan, 2])
    figure = agreement_plots.observed_predicted(Agreement("t", values, values[::-1].copy()))
    counts = figure.axes[0].collections[0].get_array()
    assert counts is not None and counts.sum() == 2


def test_constant_signal_is_drawn() -> None:
    zeros = np.zeros(5)
    figure = agreement_plots.observed_predicted(Agreement("t", zeros, zeros), small=False)
    assert image_uri(figure).startswith("data:")


def test_gain_bins_hold_every_track(make_report: Callable[..., ReportData]) -> None:
    figure = track_plots.gain_histogram(make_report(30).tracks, "auprc")
    assert sum(bar.get_height() for bar in figure.axes[0].patches) == 30


def test_same_figure_gives_the_same_text(make_report: Callable[..., ReportData]) -> None:
    curves = make_report(2).curves
    assert image_uri(plots.roc_curves(curves)) == image_uri(plots.roc_curves(curves))


def test_settings_of_the_user_stay_as_they_are(make_report: Callable[..., ReportData]) -> None:
    with matplotlib.rc_context({"font.size": 33.0}):
        image_uri(plots.roc_curves(make_report(2).curves))
        assert matplotlib.rcParams["font.size"] == 33.0


def test_long_name_loses_its_middle() -> None:
    assert shortened("right lobe of liver, male adult (32 years)", 20) == "right lobe o… years)"

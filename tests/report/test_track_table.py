from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqcnn.report.records import Interval, ReportData, Track
from seqcnn.report.track_table import primary_metric, track_table

NAN = float("nan")


def track(cnn: float, baseline: float, gain: Interval | None = None) -> Track:
    one: dict[str, Interval] = {"auprc": (cnn, cnn - 0.1, cnn + 0.1)}
    return Track("K562", 100, 10, one, {"6-mer": {"auprc": (baseline, NAN, NAN)}}, gain)


def only(data: ReportData, shown: Track) -> ReportData:
    return replace(data, tracks=[shown], mean=None)


def test_best_model_is_marked(make_report: Callable[..., ReportData]) -> None:
    row = track_table(only(make_report(1), track(0.5, 0.6))).rows[0]
    assert [cell.best for cell in row.cells[0]] == [False, True]


def test_models_with_the_same_printed_number_are_both_best(
    make_report: Callable[..., ReportData],
) -> None:
    row = track_table(only(make_report(1), track(0.50001, 0.50002))).rows[0]
    assert [cell.best for cell in row.cells[0]] == [True, True]


def test_undefined_metric_is_a_dash_and_never_best(make_report: Callable[..., ReportData]) -> None:
    row = track_table(only(make_report(1), track(NAN, 0.6))).rows[0]
    assert [(cell.text, cell.best) for cell in row.cells[0]] == [
        ("\N{EN DASH}", False),
        (".600", True),
    ]


def test_gain_is_cnn_less_best_baseline(make_report: Callable[..., ReportData]) -> None:
    row = track_table(only(make_report(1), track(0.5, 0.4))).rows[0]
    assert row.gain is not None
    assert (row.gain.text, row.outcome) == ("+.100", "win")


def test_gain_whose_interval_holds_zero_is_neither_win_nor_loss(
    make_report: Callable[..., ReportData],
) -> None:
    row = track_table(only(make_report(1), track(0.5, 0.4, (0.1, -0.02, 0.2)))).rows[0]
    assert row.outcome == ""


def test_interval_below_zero_is_spelled_with_to(make_report: Callable[..., ReportData]) -> None:
    row = track_table(only(make_report(1), track(0.05, 0.4))).rows[0]
    assert row.cells[0][0].interval == "\N{MINUS SIGN}.050 to .150"


def test_metrics_keep_their_usual_order(make_report: Callable[..., ReportData]) -> None:
    assert track_table(make_report(2)).metrics == ["AUROC", "AUPRC", "MCC", "F1"]


def test_primary_metric_of_a_signal_is_pearson(make_report: Callable[..., ReportData]) -> None:
    assert primary_metric(make_report(2, "signal")) == "pearson"


def test_unknown_metric_is_shown_after_the_known(make_report: Callable[..., ReportData]) -> None:
    shown = Track("K562", 5, None, {"r2": (0.1, NAN, NAN), "pearson": (0.4, NAN, NAN)})
    assert track_table(only(make_report(1), shown)).metrics == ["Pearson", "r2"]
    assert np.isfinite(track_table(only(make_report(1), shown)).rows[0].cells[1][0].sort)

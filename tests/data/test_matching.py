"""Pairing by nearness, and the distance of distributions."""

import json

import numpy as np
import pytest
from scipy.stats import ks_2samp

from seqcnn.data.matching import MatchReport, ks_distance, match_nearest


def test_nearest_value_is_taken_and_used_once() -> None:
    offered = np.array([0.5, 0.1, 0.52])
    match = match_nearest(np.array([0.5, 0.51, 0.5, 0.12]), offered, 0.05)
    assert match.tolist() == [0, 2, -1, 1]


def test_values_farther_than_the_tolerance_are_left() -> None:
    assert match_nearest(np.array([0.2]), np.array([0.3]), 0.05).tolist() == [-1]
    assert match_nearest(np.array([0.2]), np.empty(0), 0.05).tolist() == [-1]


def test_pairs_are_those_of_a_plain_search() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        wanted, offered = rng.random(25), rng.random(40)
        free = set(range(40))
        for value, pick in zip(wanted, match_nearest(wanted, offered, 0.1), strict=True):
            best = min(free, key=lambda i: abs(offered[i] - value))
            expected = best if abs(offered[best] - value) <= 0.1 else -1
            assert pick == expected
            free.discard(expected)


def test_distance_is_scipys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 1, 80).round(1), rng.normal(0.4, 1, 50).round(1)
    assert ks_distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)


def test_report_is_json_and_says_a_shortfall() -> None:
    gc = np.array([0.42, 0.58])
    report = MatchReport.of(
        requested=4,
        positive_gc=gc,
        offered_gc=np.array([0.1]),
        negative_gc=gc,
        differences=np.array([0.01, -0.03]),
        complete=True,
    )
    assert report.mean_gc_difference == pytest.approx(0.02)
    assert (report.ks_distance, report.ks_distance_before) == (0, 1)
    assert report.after[8] == report.after[11] == 0.5
    assert report.lines()[-1].startswith("shortfall: 2 (50.0%)")
    assert json.loads(json.dumps(report.to_dict()))["found"] == 2

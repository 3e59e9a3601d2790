import numpy as np
import pytest
from sklearn import metrics as oracle

from seqcnn.training.curves import best_thresholds, pr_points, reliability_bins, roc_points


def rows(number=3000, seed=0):
    generator = np.random.default_rng(seed)
    scores = np.round(generator.random(number), 3)
    return scores, (generator.random(number) < scores).astype(np.float32)


def test_roc_points_keep_the_area_when_decimated():
    scores, targets = rows()
    x, y = roc_points(scores, targets, 200)
    assert len(x) <= 200
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(oracle.roc_auc_score(targets, scores), abs=1e-3)


def test_pr_points_lie_on_the_curve_of_scikit_learn():
    scores, targets = rows()
    recall, precision = pr_points(scores, targets, 100)
    wanted_precision, wanted_recall, _ = oracle.precision_recall_curve(targets, scores)
    known = set(zip(wanted_recall.round(9), wanted_precision.round(9), strict=True))
    assert set(zip(recall.round(9), precision.round(9), strict=True)) <= known
    assert recall[-1] == 1


def test_curves_of_one_class_are_empty():
    assert len(roc_points(np.arange(3.0), np.ones(3))[0]) == 0
    assert len(pr_points(np.arange(3.0), np.zeros(3))[0]) == 0


def test_the_best_threshold_has_the_highest_mcc_of_all():
    scores, targets = rows(300)
    chosen = best_thresholds(scores[:, None], targets[:, None])[0]
    every = [oracle.matthews_corrcoef(targets, scores >= value) for value in np.unique(scores)]
    assert oracle.matthews_corrcoef(targets, scores >= chosen) == pytest.approx(max(every))


def test_the_threshold_is_midway_between_two_scores():
    assert best_thresholds(np.array([[0.1], [0.3], [0.7]]), np.array([[0], [0], [1]])) == 0.5


def test_without_both_classes_or_skill_the_threshold_is_one_half():
    assert best_thresholds(np.array([[0.1], [0.3]]), np.array([[1], [1]])) == 0.5
    assert best_thresholds(np.array([[0.1], [0.3]]), np.array([[1], [0]])) == 0.5


def test_reliability_of_a_hand_made_case():
    found = reliability_bins(np.array([0.1, 0.1, 0.8, 0.8]), np.array([0, 1, 1, 1]), bins=2)
    np.testing.assert_allclose(found.predicted, [0.1, 0.8])
    np.testing.assert_allclose(found.seen, [0.5, 1.0])
    assert found.rows.tolist() == [2, 2]
    assert found.error == pytest.approx((0.4 * 2 + 0.2 * 2) / 4)


def test_equal_probabilities_share_a_bin():
    found = reliability_bins(np.full(100, 0.25), np.arange(100) % 4 == 0, bins=10)
    assert found.rows.tolist() == [100]
    assert found.error == 0

import json
import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as oracle

from seqcnn.training import metrics


def tied_rows(tracks=3, rows=200, seed=1):
    """Scores on a grid of 0.1, so that ties are many, and targets that they half explain."""
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 11, (rows, tracks)).astype(np.float32) / np.float32(10)
    targets = (generator.random((rows, tracks)) < 0.1 + 0.5 * scores).astype(np.float32)
    return scores, targets


def test_auroc_and_auprc_of_tied_scores_equal_scikit_learn():
    scores, targets = tied_rows()
    np.testing.assert_allclose(
        metrics.auroc(scores, targets), oracle.roc_auc_score(targets, scores, average=None)
    )
    np.testing.assert_allclose(
        metrics.auprc(scores, targets),
        oracle.average_precision_score(targets, scores, average=None),
    )


def test_auroc_of_a_hand_counted_case_is_five_sixths():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert metrics.auroc(scores, np.array([1, 0, 1, 0, 0]))[0] == pytest.approx(5 / 6)


def test_threshold_scores_equal_scikit_learn():
    scores, targets = tied_rows()
    measured = metrics.classification_metrics(scores, targets, thresholds=0.55, replicates=2)
    called = scores >= 0.55
    for t, track in enumerate(measured.tracks):
        wanted = {
            "mcc": oracle.matthews_corrcoef(targets[:, t], called[:, t]),
            "f1": oracle.f1_score(targets[:, t], called[:, t]),
            "accuracy": oracle.accuracy_score(targets[:, t], called[:, t]),
            "balanced_accuracy": oracle.balanced_accuracy_score(targets[:, t], called[:, t]),
        }
        for name, value in wanted.items():
            assert track[name].value == pytest.approx(value), name
    np.testing.assert_allclose(
        metrics.mcc(scores, targets, 0.55), [track["mcc"].value for track in measured.tracks]
    )


def test_each_track_has_its_own_threshold():
    scores = np.array([[0.2, 0.2], [0.6, 0.6]])
    targets = np.array([[0, 1], [1, 0]])
    measured = metrics.classification_metrics(
        scores, targets, thresholds=np.array([0.5, 0.1]), replicates=1
    )
    assert [track["accuracy"].value for track in measured.tracks] == [1.0, 0.5]


def test_intervals_equal_a_brute_force_cluster_bootstrap():
    scores, targets = tied_rows(tracks=2)
    groups = np.arange(200) // 10 * 7  # 20 blocks with gaps in their numbers
    measured = metrics.classification_metrics(scores, targets, groups=groups, seed=5, replicates=60)
    generator = np.random.default_rng(5)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    values = []
    for _ in range(60):
        rows = np.concatenate([members[g] for g in generator.integers(0, 20, 20)])
        values.append(oracle.roc_auc_score(targets[rows], scores[rows], average=None))
    low, high = np.quantile(values, (0.025, 0.975), axis=0)
    for t in range(2):
        assert measured.tracks[t]["auroc"][1:] == pytest.approx((low[t], high[t]))
    mean_low, mean_high = np.quantile(np.mean(values, axis=1), (0.025, 0.975))
    assert measured.mean["auroc"][1:] == pytest.approx((mean_low, mean_high))


def test_regression_intervals_equal_a_brute_force_bootstrap_with_ties():
    generator = np.random.default_rng(2)
    targets = np.round(generator.normal(size=(120, 2)), 1) + 100
    predicted = np.round(targets + generator.normal(size=(120, 2)), 1)
    measured = metrics.regression_metrics(predicted, targets, seed=3, replicates=40)
    generator = np.random.default_rng(3)
    pearson, spearman = [], []
    for _ in range(40):
        rows = generator.integers(0, 120, 120)
        pearson.append(stats.pearsonr(predicted[rows, 1], targets[rows, 1])[0])
        spearman.append(stats.spearmanr(predicted[rows, 1], targets[rows, 1])[0])
    for name, values in (("pearson", pearson), ("spearman", spearman)):
        wanted = np.quantile(values, (0.025, 0.975))
        assert measured.tracks[1][name][1:] == pytest.approx(tuple(wanted)), name


def test_correlations_equal_scipy_and_leave_out_rows_without_a_target():
    generator = np.random.default_rng(4)
    predicted, targets = generator.integers(0, 9, (2, 80, 2)).astype(np.float32)
    targets[::5, 0] = np.nan
    kept = np.isfinite(targets[:, 0])
    x, y = predicted[kept, 0], targets[kept, 0]
    assert metrics.pearson(predicted, targets)[0] == pytest.approx(stats.pearsonr(x, y)[0])
    assert metrics.spearman(predicted, targets)[0] == pytest.approx(stats.spearmanr(x, y)[0])
    measured = metrics.regression_metrics(predicted, targets, replicates=2)
    assert measured.tracks[0]["mse"].value == pytest.approx(((x - y) ** 2).mean())
    assert measured.counts[0] == {"rows": 64}


def test_constant_predictions_have_no_correlation_and_say_so():
    targets = np.arange(10.0)[:, None]
    measured = metrics.regression_metrics(
        np.full((10, 1), 0.1), targets, replicates=5, names=["liver"]
    )
    assert math.isnan(measured.tracks[0]["pearson"].value)
    assert math.isnan(measured.tracks[0]["spearman"].value)
    assert measured.notes == ("liver: all predictions are equal, so no correlation is defined",)


def test_a_track_of_one_class_is_undefined_and_left_out_of_the_mean():
    scores, targets = tied_rows(tracks=2)
    targets[:, 1] = 0
    measured = metrics.classification_metrics(
        scores, targets, replicates=20, names=["liver", "brain"]
    )
    assert all(math.isnan(number) for number in measured.tracks[1]["auroc"])
    assert measured.mean["auroc"] == pytest.approx(measured.tracks[0]["auroc"])
    assert measured.notes == ("brain: all 200 rows are negative, so no score is defined",)


def test_predictions_that_are_not_finite_are_said_and_not_measured():
    scores, targets = tied_rows(tracks=1)
    scores[3] = np.nan
    measured = metrics.classification_metrics(scores, targets, replicates=2)
    assert math.isnan(measured.mean["auroc"].value)
    assert measured.notes == ("output 0: predictions are not finite, nothing can be measured",)


def test_no_row_with_a_target_is_said():
    measured = metrics.classification_metrics(
        np.zeros((3, 1)), np.full((3, 1), np.nan), replicates=2
    )
    assert measured.notes == ("output 0: no row has a target, nothing can be measured",)


def test_a_single_group_has_no_spread():
    scores, targets = tied_rows(tracks=1)
    measured = metrics.classification_metrics(
        scores, targets, groups=np.zeros(200, int), replicates=5
    )
    value, low, high = measured.mean["auroc"]
    assert value == low == high


def test_positives_in_one_group_have_a_value_but_no_interval_and_that_is_said():
    targets = np.zeros((40, 1))
    targets[7] = 1
    measured = metrics.classification_metrics(
        np.arange(40.0)[:, None], targets, groups=np.arange(40) // 4, replicates=200
    )
    assert measured.mean["auroc"].value == pytest.approx(7 / 39)
    assert math.isnan(measured.mean["auroc"].low)
    assert measured.notes == (
        "output 0: positives or negatives are in too few groups for an interval",
    )


def test_multiclass_scores_equal_scikit_learn():
    generator = np.random.default_rng(6)
    classes = generator.integers(0, 3, 150)
    probabilities = generator.dirichlet((1, 1, 1), 150) + 0.5 * np.eye(3)[classes]
    probabilities /= probabilities.sum(1, keepdims=True)
    called = probabilities.argmax(1)
    measured = metrics.multiclass_metrics(probabilities, classes, replicates=3)
    wanted = {
        "accuracy": oracle.accuracy_score(classes, called),
        "mcc": oracle.matthews_corrcoef(classes, called),
        "auroc": oracle.roc_auc_score(classes, probabilities, multi_class="ovr"),
        "f1": oracle.f1_score(classes, called, average="macro"),
    }
    for name, value in wanted.items():
        assert measured.mean[name].value == pytest.approx(value), name
    assert set(measured.tracks[0]) == {"auroc", "auprc", "f1"}


@pytest.mark.parametrize("classes", [5, 6, 20])
def test_top_5_accuracy_equals_scikit_learn(classes):
    generator = np.random.default_rng(classes)
    truth = generator.integers(0, classes, 200)
    probabilities = generator.dirichlet(np.ones(classes), 200)
    measured = metrics.multiclass_metrics(probabilities, truth, replicates=20)
    top5 = measured.mean["top5_accuracy"]
    if classes == 5:
        assert top5 == (1, 1, 1)
    else:
        wanted = oracle.top_k_accuracy_score(truth, probabilities, k=5, labels=range(classes))
        assert top5.value == pytest.approx(wanted) and top5.low < top5.value < top5.high


def test_top_5_accuracy_is_resampled_by_groups():
    generator = np.random.default_rng(9)
    truth, groups = generator.integers(0, 9, 60), np.repeat(np.arange(12), 5)
    probabilities = generator.dirichlet(np.ones(9), 60)
    measured = metrics.multiclass_metrics(
        probabilities, truth, groups=groups, seed=4, replicates=30
    )
    generator = np.random.default_rng(4)
    values = []
    for _ in range(30):
        drawn = generator.integers(0, 12, 12)
        rows = np.concatenate([np.flatnonzero(groups == group) for group in drawn])
        values.append(
            oracle.top_k_accuracy_score(truth[rows], probabilities[rows], k=5, labels=range(9))
        )
    wanted = np.quantile(values, (0.025, 0.975))
    assert measured.mean["top5_accuracy"][1:] == pytest.approx(tuple(wanted))


def test_equal_probabilities_are_ranked_by_their_columns():
    measured = metrics.multiclass_metrics(np.full((8, 8), 1 / 8), np.arange(8), replicates=2)
    assert measured.mean["top5_accuracy"].value == 5 / 8
    assert measured.mean["accuracy"].value == 1 / 8


def test_top_5_accuracy_leaves_out_rows_without_a_class():
    probabilities = np.tile(np.arange(7.0, 0, -1) / 28, (4, 1))
    measured = metrics.multiclass_metrics(probabilities, np.array([0, -1, 6, 4]), replicates=2)
    assert measured.mean["top5_accuracy"].value == pytest.approx(2 / 3)


def test_a_class_number_without_a_column_is_refused():
    with pytest.raises(ValueError, match="class 3 has no column among 3"):
        metrics.multiclass_metrics(np.eye(3), np.array([0, 1, 3]))


def test_the_paired_difference_of_equal_scores_is_exactly_zero():
    scores, targets = tied_rows()
    assert metrics.compare("auroc", scores, scores**2, targets, replicates=20) == (0, 0, 0)


def test_the_paired_difference_is_narrower_than_the_two_intervals():
    scores, targets = tied_rows(tracks=1, rows=400)
    worse = scores + np.random.default_rng(0).normal(0, 0.05, scores.shape)
    difference = metrics.compare("auroc", scores, worse, targets, seed=1, replicates=100)
    alone = metrics.classification_metrics(scores, targets, seed=1, replicates=100).mean["auroc"]
    assert difference.value == pytest.approx(
        metrics.auroc(scores, targets)[0] - metrics.auroc(worse, targets)[0]
    )
    assert difference.high - difference.low < 0.5 * (alone.high - alone.low)


def test_an_unknown_metric_lists_the_known():
    scores, targets = tied_rows()
    with pytest.raises(ValueError, match="unknown metric 'auc'; known: auroc, auprc"):
        metrics.compare("auc", scores, scores, targets)


def test_metrics_become_json_with_none_for_undefined():
    scores, targets = tied_rows(tracks=1)
    measured = metrics.classification_metrics(scores, 0 * targets, replicates=2)
    text = json.dumps(measured.to_dict(), allow_nan=False)
    assert json.loads(text)["mean"]["auroc"] == [None, None, None]


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"scores have shape \(3, 1\), targets \(3, 2\)"):
        metrics.auroc(np.zeros((3, 1)), np.zeros((3, 2)))

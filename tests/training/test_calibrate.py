import json

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_softmax
from sklearn.isotonic import IsotonicRegression

from seqcnn.errors import InputError
from seqcnn.training.calibrate import Calibration, fit_calibration, uncalibrated
from seqcnn.training.metrics import auroc
from seqcnn.training.monotone import fit_line, pool


def overconfident(number=4000, scale=3.0, bias=1.0, seed=0):
    """Logits `scale` times too large and shifted, with labels from the true ones."""
    generator = np.random.default_rng(seed)
    true = generator.normal(-1, 1.5, number)
    labels = (generator.random(number) < expit(true)).astype(np.float64)
    return (scale * true + bias)[:, None], labels[:, None]


def test_the_line_minimises_the_loss_that_platt_wrote():
    logits, labels = overconfident(500)
    x, positives = logits[:, 0], labels[:, 0].sum()
    high, low = (positives + 1) / (positives + 2), 1 / (500 - positives + 2)
    y = np.where(labels[:, 0] > 0, high, low)

    def loss(line):
        z = line[0] * x + line[1]
        return (np.logaddexp(0, z) - y * z).sum()

    wanted = minimize(loss, [0.3, 0.0], method="Nelder-Mead", options={"xatol": 1e-8}).x
    np.testing.assert_allclose(fit_line(x, labels[:, 0]), wanted, rtol=1e-4)


def test_temperature_recovers_the_scale_and_bias():
    logits, labels = overconfident(20000)
    line = fit_calibration(logits, labels, kind="temperature").tracks[0].mapping
    assert line.scale == pytest.approx(1 / 3, rel=0.05)
    assert line.bias == pytest.approx(-1 / 3, abs=0.05)


def test_separable_rows_give_a_finite_scale():
    x = np.linspace(-1, 1, 100)[:, None]
    found = fit_calibration(x, (x > 0).astype(float), kind="temperature")
    assert 0 < found.tracks[0].mapping.scale < 1000


def test_pooled_blocks_equal_scikit_learn():
    generator = np.random.default_rng(1)
    x = np.sort(np.round(generator.normal(size=300), 1))
    y = (generator.random(300) < expit(x)).astype(float)
    _, count, total = pool(x, y)
    wanted = IsotonicRegression().fit(x, y).predict(x)
    np.testing.assert_allclose(np.repeat(total / count, count.astype(int)), wanted)


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_never_changes_the_order_of_predictions(kind):
    logits, labels = overconfident()
    found = fit_calibration(logits, labels, kind=kind)
    wide, wide_labels = overconfident(scale=4.0, seed=9)  # beyond the fitted range too
    assert found.tracks[0].kind == kind
    assert auroc(found.apply(wide), wide_labels) == auroc(wide, wide_labels)


@pytest.mark.parametrize("kind", ["temperature", "isotonic", "auto"])
def test_calibration_lowers_the_error_on_new_rows(kind):
    found = fit_calibration(*overconfident(), kind=kind)
    (entry,) = found.report(*overconfident(seed=5))
    assert entry["after"]["ece"] < 0.03 < entry["before"]["ece"]
    assert entry["after"]["brier"] < entry["before"]["brier"]
    assert entry["after"]["log_loss"] < entry["before"]["log_loss"]
    assert sum(entry["after"]["count"]) == 4000


def test_auto_takes_a_line_where_the_truth_is_a_line():
    track = fit_calibration(*overconfident()).tracks[0]
    assert track.kind == "temperature"
    assert track.why.startswith("cross-validated log-loss: none ")


def test_auto_takes_isotonic_where_the_truth_is_bent():
    generator = np.random.default_rng(3)
    logits = generator.normal(0, 3, (6000, 1))
    share = np.where(logits > 0, 0.9, 0.1)  # a step, which no line follows
    labels = (generator.random((6000, 1)) < share).astype(float)
    assert fit_calibration(logits, labels).tracks[0].kind == "isotonic"


def test_auto_with_few_positives_leaves_the_logits_alone():
    track = fit_calibration(np.arange(100.0)[:, None], np.arange(100)[:, None] > 94).tracks[0]
    assert track.kind == "none"
    assert track.why == "only 5 validation rows of the rarer class; too few to calibrate"


def test_logits_that_fall_with_the_target_are_not_reversed():
    logits, labels = overconfident()
    track = fit_calibration(-logits, labels).tracks[0]
    assert track.kind == "none"
    assert "reverse" in track.why


def test_one_group_cannot_be_cross_validated():
    logits, labels = overconfident()
    track = fit_calibration(logits, labels, groups=np.zeros(4000)).tracks[0]
    assert track.why == "too few independent groups to choose by cross-validation"


@pytest.mark.parametrize("kind", ["none", "temperature", "isotonic"])
def test_json_round_trip_is_exact(kind):
    found = fit_calibration(*overconfident(), kind=kind)
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_broken_record_is_an_input_error():
    with pytest.raises(InputError, match="calibration in this bundle cannot be read"):
        Calibration.from_dict({"classes": False, "tracks": [{"kind": "magic", "why": ""}]})


def test_an_unknown_kind_lists_the_known():
    with pytest.raises(InputError, match="'platt' is not known; use auto, none, temperature"):
        fit_calibration(*overconfident(50), kind="platt")


def test_rows_without_a_target_are_left_out():
    logits, labels = overconfident()
    missing = np.concatenate([labels, np.full((100, 1), np.nan)])
    padded = np.concatenate([logits, np.zeros((100, 1))])
    assert (
        fit_calibration(padded, missing, kind="temperature").tracks
        == fit_calibration(logits, labels, kind="temperature").tracks
    )


def test_classes_that_are_all_called_right_are_left_as_they_are():
    classes = np.arange(300) % 3
    track = fit_calibration(2.0 * np.eye(3)[classes], classes).tracks[0]
    assert (track.kind, track.mapping) == ("none", None)
    assert "every validation row is called right" in track.why


def test_classes_share_one_temperature():
    generator = np.random.default_rng(4)
    true = generator.normal(0, 1.5, (8000, 3))
    classes = (log_softmax(true, 1) + generator.gumbel(size=true.shape)).argmax(1)
    found = fit_calibration(4 * true, classes)
    assert found.tracks[0].mapping.scale == pytest.approx(0.25, rel=0.06)
    np.testing.assert_allclose(found.apply(true).sum(1), 1)
    (entry,) = found.report(4 * true, classes)
    assert entry["after"]["ece"] < 0.03 < entry["before"]["ece"]


def test_uncalibrated_is_the_plain_sigmoid():
    logits = np.array([[0.0, 2.0]])
    np.testing.assert_allclose(uncalibrated(2).apply(logits), expit(logits))


def drawn_too_often(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that take the third class for e^2 times as likely as it is, and true classes."""
    generator = np.random.default_rng(seed)
    true = 2 * generator.normal(size=(4000, 3))
    classes = (log_softmax(true, 1) + generator.gumbel(size=true.shape)).argmax(1)
    return true + np.array([0, 0, 2.0]), classes


def test_a_shift_of_a_class_undoes_draws_that_made_it_common():
    logits, classes = drawn_too_often()
    (track,) = fit_calibration(logits, classes).tracks
    assert track.kind == "shifts"
    assert track.mapping.scale == pytest.approx(1, abs=0.1)
    biases = np.array(track.mapping.biases)
    assert biases - biases[0] == pytest.approx([0, 0, -2], abs=0.15)


def test_shifts_come_back_exactly_from_json():
    logits, classes = drawn_too_often()
    found = fit_calibration(logits, classes, kind="shifts")
    again = Calibration.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    np.testing.assert_array_equal(again.apply(logits), found.apply(logits))
    assert found.apply(logits).sum(1) == pytest.approx(np.ones(4000))


def test_shifts_of_classes_without_rows_are_none():
    logits, classes = drawn_too_often()
    wider = np.concatenate([logits, np.full((4000, 1), -1e4)], axis=1)
    (track,) = fit_calibration(wider, classes, kind="shifts").tracks
    assert track.mapping.biases[3] == pytest.approx(0, abs=1e-3)

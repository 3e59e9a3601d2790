import numpy as np
import pytest

from seqcnn.training.baselines import run_baselines
from seqcnn.training.metrics import auroc, multiclass_metrics, pearson

MOTIF = np.array([1, 0, 1, 2, 3, 2], np.uint8)  # CACGTG


def planted(rows, seed, motif=MOTIF):
    """Half of the sequences hold the motif; GC content does not tell them apart."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (rows, 60)).astype(np.uint8)
    labels = (np.arange(rows) % 2).astype(np.float32)[:, None]
    for row in range(1, rows, 2):
        start = generator.integers(0, 54)
        codes[row, start : start + 6] = motif
    return codes, labels


def splits():
    return (*planted(600, 0), *planted(200, 1), *planted(200, 2))


def test_six_mers_find_a_planted_motif_and_gc_content_does_not():
    *given, test, labels = splits()
    found = run_baselines(*given, test, labels, kind="binary")
    assert list(found) == ["GC content", "6-mer"]
    assert found["6-mer"].scores.shape == (200, 1)
    assert auroc(found["6-mer"].scores, labels)[0] > 0.97
    assert abs(auroc(found["GC content"].scores, labels)[0] - 0.5) < 0.1


def test_gc_content_alone_separates_rich_from_poor():
    generator = np.random.default_rng(0)
    labels = (np.arange(300) % 2).astype(np.float32)[:, None]
    rich = generator.choice(4, (300, 40), p=(0.1, 0.4, 0.4, 0.1))
    poor = generator.choice(4, (300, 40), p=(0.4, 0.1, 0.1, 0.4))
    codes = np.where(labels > 0, rich, poor).astype(np.uint8)
    found = run_baselines(codes, labels, codes, labels, codes, labels, kind="binary", ks=())
    assert auroc(found["GC content"].scores, labels)[0] > 0.99


def test_test_targets_do_not_change_the_scores():
    *given, test, labels = splits()
    one = run_baselines(*given, test, labels, kind="binary")["6-mer"]
    other = run_baselines(*given, test, 1 - labels, kind="binary")["6-mer"]
    np.testing.assert_array_equal(one.scores, other.scores)


def test_sequences_may_come_from_a_function_of_rows():
    train, y, *rest = splits()
    one = run_baselines(train, y, *rest, kind="binary")["6-mer"]
    other = run_baselines(lambda rows: train[rows], y, *rest, kind="binary")["6-mer"]
    np.testing.assert_array_equal(one.scores, other.scores)


def test_fewer_rows_are_fitted_when_asked_and_all_test_rows_scored():
    found = run_baselines(*splits(), kind="binary", max_rows=100)["6-mer"]
    assert found.settings["rows"] == 100
    assert len(found.validation) == len(found.validation_rows) == 100
    assert len(found.scores) == 200


def test_stranded_words_tell_a_motif_from_its_reverse_complement():
    def strands(rows, seed):
        forward, _ = planted(rows, seed, np.array([0, 0, 1, 1, 0, 1], np.uint8))
        labels = (np.arange(rows) // 2 % 2).astype(np.float32)[:, None]
        codes = np.where(labels > 0, forward, 3 - forward[:, ::-1]).astype(np.uint8)
        return codes[1::2], labels[1::2]  # each holds the motif, on one strand or the other

    given = (*strands(800, 0), *strands(300, 1), *strands(400, 2))
    stranded = run_baselines(*given, kind="binary", stranded=True)["6-mer"]
    canonical = run_baselines(*given, kind="binary")["6-mer"]
    assert auroc(stranded.scores, given[-1])[0] > 0.95
    assert auroc(canonical.scores, given[-1])[0] < 0.7
    assert stranded.settings["columns"] == 4096


def test_regression_predicts_how_often_the_motif_occurs():
    parts = []
    for codes, labels in (planted(600, 0), planted(200, 1), planted(200, 2)):
        parts += [codes, np.concatenate([2 * labels, np.full_like(labels, np.nan)], axis=1)]
    parts[1][:, 1] = parts[1][:, 0]
    found = run_baselines(*parts, kind="regression")["6-mer"]
    assert found.scores.shape == (200, 2)
    assert pearson(found.scores[:, :1], parts[-1][:, :1])[0] > 0.8


def test_classes_get_probabilities_that_sum_to_one():
    motifs = (MOTIF, MOTIF[::-1].copy(), np.array([0, 0, 0, 2, 2, 3], np.uint8))
    parts = []
    for seed, rows in ((0, 900), (1, 300), (2, 300)):
        classes = np.arange(rows) % 3
        codes = np.concatenate([planted(2 * rows, seed, motif)[0][1::2][None] for motif in motifs])
        parts += [codes[classes, np.arange(rows)], classes]
    found = run_baselines(*parts, kind="multiclass")["6-mer"]
    np.testing.assert_allclose(found.scores.sum(1), 1, rtol=1e-5)
    assert multiclass_metrics(found.scores, parts[-1], replicates=1).mean["accuracy"].value > 0.8


def test_a_validation_set_of_one_class_is_said():
    train, y, validation, labels, test, wanted = splits()
    found = run_baselines(train, y, validation, 0 * labels, test, wanted, kind="binary")["6-mer"]
    assert found.settings["penalty"] == pytest.approx(1e-3)
    assert "not chosen" in found.settings["note"]
    assert auroc(found.scores, wanted)[0] > 0.9


def test_sequences_without_a_letter_are_scored():
    train, y, validation, labels, *_ = splits()
    blank = np.full((3, 60), 4, np.uint8)
    found = run_baselines(train, y, validation, labels, blank, np.zeros((3, 1)), kind="binary")
    assert all(np.isfinite(baseline.scores).all() for baseline in found.values())


def test_a_test_row_scores_the_same_whatever_the_other_test_rows_are():
    *given, test, labels = splits()
    one = run_baselines(*given, test, labels, kind="binary")["6-mer"]
    other = run_baselines(*given, test[:3], labels[:3], kind="binary")["6-mer"]
    np.testing.assert_allclose(other.scores, one.scores[:3], rtol=1e-5)

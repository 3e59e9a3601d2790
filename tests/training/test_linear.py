import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from sklearn.linear_model import LogisticRegression, Ridge

from seqcnn.training.linear import Design, design, fit_path


def problem(seed=0, rows=300, features=12):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, features)).astype(np.float32)
    z = x @ generator.normal(size=(features, 2)).astype(np.float32)
    return x, z + generator.normal(size=z.shape).astype(np.float32)


def plain(x):
    return Design(x, np.zeros(x.shape[1], np.float32), np.ones(x.shape[1], np.float32))


def last(path):
    *_, (_, weights, bias) = path
    return weights, bias


def test_logistic_weights_equal_scikit_learn_for_every_track():
    x, z = problem()
    y = (z > 0).astype(np.float32)
    weights, bias = last(fit_path(plain(x), y, "logistic", (0.1, 0.01), iterations=500))
    for t in range(2):
        wanted = LogisticRegression(C=1 / (0.01 * 300), tol=1e-8).fit(x, y[:, t])
        np.testing.assert_allclose(weights[:, t], wanted.coef_[0], rtol=0.05, atol=0.01)
        assert bias[t] == pytest.approx(wanted.intercept_[0], abs=0.03)


def test_least_squares_leave_missing_targets_out_of_their_track():
    x, y = problem()
    y[::3, 0] = np.nan
    weights, _ = last(fit_path(plain(x), y, "squared", (1.0, 0.01), iterations=500))
    for t in range(2):
        kept = np.isfinite(y[:, t])
        wanted = Ridge(alpha=0.01 * kept.sum()).fit(x[kept], y[kept, t])
        np.testing.assert_allclose(weights[:, t], wanted.coef_, atol=0.02)


def test_multinomial_probabilities_equal_scikit_learn():
    x, z = problem()
    classes = np.digitize(z[:, 0], [-1, 1])
    weights, bias = last(
        fit_path(plain(x), np.eye(3)[classes], "softmax", (0.1, 0.01), iterations=500)
    )
    wanted = LogisticRegression(C=1 / (0.01 * 300), tol=1e-8).fit(x, classes)
    ours = np.exp(x @ weights + bias)
    ours /= ours.sum(1, keepdims=True)
    np.testing.assert_allclose(ours, wanted.predict_proba(x), atol=0.02)


def test_sparse_and_dense_features_predict_the_same():
    generator = np.random.default_rng(1)
    x = csr_matrix(random_array((50, 30), density=0.05, rng=generator, dtype=np.float32))
    mean, scale = generator.random((2, 30)).astype(np.float32)
    weights = generator.normal(size=(30, 2))
    sparse, dense = design(x, mean, scale), Design(x.toarray(), mean, scale)
    assert sparse.x is x
    np.testing.assert_allclose(sparse.predict(weights), dense.predict(weights), atol=1e-5)
    residuals = generator.normal(size=(50, 2))
    np.testing.assert_allclose(sparse.gradient(residuals), dense.gradient(residuals), atol=1e-5)


def test_penalties_come_strongest_first_and_weights_grow():
    x, y = problem()
    found = list(fit_path(plain(x), y, "squared", (0.01, 10.0, 1.0)))
    assert [penalty for penalty, _, _ in found] == [10.0, 1.0, 0.01]
    sizes = [float(np.abs(weights).sum()) for _, weights, _ in found]
    assert sizes == sorted(sizes)

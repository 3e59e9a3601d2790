"""L2-penalised linear models of many tracks at once: logistic, multinomial, least squares."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit, log_softmax

Loss = Literal["logistic", "softmax", "squared"]
# Above this share of non-zeros a dense product is faster, if it fits.
DENSE_SHARE = 0.1
DENSE_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Design:
    """Features `(N, F)`, centred and scaled without being copied: (x - mean) * scale."""

    x: csr_matrix | np.ndarray  # float32
    mean: np.ndarray  # float32 (F,)
    scale: np.ndarray  # float32 (F,)

    def predict(self, weights: np.ndarray) -> np.ndarray:
        """`(N, T)` of weights `(F, T)`."""
        scaled = self.scale[:, None] * weights.astype(np.float32)
        product: np.ndarray = self.x @ scaled - self.mean @ scaled
        return product

    def gradient(self, residuals: np.ndarray) -> np.ndarray:
        """`(F, T)`, the transpose of `predict`, of `(N, T)`."""
        residuals = residuals.astype(np.float32)
        product = self.x.T @ residuals - self.mean[:, None] * residuals.sum(0)
        scaled: np.ndarray = self.scale[:, None] * product
        return scaled


def design(x: csr_matrix, mean: np.ndarray, scale: np.ndarray) -> Design:
    """A design of sparse features; dense inside where that is faster."""
    share = x.nnz / max(x.shape[0] * x.shape[1], 1)
    fits = x.shape[0] * x.shape[1] * 4 <= DENSE_BYTES
    features = x.toarray() if share > DENSE_SHARE and fits else x
    return Design(features, mean.astype(np.float32), scale.astype(np.float32))


def fit_path(
    train: Design,
    targets: np.ndarray,
    loss: Loss,
    penalties: tuple[float, ...],
    iterations: int = 100,
    row_weights: np.ndarray | None = None,
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Penalty, weights `(F, T)` and intercepts `(T,)` for each penalty, strongest first.

    Minimises mean loss + penalty / 2 * |weights|^2 (intercepts are free) by L-BFGS, all tracks
    together, each start at the last solution. Targets `(N, T)`: NaN is left out of its track;
    for "softmax" one-hot rows, or NaN. The mean is weighted by `row_weights` `(N,)`.
    """
    finite = np.isfinite(targets)
    filled = np.where(finite, targets, 0.0).astype(np.float32)
    measured = finite.astype(np.float32)
    if row_weights is not None:
        measured *= (row_weights / row_weights.mean())[:, None]
    rows = np.maximum(measured.sum(0), 1e-6).astype(np.float32)
    features, tracks = train.scale.shape[0], targets.shape[1]
    mean = (filled * measured).sum(0, dtype=np.float64) / rows
    solution = np.zeros((features + 1, tracks))
    if loss == "squared":
        solution[-1] = mean
    else:
        share = np.clip(mean, 1e-6, 1 - 1e-6)
        solution[-1] = np.log(share) - (np.log1p(-share) if loss == "logistic" else 0.0)

    def objective(flat: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
        current = flat.reshape(features + 1, tracks)
        z = train.predict(current[:-1]) + current[-1].astype(np.float32)
        losses, residuals = _loss(loss, z, filled)
        residuals = residuals * measured / rows
        value = float((losses * measured / rows).sum(dtype=np.float64))
        value += penalty / 2 * float((current[:-1] ** 2).sum())
        slope = np.empty_like(current)
        slope[:-1] = train.gradient(residuals) + penalty * current[:-1]
        slope[-1] = residuals.sum(0)
        return value, slope.ravel()

    for penalty in sorted(penalties, reverse=True):
        found = minimize(
            objective,
            solution.ravel(),
            args=(penalty,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": iterations, "maxcor": 15, "ftol": 1e-5, "gtol": 1e-6},
        )
        solution = found.x.reshape(features + 1, tracks)
        yield penalty, solution[:-1].astype(np.float32), solution[-1].copy()


def _loss(loss: Loss, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss of each number, and its slope by z."""
    if loss == "squared":
        return (z - y) ** 2 / 2, z - y
    if loss == "softmax":
        log_p = log_softmax(z, axis=1)
        return -y * log_p, np.exp(log_p) - y
    return np.logaddexp(0, z) - y * z, expit(z) - y

"""Trivial baselines on the same split: GC content, and k-mer counts with a linear model.

A network that does not beat them has learnt nothing that needs a network. They are tuned in
earnest: representation and penalty are chosen on the validation rows.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, softmax

from seqcnn.training.kmers import kmer_counts
from seqcnn.training.linear import Design, Loss, fit_path
from seqcnn.training.points import auroc, pearson
from seqcnn.training.representations import REPRESENTATIONS, represent

Kind = Literal["binary", "multiclass", "regression"]
# Codes `(N, L)`, or a function from row numbers `(n,)` to their codes `(n, L)`.
Sequences = np.ndarray | Callable[[np.ndarray], np.ndarray]

# Relative to features of total variance 1.
PENALTIES = tuple(float(10**exponent) for exponent in np.arange(-1.0, -6.1, -0.5))
DEFAULT_PENALTY = 1e-3
PATIENCE = 2  # penalties without a better validation score
CLEAR_FALL = 0.005  # of the validation score; ends the search at once
# Rows fitted unless asked otherwise: what takes seconds. Overlapping windows repeat themselves.
LETTERS = 12_000_000
ROWS = 100_000
CHUNK = 4096
_LOSS: dict[Kind, Loss] = {"binary": "logistic", "multiclass": "softmax", "regression": "squared"}


@dataclass(frozen=True)
class Baseline:
    """Scores of one baseline, made like a network's so that the same metrics apply.

    `scores` of the test rows and `validation` of the validation rows used are `(N, T)`:
    probabilities, or values for regression; `validation_rows` are the numbers of those rows.
    """

    scores: np.ndarray
    validation: np.ndarray
    validation_rows: np.ndarray
    settings: dict[str, str | float]
    seconds: float


@dataclass(frozen=True)
class _Part:
    targets: np.ndarray  # float32 (n, T)
    gc: np.ndarray  # float32 (n, 2)
    counts: dict[int, csr_matrix]
    row_weights: np.ndarray | None = None


def run_baselines(
    train: Sequences,
    train_targets: np.ndarray,
    validation: Sequences,
    validation_targets: np.ndarray,
    test: Sequences,
    test_targets: np.ndarray,
    *,
    kind: Kind,
    seed: int = 0,
    max_rows: int | None = None,
    stranded: bool = False,
    ks: tuple[int, ...] = (6,),
    classes: int | None = None,
    train_weights: np.ndarray | None = None,
) -> dict[str, Baseline]:
    """Fit "GC content" and "6-mer" (one for each k of `ks`) and score the test rows.

    Binary: L2-penalised logistic regression, all tracks at once; multi-class: multinomial, with
    class numbers `(N,)` as targets; regression: ridge on the targets as they come, so give log1p
    of a signal. NaN targets (negative classes) are left out. At most `max_rows` random rows are
    fitted, and as many are validated on (by default 100,000, fewer if they hold over 12 million
    letters); every test row is scored. `train_weights` (N,) weigh the training
    rows. `stranded` keeps a k-mer apart
    from its reverse complement. Test targets are not looked at, except to count classes.
    """
    started = time.perf_counter()
    rows, parts = read_parts(
        (train, validation, test),
        (train_targets, validation_targets, test_targets),
        classes=class_number(kind, classes, (train_targets, validation_targets, test_targets)),
        ks=ks,
        canonical=not stranded,
        max_rows=max_rows,
        seed=seed,
    )
    counted = (time.perf_counter() - started) / (1 + len(ks))
    if train_weights is not None:
        parts[0] = replace(parts[0], row_weights=train_weights[rows[0]])
    results = {"GC content": _gc_baseline(parts, kind, rows[1], counted)}
    for k in ks:
        results[f"{k}-mer"] = _kmer_baseline(parts, kind, k, rows[1], counted)
    return results


def class_number(kind: Kind, classes: int | None, targets: tuple[np.ndarray, ...]) -> int | None:
    """How many classes there are: as told, else as the targets of all splits show."""
    if kind != "multiclass" or classes is not None:
        return classes
    return 1 + max(int(np.nanmax(one, initial=0)) for one in targets)


def read_parts(
    sequences: tuple[Sequences, ...],
    targets: tuple[np.ndarray, ...],
    *,
    classes: int | None,
    ks: tuple[int, ...],
    canonical: bool,
    max_rows: int | None,
    seed: int,
) -> tuple[list[np.ndarray], list[_Part]]:
    """Rows used of train, validation (random ones) and test (all), and what is read of them."""
    if max_rows is None:
        max_rows = min(ROWS, LETTERS // max(_codes(sequences[0], np.arange(1)).shape[1], 1))
    generator = np.random.default_rng(seed)
    rows = [sample_rows(len(one), max_rows, generator) for one in targets[:2]]
    rows.append(np.arange(len(targets[2])))
    parts = [
        _part(one, wanted, chosen, ks, canonical, classes)
        for one, wanted, chosen in zip(sequences, targets, rows, strict=True)
    ]
    return rows, parts


def sample_rows(number: int, at_most: int, generator: np.random.Generator) -> np.ndarray:
    """All rows, or `at_most` random ones in their order."""
    if number <= at_most:
        return np.arange(number)
    return np.sort(generator.choice(number, at_most, replace=False))


def _codes(sequences: Sequences, rows: np.ndarray) -> np.ndarray:
    return sequences(rows) if callable(sequences) else sequences[rows]


def _part(
    sequences: Sequences,
    targets: np.ndarray,
    rows: np.ndarray,
    ks: tuple[int, ...],
    canonical: bool,
    classes: int | None,
) -> _Part:
    """Read the rows once, in chunks, and keep GC content and k-mer counts."""
    gc: list[np.ndarray] = []
    counts: dict[int, list[csr_matrix]] = {k: [] for k in ks}
    for start in range(0, max(len(rows), 1), CHUNK):
        chosen = rows[start : start + CHUNK]
        codes = _codes(sequences, chosen)
        gc.append(_gc_features(codes))
        for k in ks:
            counts[k].append(kmer_counts(codes, k, canonical))
    wanted = np.asarray(targets)[rows]
    if classes is not None:
        numbers = np.nan_to_num(wanted.reshape(-1), nan=-1).astype(np.int64)
        wanted = np.where((numbers < 0)[:, None], np.nan, np.eye(classes)[numbers])
    wanted = wanted.reshape(len(rows), -1).astype(np.float32)
    stacked = {k: vstack(chunks, format="csr") for k, chunks in counts.items()}
    return _Part(wanted, np.concatenate(gc), stacked)


def _gc_features(codes: np.ndarray) -> np.ndarray:
    """Share of G and C among ACGT, and its square: float32 `(N, 2)`; 0.5 without any letter."""
    known = np.count_nonzero(codes < 4, axis=1)
    strong = np.count_nonzero((codes == 1) | (codes == 2), axis=1)
    share = np.divide(strong, known, out=np.full(len(codes), 0.5), where=known > 0)
    return np.stack([share, share**2], axis=1).astype(np.float32)


def _gc_baseline(
    parts: list[_Part], kind: Kind, validation_rows: np.ndarray, counted: float
) -> Baseline:
    started = time.perf_counter()
    mean, deviation = parts[0].gc.mean(0), parts[0].gc.std(0)
    scale = 1 / np.where(deviation > 0, deviation, 1.0)
    train, validation, test = (Design(part.gc, mean, scale) for part in parts)
    _, weights, bias = next(
        fit_path(train, parts[0].targets, _LOSS[kind], (1e-6,), row_weights=parts[0].row_weights)
    )
    return Baseline(
        _outputs(kind, test.predict(weights) + bias),
        _outputs(kind, validation.predict(weights) + bias),
        validation_rows,
        {"features": "GC and GC squared"},
        counted + time.perf_counter() - started,
    )


def _kmer_baseline(
    parts: list[_Part], kind: Kind, k: int, validation_rows: np.ndarray, counted: float
) -> Baseline:
    started = time.perf_counter()
    counts = [part.counts[k] for part in parts]
    best: tuple[float, np.ndarray, np.ndarray, dict[str, str | float]] | None = None
    for name in REPRESENTATIONS:
        train, validation, test = represent(name, counts)
        value, weights, bias, penalty = _tune(train, validation, parts, kind)
        if best is None or value > best[0]:
            chosen: dict[str, str | float] = {"representation": name, "penalty": penalty}
            chosen["validation"] = value
            validated = validation.predict(weights) + bias
            best = (value, test.predict(weights) + bias, validated, chosen)
    assert best is not None  # there is a representation
    value, scores, validated, settings = best
    settings |= {"columns": counts[0].shape[1], "rows": counts[0].shape[0]}
    if not np.isfinite(value):
        settings["note"] = "validation rows give no score; representation and penalty not chosen"
        settings["validation"] = float("nan")
    seconds = counted + time.perf_counter() - started
    return Baseline(
        _outputs(kind, scores), _outputs(kind, validated), validation_rows, settings, seconds
    )


def _tune(
    train: Design, validation: Design, parts: list[_Part], kind: Kind
) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Mean validation AUROC (Pearson), weights, intercepts, penalty of the best penalty."""
    score = pearson if kind == "regression" else auroc
    best: tuple[float, np.ndarray, np.ndarray, float] | None = None
    fallback: tuple[float, np.ndarray, np.ndarray, float] | None = None
    worse = 0
    for penalty, weights, bias in fit_path(
        train, parts[0].targets, _LOSS[kind], PENALTIES, row_weights=parts[0].row_weights
    ):
        outputs = _outputs(kind, validation.predict(weights) + bias)
        values = score(outputs, parts[1].targets)
        defined = values[np.isfinite(values)]
        value = float(defined.mean()) if len(defined) else -np.inf
        if fallback is None or penalty >= 0.99 * DEFAULT_PENALTY:
            fallback = (value, weights, bias, penalty)
        if best is None or value > best[0]:
            best = (value, weights, bias, penalty)
            worse = 0
        else:
            worse += 1
        over = worse >= PATIENCE or value < best[0] - CLEAR_FALL
        if over and penalty < 1.01 * DEFAULT_PENALTY:
            break
    assert best is not None and fallback is not None  # there is a penalty
    return best if np.isfinite(best[0]) else fallback


def _outputs(kind: Kind, z: np.ndarray) -> np.ndarray:
    if kind == "regression":
        return z
    outputs: np.ndarray = expit(z) if kind == "binary" else softmax(z, axis=1)
    return outputs

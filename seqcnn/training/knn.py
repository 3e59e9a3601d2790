"""k-nearest-neighbour baselines on any features: k-mer counts, pixels, embeddings."""

import time
from dataclasses import replace

import numpy as np

from seqcnn.training.baselines import (
    ROWS,
    Baseline,
    Kind,
    Sequences,
    class_number,
    read_parts,
    sample_rows,
)
from seqcnn.training.neighbours import Features, Metric, Search
from seqcnn.training.representations import represent

NEIGHBOURS = (1, 3, 29)


def knn_baselines(
    train_features: Features,
    train_targets: np.ndarray,
    validation_features: Features,
    validation_rows: np.ndarray,
    test_features: Features,
    *,
    kind: Kind,
    name: str,
    ks: tuple[int, ...] = NEIGHBOURS,
    classes: int | None = None,
    metric: Metric = "euclidean",
    seed: int = 0,
    max_rows: int = ROWS,
) -> dict[str, Baseline]:
    """Score validation and test rows by the mean target of their k nearest training rows.

    Gives "1-NN on `name`" and so on, from one search. Features are (N, D), dense or sparse, and
    are compared as float32; a sparse training matrix is made dense. Targets are (N, T), or class
    numbers (N,) for "multiclass", whose scores are shares of the `classes`. NaN targets (negative
    classes) are left out of the mean; where no neighbour has one, it is the mean of all training
    rows. Equally near rows count in their order. At most `max_rows` random training rows are
    searched; with fewer than k, all are neighbours. `validation_rows` (N,) are the numbers of the
    validation rows within their split.

    Raises:
        ValueError: no training rows, a k under 1, or features that are not finite.
    """
    started = time.perf_counter()
    if min(ks, default=1) < 1:
        raise ValueError(f"neighbours are {ks}; wanted 1 or more")
    rows = sample_rows(train_features.shape[0], max_rows, np.random.default_rng(seed))
    if len(rows) == 0:
        raise ValueError("no training rows to search for neighbours")
    targets = _targets(train_targets, kind, classes)[rows]
    every = len(rows) == train_features.shape[0]
    search = Search(train_features if every else train_features[rows], metric)
    scored = [
        _scores(search, features, targets, ks, kind)
        for features in (validation_features, test_features)
    ]
    seconds = (time.perf_counter() - started) / max(len(ks), 1)
    number, columns = search.train.shape
    results = {}
    for k in ks:
        settings: dict[str, str | float] = {"neighbours": min(k, number), "distance": metric}
        settings |= {"columns": columns, "rows": number}
        validation, test = (scores[k] for scores in scored)
        results[f"{k}-NN on {name}"] = Baseline(
            test, validation, np.asarray(validation_rows), settings, seconds
        )
    return results


def kmer_knn(
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
    k: int = 6,
    ks: tuple[int, ...] = NEIGHBOURS,
    classes: int | None = None,
) -> dict[str, Baseline]:
    """`knn_baselines` on TF-IDF k-mer counts of unit length; arguments as of `run_baselines`.

    The same training and validation rows are used as there for the same seed. Validation and test
    targets are not looked at, except to count rows and classes.
    """
    started = time.perf_counter()
    every = (train_targets, validation_targets, test_targets)
    (train_rows, validation_rows, _), parts = read_parts(
        (train, validation, test),
        every,
        classes=None,
        ks=(k,),
        canonical=not stranded,
        max_rows=max_rows,
        seed=seed,
    )
    features = [design.x for design in represent("tfidf", [part.counts[k] for part in parts])]
    counted = time.perf_counter() - started
    found = knn_baselines(
        features[0],
        np.asarray(train_targets)[train_rows],
        features[1],
        validation_rows,
        features[2],
        kind=kind,
        name=f"{k}-mers",
        ks=ks,
        classes=class_number(kind, classes, every),
        metric="cosine",
        max_rows=len(train_rows),
    )
    return {
        name: replace(baseline, seconds=baseline.seconds + counted / len(found))
        for name, baseline in found.items()
    }


def _scores(
    search: Search, features: Features, targets: np.ndarray, ks: tuple[int, ...], kind: Kind
) -> dict[int, np.ndarray]:
    """Mean targets (N, T) of the k nearest rows, for each k."""
    filled, measured = np.nan_to_num(targets), np.isfinite(targets)
    known = measured.sum(0)
    nothing = {"binary": 0.5, "multiclass": 1 / targets.shape[1], "regression": 0.0}[kind]
    overall = np.where(known > 0, filled.sum(0, dtype=np.float64) / np.maximum(known, 1), nothing)
    shape = (features.shape[0], targets.shape[1])
    scores = {k: np.empty(shape, np.float32) for k in ks}
    done = 0
    for nearest in search.nearest(features, max(ks, default=1)):
        for k in ks:
            total = filled[nearest[:, :k]].sum(1, dtype=np.float64)
            count = measured[nearest[:, :k]].sum(1)
            mean = np.where(count > 0, total / np.maximum(count, 1), overall)
            scores[k][done : done + len(nearest)] = mean
        done += len(nearest)
    return scores


def _targets(targets: np.ndarray, kind: Kind, classes: int | None) -> np.ndarray:
    """Float32 (N, T); one-hot rows for classes, NaN where there is none."""
    targets = np.asarray(targets)
    if kind != "multiclass":
        return targets.reshape(len(targets), -1).astype(np.float32)
    numbers = np.nan_to_num(targets.reshape(-1).astype(np.float64), nan=-1).astype(np.int64)
    wanted = classes if classes is not None else 1 + int(numbers.max(initial=0))
    one_hot = np.where((numbers < 0)[:, None], np.nan, np.eye(wanted)[numbers])
    return one_hot.astype(np.float32)

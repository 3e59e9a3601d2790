"""k-mer counts as features of a linear model: TF-IDF of unit length, or scaled log1p."""

import numpy as np
from scipy.sparse import csr_matrix

from seqcnn.training.linear import Design, design

REPRESENTATIONS = ("tfidf", "log1p")


def represent(name: str, counts: list[csr_matrix]) -> list[Design]:
    """Designs of train, validation and test; everything fitted comes from the train rows."""
    train = counts[0]
    present = np.bincount(train.indices, minlength=train.shape[1])
    inverse = (1 + np.log((1 + train.shape[0]) / (1 + present))).astype(np.float32)
    features = [_transform(name, part, inverse) for part in counts]
    mean = np.asarray(features[0].mean(0)).ravel()
    variance = np.asarray(features[0].power(2).mean(0)).ravel() - mean**2
    variance = np.maximum(variance, 0.0)
    scale = np.ones_like(variance)
    if name == "log1p":
        scale = 1 / np.sqrt(variance + 1e-3 * variance.mean() + 1e-12)
    scale = scale / np.sqrt((variance * scale**2).sum() + 1e-12)
    first = design(features[0], mean, scale)
    return [first, *(Design(part, first.mean, first.scale) for part in features[1:])]


def _transform(name: str, counts: csr_matrix, inverse: np.ndarray) -> csr_matrix:
    data = counts.data
    if name == "log1p":
        data = np.log1p(data)
    else:
        data = data * inverse[counts.indices]
        lengths = np.diff(counts.indptr)
        squares = np.zeros(len(lengths))
        filled = lengths > 0
        squares[filled] = np.add.reduceat(data.astype(np.float64) ** 2, counts.indptr[:-1][filled])
        norms = np.sqrt(np.where(filled, squares, 1.0)).astype(np.float32)
        data = data / np.repeat(norms, lengths)
    return csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)

"""Motifs against a database by Tomtom, with E- and q-values."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from seqcnn.errors import InputError

FEWEST_TARGETS = 50  # with fewer, p-values hang on which targets there are


class Match(NamedTuple):
    """One target like a query motif.

    `target` is its index. `p` is Tomtom's p-value of the best of all offsets and both strands; `e`
    is p times the number of targets, how many as good are expected by chance; `q` is the share of
    false ones among all matches of all queries as good as this. `offset` is the target's column
    (of its reverse complement where `strand` is "-") under the query's first, `overlap` the
    columns that lie over each other.
    """

    target: int
    p: float
    e: float
    q: float
    offset: int
    overlap: int
    strand: str


def tomtom(
    queries: Sequence[np.ndarray], targets: Sequence[np.ndarray], *, most: int = 5
) -> list[list[Match]]:
    """The `most` best targets of each query, lowest p first; all are probabilities (4, w).

    Gupta et al. 2007, in the implementation of memelite with its defaults (complete scores,
    Euclidean distance). q-values are Benjamini and Hochberg's (1995) over the p-values of every
    query with every target, which says that a tenth of all matches of q <= 0.1 are chance.

    Raises:
        InputError: memelite is not installed.
    """
    if not queries or not targets:
        return [[] for _ in queries]
    compare = require_memelite()
    with warnings.catch_warnings():
        # The caller says so where there are few (FEWEST_TARGETS).
        warnings.filterwarnings("ignore", message="tomtom was given")
        found = compare(
            [np.asfortranarray(query, dtype=np.float64) for query in queries],
            [np.asfortranarray(target, dtype=np.float64) for target in targets],
            n_jobs=1,  # each thread takes memory with the cube of the queries' width
        )
    p, _, offset, overlap, strand = found  # each (queries, targets)
    p = np.clip(p, 0, 1)
    q = benjamini_hochberg(p)
    matches = []
    for row in range(len(queries)):
        best = np.argsort(p[row], kind="stable")[:most]
        matches.append(
            [
                Match(
                    int(target),
                    float(p[row, target]),
                    float(p[row, target]) * len(targets),
                    float(q[row, target]),
                    int(offset[row, target]),
                    int(overlap[row, target]),
                    "-" if strand[row, target] else "+",
                )
                for target in best
            ]
        )
    return matches


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q-values of p-values of any shape: the lowest false discovery rate at which each passes."""
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")
    raised = flat[order] * len(flat) / np.arange(1, len(flat) + 1)
    q = np.empty_like(flat)
    q[order] = np.minimum.accumulate(raised[::-1])[::-1].clip(max=1)
    return q.reshape(p.shape)


def require_memelite() -> Any:
    """memelite's Tomtom.

    Raises:
        InputError: memelite is not installed.
    """
    try:
        from memelite import tomtom as compare
    except ImportError:
        raise InputError(
            "Tomtom (--motifs) needs memelite: pip install 'seqcnn[interpret]'"
        ) from None
    return compare

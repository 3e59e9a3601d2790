"""Set operations on tables of regions (contig, start, end): overlaps, merge, subtract.

Every operation lays the contigs end to end on one axis, so that one sort and one binary search in
numpy serve all contigs. Intervals are 0-based and half-open; touching is not overlapping.
"""

import numpy as np
import pandas as pd


def _lay_out(*tables: pd.DataFrame, gap: int = 0) -> tuple[list[np.ndarray], pd.Index, int]:
    """Per table an int64 array (N, 2) of places on the common axis; the contigs; their spacing."""
    together = pd.concat([table["contig"] for table in tables], ignore_index=True)
    codes, contigs = pd.factorize(together)
    longest = max((int(table["end"].max()) for table in tables if len(table)), default=0)
    spacing = longest + gap + 1
    places = []
    done = 0
    for table in tables:
        offset = codes[done : done + len(table)].astype(np.int64) * spacing
        both = table[["start", "end"]].to_numpy(np.int64)
        places.append(both + offset[:, None])
        done += len(table)
    return places, pd.Index(contigs), spacing


def _take_apart(
    start: np.ndarray, end: np.ndarray, contigs: pd.Index, spacing: int
) -> pd.DataFrame:
    code = start // spacing
    names = contigs.take(code) if len(start) else pd.Index([], dtype=str)
    offset = code * spacing
    return pd.DataFrame({"contig": names, "start": start - offset, "end": end - offset})


def overlap_pairs(
    regions: pd.DataFrame, others: pd.DataFrame, *, min_overlap: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (of `regions`, of `others`) of all pairs that share `min_overlap` bp or more.

    Returns:
        Two int64 arrays (P,), ordered by the first, then by the start of the second.
    """
    (mine, theirs), _, _ = _lay_out(regions, others)
    order = np.argsort(theirs[:, 0], kind="stable")
    start, end = theirs[order, 0], theirs[order, 1]
    reach = np.maximum.accumulate(end) if len(end) else end
    first = np.searchsorted(reach, mine[:, 0], side="right")
    last = np.searchsorted(start, mine[:, 1], side="left")
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(mine)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    candidates = np.repeat(first, counts) + within
    shared = np.minimum(end[candidates], mine[rows, 1])
    shared = shared - np.maximum(start[candidates], mine[rows, 0])
    keep = shared >= min_overlap
    return rows[keep], order[candidates[keep]]


def count_overlaps(regions: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """How many of `others` share a base with each of `regions`: int64 (N,)."""
    (mine, theirs), _, _ = _lay_out(regions, others)
    begun = np.searchsorted(np.sort(theirs[:, 0]), mine[:, 1], side="left")
    over = np.searchsorted(np.sort(theirs[:, 1]), mine[:, 0], side="right")
    return (begun - over).astype(np.int64)


def merge(regions: pd.DataFrame, *, gap: int = 0) -> pd.DataFrame:
    """The union of `regions` as disjoint sorted intervals (contigs in order of appearance).

    Intervals that touch, or lie `gap` bp or less apart, become one.
    """
    (places,), contigs, spacing = _lay_out(regions, gap=gap)
    if not len(places):
        return _take_apart(places[:, 0], places[:, 1], contigs, spacing)
    places = places[np.argsort(places[:, 0], kind="stable")]
    reach = np.maximum.accumulate(places[:, 1])
    begins = np.concatenate([[True], places[1:, 0] > reach[:-1] + gap])
    ends = np.concatenate([begins[1:], [True]])
    return _take_apart(places[begins, 0], reach[ends], contigs, spacing)


def subtract(regions: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The bases of `regions` that are in none of `others`, as disjoint sorted intervals."""
    (mine, theirs), contigs, spacing = _lay_out(regions, others)
    edges = np.concatenate([mine[:, 0], mine[:, 1], theirs[:, 0], theirs[:, 1]])
    n, m = len(mine), len(theirs)
    steps = np.zeros((len(edges), 2), np.int64)
    steps[:n, 0], steps[n : 2 * n, 0] = 1, -1
    steps[2 * n : 2 * n + m, 1], steps[2 * n + m :, 1] = 1, -1
    order = np.argsort(edges, kind="stable")
    edges = edges[order]
    depth = np.cumsum(steps[order], axis=0)
    wanted = (depth[:-1, 0] > 0) & (depth[:-1, 1] == 0) & (edges[1:] > edges[:-1])
    pieces = _take_apart(edges[:-1][wanted], edges[1:][wanted], contigs, spacing)
    return merge(pieces)

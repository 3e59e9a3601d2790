"""Windows of one length: peaks of many tracks merged into one table, and tilings of regions."""

import heapq

import numba
import numpy as np
import pandas as pd

from seqcnn.errors import InputError

COMPILE_FROM = 100_000  # peaks; with fewer, compiling takes longer than merging them uncompiled


def merge_peaks(
    peaks: dict[str, pd.DataFrame],
    genome_lengths: dict[str, int],
    *,
    window: int = 600,
    min_overlap: int = 200,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Merge the peaks of all tracks into windows of `window` bp with a label per track.

    Each peak becomes a window around its summit, or its midpoint where the summit is unknown
    (-1), moved inside the contig. On each contig the two neighbouring windows that overlap most
    are merged, again and again, while the overlap is at least `min_overlap` bp: the new window is
    centred on the mean of the two centres, each weighted by 1 + its number of tracks, and is open
    in the tracks of both. This is the procedure of Basset (Kelley et al. 2016).

    Returns:
        Regions (contig, start, end; contigs in the order of `genome_lengths`, sorted by start) and
        labels, uint8 (N, T), tracks in the order of `peaks`. ``attrs["dropped"]`` counts the peaks
        on contigs shorter than `window`.

    Raises:
        InputError: no tracks, a contig that the genome has not, `min_overlap` not in 1..window.
    """
    if not peaks:
        raise InputError("no peak files were given; at least one was wanted")
    if not 1 <= min_overlap <= window:
        raise InputError(f"--min-overlap is {min_overlap}; wanted 1 to the window, {window}")
    table = _centres(peaks, genome_lengths)
    fits = table["length"] >= window
    dropped = int((~fits).sum())
    table = table[fits].sort_values(["order", "centre", "track"], kind="stable")
    merge = _merge_greedily if len(table) >= COMPILE_FROM else _merge_greedily.py_func
    pieces, labels = [], []
    for contig, group in table.groupby("contig", sort=False):
        words = _track_bits(group["track"].to_numpy(np.int64), len(peaks))
        length = genome_lengths[str(contig)]
        start = np.clip(group["centre"].to_numpy(np.int64) - window // 2, 0, length - window)
        start, words = merge(start, words, window, min_overlap, length)
        end = start + window
        pieces.append(pd.DataFrame({"contig": str(contig), "start": start, "end": end}))
        labels.append(_labels(words, len(peaks)))
    empty = pd.DataFrame({"contig": pd.Series([], dtype=str), "start": [], "end": []})
    regions = pd.concat(pieces, ignore_index=True) if pieces else empty
    regions = regions.astype({"start": np.int64, "end": np.int64})
    regions.attrs["dropped"] = dropped
    return regions, np.concatenate(labels) if labels else np.empty((0, len(peaks)), np.uint8)


def _centres(peaks: dict[str, pd.DataFrame], lengths: dict[str, int]) -> pd.DataFrame:
    rank = {contig: i for i, contig in enumerate(lengths)}
    tables = []
    for track, regions in enumerate(peaks.values()):
        order = regions["contig"].map(rank)
        if order.isna().any():
            row = regions[order.isna()].iloc[0]
            where = f"{regions.attrs.get('path', 'peaks')}:{row.get('line', '?')}"
            raise InputError(
                f"{where}: contig '{row['contig']}' is not in the genome; pass --contig-alias"
            )
        centre = (regions["start"].to_numpy(np.int64) + regions["end"].to_numpy(np.int64)) // 2
        if "summit" in regions:
            summit = regions["summit"].to_numpy(np.int64)
            centre = np.where(summit >= 0, summit, centre)
        tables.append(
            pd.DataFrame(
                {
                    "contig": regions["contig"].to_numpy(),
                    "centre": centre,
                    "track": track,
                    "order": order.to_numpy(np.int64),
                    "length": regions["contig"].map(lengths).to_numpy(np.int64),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _track_bits(track: np.ndarray, count: int) -> np.ndarray:
    """One bit a track, 64 to a word: uint64 (N, ceil(T/64))."""
    words = np.zeros((len(track), -(-count // 64)), np.uint64)
    words[np.arange(len(track)), track // 64] = np.uint64(1) << (track % 64).astype(np.uint64)
    return words


def _labels(words: np.ndarray, count: int) -> np.ndarray:
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return np.ascontiguousarray(bits[:, :count])


@numba.njit(cache=True)
def _bit_count(words: np.ndarray) -> int:
    total = 0
    for word in words:
        while word:
            word &= word - np.uint64(1)
            total += 1
    return total


@numba.njit(cache=True)
def _merge_greedily(
    start: np.ndarray, words: np.ndarray, window: int, min_overlap: int, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Merge neighbours of one contig, largest overlap first, leftmost among equals.

    A heap holds (-overlap, left, left's version, right's version); an entry whose windows have
    changed since is stale and skipped. `start` is sorted; both arrays are changed.
    """
    n = len(start)
    after = np.arange(1, n + 1)
    before = np.arange(-1, n - 1)
    version = np.zeros(n, np.int64)
    alive = np.ones(n, np.bool_)
    heap = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    for i in range(n - 1):
        overlap = start[i] + window - start[i + 1]
        if overlap >= min_overlap:
            heap.append((-overlap, np.int64(i), np.int64(0), np.int64(0)))
    heapq.heapify(heap)
    while len(heap) > 0:
        _, left, left_version, right_version = heapq.heappop(heap)
        right = after[left]
        if not alive[left] or version[left] != left_version or right >= n:
            continue
        if version[right] != right_version:
            continue
        left_weight = 1 + _bit_count(words[left])
        right_weight = 1 + _bit_count(words[right])
        total = left_weight + right_weight
        half = window // 2
        weighted = (start[left] + half) * left_weight + (start[right] + half) * right_weight
        centre = (2 * weighted + total) // (2 * total)
        start[left] = min(max(centre - half, 0), length - window)
        words[left] |= words[right]
        alive[right] = False
        version[left] += 1
        after[left] = after[right]
        if after[right] < n:
            before[after[right]] = left
        for changed in (before[left], left):
            if changed >= 0 and after[changed] < n:
                overlap = start[changed] + window - start[after[changed]]
                if overlap >= min_overlap:
                    entry = (-overlap, changed, version[changed], version[after[changed]])
                    heapq.heappush(heap, entry)
    kept = np.flatnonzero(alive)
    return start[kept], words[kept]


def tile(
    regions: pd.DataFrame, *, window: int, stride: int, center: int, lengths: dict[str, int]
) -> pd.DataFrame:
    """Windows of `window` bp every `stride` bp whose central `center` bp lie inside a region.

    For a region [a, b) the central parts are ``[a + k*stride, a + k*stride + center)`` for k = 0,
    1, … while they end at b or before; so the first one begins exactly at a. The window around
    one begins ``(window - center) // 2`` bp before it and may reach past the region, never shifted.
    Windows that leave the contig are dropped. Regions are taken one by one: merge overlapping ones
    first, or the overlap is tiled twice.

    Returns:
        contig, start, end, in the order of `regions`; ``attrs["off_contig"]`` counts the windows
        dropped, ``attrs["too_short"]`` the regions shorter than `center`.

    Raises:
        InputError: `center` not in 1..window, `stride` below 1, a contig without a length.
    """
    if not 1 <= center <= window:
        raise InputError(f"--center is {center}; wanted 1 to the window, {window}")
    if stride < 1:
        raise InputError(f"--stride is {stride}; wanted 1 or more")
    limit = regions["contig"].map(lengths)
    if limit.isna().any():
        row = regions[limit.isna()].iloc[0]
        where = f"{regions.attrs.get('path', 'regions')}:{row.get('line', '?')}"
        raise InputError(f"{where}: contig '{row['contig']}' is not in the genome")
    first = regions["start"].to_numpy(np.int64)
    room = regions["end"].to_numpy(np.int64) - first - center
    counts = np.where(room >= 0, room // stride + 1, 0)
    rows = np.repeat(np.arange(len(regions)), counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    start = first[rows] + step * stride - (window - center) // 2
    inside = (start >= 0) & (start + window <= limit.to_numpy(np.int64)[rows])
    windows = pd.DataFrame(
        {
            "contig": regions["contig"].to_numpy()[rows[inside]],
            "start": start[inside],
            "end": start[inside] + window,
        }
    )
    windows.attrs |= {
        "off_contig": int((~inside).sum()),
        "too_short": int((counts == 0).sum()),
    }
    return windows

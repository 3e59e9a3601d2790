"""What the reads of a sample are like, so that a model can say which it was trained on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.encoders.reads import PAIRED, Reads

BIN = 1000  # bp over which coverage is averaged
PERCENTILES = (5, 50, 95)
LONGEST = 2000  # bp of a fragment; further apart, mates are not one piece


class ReadSums(NamedTuple):
    """Of the reads that start in a part; `coverage` is that of its bins."""

    lengths: npt.NDArray[np.int64]
    fragments: npt.NDArray[np.int64]
    quality: int
    mapping: int
    coverage: npt.NDArray[np.float64]


def sum_reads(reads: Reads, start: int, end: int) -> ReadSums:
    """The reads that start in `[start, end)`."""
    own = (reads.start >= start) & (reads.start < end)
    lengths = np.diff(reads.base_start)[own]
    tlen = np.abs(reads.template_length[own].astype(np.int64))
    paired = (reads.flag[own] & PAIRED) > 0
    of_base = np.repeat(own, np.diff(reads.base_start))
    bins = np.zeros(max(1, (end - start) // BIN))
    at = np.minimum((reads.start[own] - start) // BIN, len(bins) - 1)
    np.add.at(bins, at, lengths / BIN)
    return ReadSums(
        lengths,
        tlen[paired & (tlen > 0) & (tlen <= LONGEST)],
        int(reads.qualities[: len(of_base)][of_base].sum()),
        int(reads.mapping_quality[own].sum()),
        bins,
    )


def profile_of(name: str, parts: Sequence[ReadSums]) -> dict[str, Any]:
    """What a card says of a sample, as JSON can hold it.

    Read length (median), qualities (mean), fragment length (median; None for single reads), and
    coverage: mean and percentiles over kilobases that have reads.
    """
    lengths, fragments, coverage = (
        np.concatenate([getattr(part, which) for part in parts])
        for which in ("lengths", "fragments", "coverage")
    )
    covered = coverage[coverage > 0]
    bases = max(int(lengths.sum()), 1)
    return {
        "file": name,
        "reads": len(lengths),
        "read_length": float(np.median(lengths)) if len(lengths) else None,
        "base_quality": round(sum(part.quality for part in parts) / bases, 2),
        "mapping_quality": round(sum(part.mapping for part in parts) / max(len(lengths), 1), 2),
        "fragment_length": float(np.median(fragments)) if len(fragments) else None,
        "coverage": {
            "mean": round(float(covered.mean()) if len(covered) else 0.0, 2),
            **{
                f"p{share}": round(float(np.percentile(covered, share)) if len(covered) else 0.0, 2)
                for share in PERCENTILES
            },
        },
    }
